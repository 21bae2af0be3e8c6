"""Settings of the node: nobody may call by default, and what is kept is said."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.node.settings import NodeSettings, Peer, node_settings, peer
from ml.errors import NodeError

LEAST = {"SULCUS_DICOM_CALLERS": "SCANNER1, PACS", "SULCUS_DICOM_KEEP": "pixels"}
ROOT = Path(__file__).resolve().parents[2]


def test_the_node_listens_on_this_computer_only_unless_told_otherwise() -> None:
    callers = ("SCANNER1", "PACS")
    assert node_settings(LEAST) == NodeSettings("SULCUS", "127.0.0.1", 11112, callers, "pixels", 10)
    told = {
        "SULCUS_DICOM_AET": "HERE",
        "SULCUS_DICOM_HOST": "192.0.2.7",
        "SULCUS_DICOM_PORT": "104",
        "SULCUS_DICOM_IDLE_S": "3",
        "SULCUS_DICOM_KEEP": "files",
    }
    expected = NodeSettings("HERE", "192.0.2.7", 104, callers, "files", 3)
    assert node_settings(LEAST | told) == expected


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SULCUS_DICOM_CALLERS": ""}, "SULCUS_DICOM_CALLERS=SCANNER1"),
        ({"SULCUS_DICOM_CALLERS": " , "}, "No AE title may call"),
        ({"SULCUS_DICOM_CALLERS": "X" * 17}, "1 to 16"),
        ({"SULCUS_DICOM_KEEP": ""}, "SULCUS_DICOM_KEEP=pixels"),
        ({"SULCUS_DICOM_KEEP": "all"}, "SULCUS_DICOM_KEEP=pixels"),
        ({"SULCUS_DICOM_AET": "A\\B"}, "SULCUS_DICOM_AET"),
        ({"SULCUS_DICOM_PORT": "70000"}, "SULCUS_DICOM_PORT"),
        ({"SULCUS_DICOM_IDLE_S": "-1"}, "SULCUS_DICOM_IDLE_S"),
    ],
)
def test_what_cannot_be_used_is_said(change: dict[str, str], sentence: str) -> None:
    with pytest.raises(NodeError, match=sentence):
        node_settings(LEAST | change)


def test_a_peer_is_named_or_there_is_none() -> None:
    assert peer({}) is None
    assert peer({"SULCUS_DICOM_PEER": "PACS@192.0.2.7:104"}) == Peer("PACS", "192.0.2.7", 104)
    for wrong in ("PACS", "PACS@host", "@host:1", "PACS@:1", "PACS@host:many"):
        with pytest.raises(NodeError, match="SULCUS_DICOM_PEER"):
            peer({"SULCUS_DICOM_PEER": wrong})


def test_the_command_says_how_to_let_somebody_in(tmp_path: Path) -> None:
    environment = {"SULCUS_HOME": str(tmp_path / "home"), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-m", "app.dicom_node"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2
    assert "SULCUS_DICOM_CALLERS=SCANNER1,PACS" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()
