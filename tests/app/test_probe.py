"""What the probe waits for is on the screen when a reading is, and not before."""

import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from app import probe
from app.components import look
from app.load.wire import ANSWER
from tests.app.conftest import LESION, Opened, html


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
