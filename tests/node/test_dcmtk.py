"""The node against DCMTK's own programs, where they are installed."""

import io
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest

from app.node.sender import send
from app.node.settings import Peer
from app.reports import dicom_seg, dicom_sr
from app.store.records import WAITING
from tests.app.readings import drafted, reading, source
from tests.ml.io.series_files import series
from tests.node.conftest import CALLER, Running

PATIENCE_S = 60
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("storescu", "echoscu", "storescp"))),
    reason="no DCMTK: install Debian's package `dcmtk`",
)


def called(
    program: str, running: Running, *more: str, caller: str = CALLER
) -> subprocess.CompletedProcess[str]:
    command = [program, "-aet", caller, "-aec", "SULCUS", "127.0.0.1", str(running.port), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    found = [tmp_path / f"{number}.dcm" for number in range(3)]
    for file, data in zip(found, series(3), strict=True):
        file.write_bytes(data)
    return [str(file) for file in found]


def test_echoscu_is_answered_and_a_stranger_is_not(start: Callable[..., Running]) -> None:
    running = start()
    assert called("echoscu", running).returncode == 0
    stranger = called("echoscu", running, caller="STRANGER")
    assert stranger.returncode != 0
    assert "Rejected" in stranger.stderr + stranger.stdout


def test_storescu_fills_the_worklist(start: Callable[..., Running], files: list[str]) -> None:
    running = start()
    done = called("storescu", running, *files)
    assert done.returncode == 0, done.stderr
    assert running.lines() == [(3, WAITING)]


def test_a_damaged_file_is_refused(start: Callable[..., Running], files: list[str]) -> None:
    damaged = pydicom.dcmread(files[0])
    damaged.PixelData = damaged.PixelData[:100]
    damaged.save_as(files[0])
    running = start()
    done = called("storescu", running, "-v", files[0])
    assert "CannotUnderstand" in done.stderr + done.stdout
    assert running.lines() == []


@pytest.fixture
def storescp(tmp_path: Path) -> Iterator[tuple[Peer, Path]]:
    folder = tmp_path / "received"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quick = [
        "-ta",
        "1",
        "-dhl",
    ]  # the look whether it listens is no association: do not wait for it
    command = ["storescp", "-aet", "PACS", *quick, "-od", str(folder), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield Peer("PACS", "127.0.0.1", port), folder
    process.terminate()
    process.wait(timeout=PATIENCE_S)


def test_storescp_gets_sr_and_seg(storescp: tuple[Peer, Path]) -> None:
    peer, folder = storescp
    read = reading()
    objects = {
        "SR": dicom_sr.render(drafted(read), read, source()),
        "SEG": dicom_seg.render(read, source()),
    }
    send(objects, peer, "SULCUS")
    found = {one.Modality: one for one in map(pydicom.dcmread, folder.iterdir())}
    assert set(found) == {"SR", "SEG"}
    study = pydicom.dcmread(io.BytesIO(source())).StudyInstanceUID
    assert {one.StudyInstanceUID for one in found.values()} == {study}
