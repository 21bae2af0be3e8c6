"""What is on screen while something is read: a bar or a spinner with its words, gone afterwards."""

import time
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

from app import study_texts, texts
from tests.app import fakes
from tests.app.conftest import LESION, Opened, drawn
from tests.ml.io.series_files import one_slice

SLICES = 10
"""More than go through the networks together."""
PATIENCE_S = 5.0


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every element that was sent to the browser, also where another one took its place."""
    found: list[Any] = []
    enqueue = ScriptRunContext.enqueue

    def noted(context: ScriptRunContext, message: ForwardMsg) -> None:
        found.append(message.delta.new_element)
        found.extend(message.delta.new_transient.elements)
        enqueue(context, message)

    monkeypatch.setattr(ScriptRunContext, "enqueue", noted)
    return found


def spinners(sent: list[Any]) -> set[str]:
    return {one.spinner.text for one in sent if one.WhichOneof("type") == "spinner"}


def test_a_series_that_is_read_has_a_bar_with_its_words(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, sent: list[Any]
) -> None:
    stored = fakes.head(side=64)
    at = opened(*((f"IM{place}", one_slice(place, stored=stored)) for place in range(SLICES)))
    assert not at.exception
    bars = [one.progress for one in sent if one.WhichOneof("type") == "progress"]
    assert [(bar.value, bar.text) for bar in bars] == [
        (80, "The networks are reading the series: 8 of 10 slices"),
        (100, study_texts.progress(SLICES, SLICES)),
    ]
    assert not at.get("progress"), "it goes when the series is read"
    assert drawn(at)["rows"] == 64


def test_a_scan_that_is_read_has_a_spinner_with_its_words(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    sent: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    classify = engine.classify

    def until_it_is_seen(name: str, batch: Any) -> Any:
        end = time.monotonic() + PATIENCE_S
        while texts.READING not in spinners(sent) and time.monotonic() < end:
            time.sleep(0.02)
        return classify(name, batch)

    monkeypatch.setattr(engine, "classify", until_it_is_seen)
    at = opened(("one.png", LESION))
    assert not at.exception
    assert texts.READING in spinners(sent)
    assert drawn(at)["heat"] is not None
