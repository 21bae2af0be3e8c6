"""The app under test: the real screens, with drawn scans and a tiny engine."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from app import held_out, services
from app.warm_up import Loading
from ml import pipeline
from ml.evaluation.places import Places
from ml.inference import explain, trust
from ml.io import read_scan
from ml.models import registry
from ml.results import Analysis
from tests.app.fakes import (
    REGISTRY,
    FakeEngine,
    compared,
    gated,
    head,
    png,
    summary,
    trusted,
)
from tests.app.figures import contradicted, looked_up
from tests.ml.conftest import open_gate

__all__ = ["open_gate"]

LESION = png(head())
CLEAR = png(head(lesion=False))

Opened = Callable[..., AppTest]
"""What the fixture `opened` gives: upload (name, bytes) pairs, get the app after it."""

MAIN = Path(__file__).resolve().parents[2] / "app" / "main.py"


@pytest.fixture(scope="session", autouse=True)
def _packages_are_looked_through_once() -> Iterator[None]:
    """For each new app Streamlit reads what every installed package says of itself."""
    with pytest.MonkeyPatch.context() as patch:
        once = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(autouse=True)
def _nothing_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The published temperatures and heat map are not for the tests' engine."""
    for module in (services, trust):
        monkeypatch.setattr(module, "TRUST_FILE", tmp_path / "trust.json")
    monkeypatch.setattr(explain, "FIGURES_FILE", tmp_path / "explanations.json")


@pytest.fixture(autouse=True)
def _nothing_loads_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of a screen loads the networks without asking for them."""
    monkeypatch.setattr(Loading, "start", lambda _: None)


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the user's own data folder."""
    monkeypatch.setenv("SULCUS_HOME", str(tmp_path / "home"))
    for name in ("SULCUS_DATABASE_URL", "SULCUS_SECRET", "SULCUS_KEEP_DAYS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def measured_conflicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Invented figures of conflicts; the published ones are not for the tests' engine."""
    places = Places(tmp_path / "measured")
    places.metrics.mkdir(parents=True)
    places.conflicts.write_text(json.dumps(contradicted()))
    monkeypatch.setattr(held_out, "PLACES", places)
    return places.conflicts


@pytest.fixture
def fitted(tmp_path: Path) -> dict[str, Any]:
    """Invented temperatures, limits and figures, as the evaluation would write them."""
    figures = trusted()
    (tmp_path / "trust.json").write_text(json.dumps(figures))
    return figures


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
    monkeypatch.setattr(services, "COMPARISON_FILE", tmp_path / "comparison.json")
    monkeypatch.setattr(services, "MEMBERSHIP_FILE", tmp_path / "membership.json")
    monkeypatch.setattr(services, "GATE_FILE", tmp_path / "gate.json")


@pytest.fixture
def metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Invented figures, as the evaluation would write them."""
    file = tmp_path / "summary.json"
    figures = summary()
    file.write_text(json.dumps(figures))
    monkeypatch.setattr(services, "SUMMARY_FILE", file)
    monkeypatch.setattr(services, "COMPARISON_FILE", tmp_path / "comparison.json")
    look_up = tmp_path / "membership.json"
    look_up.write_text(json.dumps(looked_up()))
    monkeypatch.setattr(services, "MEMBERSHIP_FILE", look_up)
    gate = tmp_path / "gate.json"
    gate.write_text(json.dumps(gated()))
    monkeypatch.setattr(services, "GATE_FILE", gate)
    return figures


@pytest.fixture
def comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An invented comparison, as `ml.comparison` would write it."""
    file = tmp_path / "comparison.json"
    figures = compared()
    file.write_text(json.dumps(figures))
    monkeypatch.setattr(services, "COMPARISON_FILE", file)
    return figures


def restarted() -> AppTest:
    """The app where the browser has no WebGL: then all that it draws is in what it is sent."""
    at = AppTest.from_file(str(MAIN), default_timeout=180)
    at.session_state["viewer.pictures"] = True
    return at


@pytest.fixture
def app() -> AppTest:
    """The app in a fresh session."""
    return restarted()


@pytest.fixture
def opened(app: AppTest) -> Opened:
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


def said(at: AppTest) -> str:
    """All that the page says as text: Markdown, captions and plain texts."""
    return " ".join(one.value for one in (*at.markdown, *at.caption, *at.text))


def viewers(at: AppTest) -> list[Any]:
    """The viewers on the page; the bar of themes and keys is a component too."""
    return [one for one in at.get("bidi_component") if "viewer" in one.proto.component_name]


def drawn(at: AppTest) -> dict[str, Any]:
    """What the viewer was given to draw."""
    (viewer,) = viewers(at)
    data: dict[str, Any] = json.loads(viewer.proto.json)
    return data


def picture(layer: str) -> np.ndarray:
    """The pixels of a layer that the viewer was given."""
    encoded = layer.removeprefix("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))


def expected(data: bytes) -> Analysis:
    """What the tests' engine says about the bytes, by the one door."""
    return pipeline.analyse(read_scan(data), FakeEngine())
