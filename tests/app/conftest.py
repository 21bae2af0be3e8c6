"""The app under test: the real screens, with drawn scans and a tiny engine."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import services
from ml.models import registry
from tests.app.fakes import REGISTRY, FakeEngine, summary

MAIN = Path(__file__).resolve().parents[2] / "app" / "main.py"


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The tests' engine in place of the networks."""
    fake = FakeEngine()
    monkeypatch.setattr(services, "engine", lambda: fake)
    monkeypatch.setattr(registry, "published", lambda: REGISTRY)
    return fake


@pytest.fixture
def no_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "SUMMARY_FILE", tmp_path / "summary.json")


@pytest.fixture
def metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Invented figures, as the evaluation would write them."""
    file = tmp_path / "summary.json"
    figures = summary()
    file.write_text(json.dumps(figures))
    monkeypatch.setattr(services, "SUMMARY_FILE", file)
    return figures


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(MAIN), default_timeout=60)


@pytest.fixture
def opened(app: AppTest) -> Callable[..., AppTest]:
    """Runs the app and uploads files given as (name, bytes)."""

    def upload(*files: tuple[str, bytes]) -> AppTest:
        at = app.run()
        at.file_uploader[0].set_value([(name, data, "image/png") for name, data in files])
        return at.run()

    return upload


def html(at: AppTest) -> str:
    """All that the page draws as HTML, without its style sheet."""
    bodies = [element.proto.body for element in at.get("html")]
    return "\n".join(body for body in bodies if "<style>" not in body)


def drawn(at: AppTest) -> dict[str, Any]:
    """What the viewer was given to draw."""
    (viewer,) = at.get("bidi_component")
    data: dict[str, Any] = json.loads(viewer.proto.json)
    return data
