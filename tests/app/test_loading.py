"""The networks load behind the first page, once, and the page says so."""

import threading
import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from app import loading_texts, services
from app.components import loading
from app.warm_up import Loading
from ml.errors import MissingWeights
from ml.models.registry import CLASSIFIERS
from tests.app.conftest import html
from tests.app.fakes import FakeEngine

START = Loading.start


class SlowEngine(FakeEngine):
    """Waits in front of every network until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.asked = threading.Semaphore(0), list[str]()

    def fingerprint(self, name: str) -> str:
        assert self.go.acquire(timeout=20)
        self.asked.append(name)
        return super().fingerprint(name)


@pytest.fixture
def slow(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> SlowEngine:
    found = SlowEngine()
    monkeypatch.setattr(services, "engine", lambda: found)
    return found


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_networks_load_once_and_are_counted(slow: SlowEngine) -> None:
    found = Loading()
    assert found.waiting is None
    for _ in range(3):
        START(found)
    until(lambda: found.waiting == (0, 4))
    slow.go.release(2)
    until(lambda: found.waiting == (2, 4))
    slow.go.release(2)
    until(lambda: found.waiting is None)
    assert slow.asked == [*CLASSIFIERS, "unet"]
    assert not slow.calls, "no map is drawn before somebody looks at one"


def test_missing_networks_end_the_wait(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> FakeEngine:
        raise MissingWeights("Restore them.")

    monkeypatch.setattr(services, "engine", missing)
    found = Loading()
    START(found)
    until(lambda: found.waiting is None and not any(t.name == "networks" for t in threads()))


def threads() -> list[threading.Thread]:
    return threading.enumerate()


def test_the_page_is_there_before_the_networks(
    app: AppTest, slow: SlowEngine, no_metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Loading()
    monkeypatch.setattr(loading, "LOADING", found)
    START(found)
    until(lambda: found.waiting is not None)
    at = app.run()
    assert not at.exception
    assert loading_texts.loading(0, 4) in html(at)
    assert at.file_uploader
    slow.go.release(4)
    until(lambda: found.waiting is None)
    assert "ready" not in html(app.run())
