"""What the probe waits for is on the screen when a reading is, and not before."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import probe
from app.components import look
from app.load.wire import ANSWER
from tests.app.conftest import LESION, Opened, html

ROOT = Path(__file__).resolve().parents[2]


def test_the_answers_it_waits_for_come_with_a_reading(app: AppTest, opened: Opened) -> None:
    assert ANSWER not in html(app.run())
    assert ANSWER in html(opened(("a.png", LESION)))


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_memory_is_told_when_it_has_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "SETTLE_S", 0.6)
    waiting = "block = bytes(range(256)) * 80_000; print(flush=True); input()"  # 20 MB
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", waiting], stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        found = probe.settled(process.pid)
        process.stdin.write(b"\n")
    assert found is not None
    assert 20.0 < found.resident_mb < 100.0
    assert probe.settled(2**22 + 1) is None


def test_the_bar_of_every_page_needs_no_pandas() -> None:
    """Streamlit loads it to look at a list or a dictionary; see `look.drawing`."""
    assert {type(value) for value in look.drawing().values()} <= {str, tuple}


def test_an_app_that_nobody_reads_with_holds_no_library_of_files_and_exports(
    tmp_path: Path,
) -> None:
    """Each of these takes megabytes; they come with the first file or export that needs them."""
    late = ("gdcm", "h5py", "highdicom", "nibabel", "pandas", "pydicom", "pynetdicom", "reportlab")
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from app.warm_up import Loading\n"
        "Loading.start = lambda _: None\n"
        "at = AppTest.from_file('app/main.py', default_timeout=120).run()\n"
        "assert not at.exception and at.file_uploader\n"
        f"print(*sorted({{*{(*late, 'scipy')!r}}} & set(sys.modules)))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "SULCUS_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == []
