"""Many readers at once on a running app, as `make bench` and `python -m app.soak` send them."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from app import probe, soak
from app.load.server import Running, page_of, running
from app.load.visit import STEPS, Visitor, WireReader, visit
from app.load.wire import Broken, Session
from ml.bench.pictures import png, variants
from ml.bench.soak import FILE
from ml.errors import MetricsError
from ml.hostile.document import DOCUMENT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")

SESSIONS = 20


@pytest.fixture(scope="module")
def app() -> Iterator[Running]:
    """The app with the tests' engine, so that no network has to load."""
    with running("tests/e2e/drawn_app.py") as started:
        page_of(started.address)
        yield started


def test_twenty_sessions_read_at_once_without_an_error(app: Running) -> None:
    found = probe.at_once(app.address, [png(one) for one in variants(SESSIONS)])
    assert found["errors"] == []
    assert len(found["seconds"]) == SESSIONS
    assert min(found["seconds"]) > 0.0


def test_a_visit_has_all_steps_and_no_error(app: Running) -> None:
    visitor = Visitor(1, png(next(variants(1, seed=5))))
    steps: Counter[str] = Counter()
    reader = WireReader(app.address, visitor)
    assert visit(reader, visitor, lambda step, _: steps.update([step]), rest=lambda: True)
    assert steps == dict.fromkeys(STEPS, 1)


def test_an_error_on_the_page_is_none_of_an_app_that_works(app: Running) -> None:
    session = Session(app.address)
    with pytest.raises(Broken, match="text, not a picture"):
        session.upload("scan.png", b"no picture at all")
    with pytest.raises(Broken, match="no slider “layer"):
        session.slide("layer.heat_opacity", 0.5)
    session.close()


def test_a_short_load_is_counted_and_written(
    app: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak, "running", lambda _: nullcontext(app))
    monkeypatch.setattr(soak, "EVERY_S", 0.1)
    (tmp_path / DOCUMENT.parent).mkdir()
    options = ["--minutes", "0.03", "--sessions", "3", "--browsers", "0", "--rest", "0"]
    soak.main([*options, "--root", str(tmp_path)])
    found = json.loads((tmp_path / FILE).read_text())
    assert found["readers"]["websocket"]["errors"] == found["log"] == []
    assert found["readers"]["websocket"]["steps"]["open"]["n"] >= 3
    assert found["watched"]["own_mb"]["begin"] > 50.0
    assert found["watched"]["threads"]["begin"] >= 1
    assert found["watched"]["handles"]["begin"] > 3
    text = (tmp_path / DOCUMENT).read_text()
    assert STEPS["open"] in text
    assert "No error." in text


def test_an_app_that_ends_is_said(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("no memory left")
    gone = Running("127.0.0.1:9", 2**22 + 1, 0.0, log, tmp_path)
    options = soak.Options(minutes=1.0, sessions=1, browsers=0, rest_s=0.0)
    with pytest.raises(MetricsError, match="no memory left"):
        soak.Load(gone, options).together()
