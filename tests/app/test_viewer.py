"""What the viewer is sent where the browser has WebGL, and what it tells."""

import base64
import json
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.testing.v1 import AppTest

from app import services, state, study_texts, texts, viewer_session, viewer_texts
from app import worklist_texts as words
from ml.inference.engine import NetworkOutput
from ml.io import read_scan
from ml.io.series import find_series
from ml.results import FloatArray
from ml.screen_volume import HEADER_BYTES, volume_of
from tests.app import fakes
from tests.app.conftest import LESION, Opened, drawn
from tests.app.test_study import drawn_series, named


@pytest.fixture
def app(app: AppTest) -> AppTest:
    app.session_state["viewer.pictures"] = False
    return app


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What lies at each address that the browser is given."""
    files: dict[str, bytes] = {}
    load = MemoryMediaFileStorage.load_and_get_id

    def kept(self: Any, data: bytes, *others: Any, **named: Any) -> str:
        found = load(self, data, *others, **named)
        files[found] = data
        return found

    monkeypatch.setattr(MemoryMediaFileStorage, "load_and_get_id", kept)
    return files


def at_address(served: dict[str, bytes], address: str) -> bytes:
    return next(data for name, data in served.items() if name in address)


def test_a_slice_is_sent_once_as_it_is_whatever_the_window(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, served: dict[str, bytes]
) -> None:
    at = opened(("slice.png", LESION))
    assert not at.exception
    first = drawn(at)
    scan = read_scan(LESION)
    assert at_address(served, first["volume"]["address"]) == volume_of(scan).nifti
    assert (first["raw"], first["mask"], first["volume"]["patient"]) == (None, None, None)
    assert first["heat"]
    assert first["letters"] == {}
    assert texts.ORIENTATION in first["corner"]
    assert first["spacing"] is None

    at.slider(key=state.window_key(scan.content_hash, "width")).set_value(60.0).run()
    second = drawn(at)
    assert second["window"]["width"] == 60.0
    assert {**second, "window": 0} == {**first, "window": 0}


def test_the_networks_see_the_same_bits_under_any_window(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: dict[str, list[bytes]] = {}
    classify = engine.classify

    def watched(name: str, batch: FloatArray) -> NetworkOutput:
        seen.setdefault(name, []).append(batch.tobytes())
        return classify(name, batch)

    monkeypatch.setattr(engine, "classify", watched)
    at = opened(("slice.png", LESION))
    at.slider(key=state.window_key(read_scan(LESION).content_hash, "center")).set_value(20.0)
    st.cache_resource.clear()  # so that they read it again
    at.run()
    assert {name: len(batches) for name, batches in seen.items()}["mobilenet"] == 2
    assert all(one == batches[0] for batches in seen.values() for one in batches)


def test_a_series_is_sent_with_its_sides_and_the_mask_of_every_slice(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, served: dict[str, bytes]
) -> None:
    files = drawn_series()
    at = opened(*named(files))
    found = drawn(at)
    volume = find_series(files).series[0].read()
    sent = volume_of(volume)
    assert sent.in_patient is not None
    assert at_address(served, found["volume"]["address"]) == sent.nifti
    assert found["volume"]["slices"] == 6
    number = at.slider(key=state.slice_key(volume.content_hash)).value
    assert found["volume"]["number"] == number
    known = found["volume"]["patient"]
    assert base64.b64decode(known["header"]) == sent.in_patient.header
    assert len(sent.in_patient.header) == HEADER_BYTES
    assert known["letters"]["coronal"]["top"] == "H"
    assert found["letters"]["left"] == "R"
    assert found["mask"]["style"] == "outline"
    assert at_address(served, found["mask"]["address"])[:2] == b"\x1f\x8b"

    at.slider(key=state.slice_key(volume.content_hash)).set_value(1).run()
    moved = drawn(at)
    assert moved["volume"] == {**found["volume"], "number": 1}
    assert moved["mask"] == found["mask"]


def test_no_mark_is_sent_while_marks_are_switched_off(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(*named(drawn_series()))
    at.toggle(key=state.MARKS).set_value(False).run()
    found = drawn(at)
    assert not any(found[mark] for mark in ("mask", "heat", "fill", "lines", "tags"))
    assert found["captions"]["bare"] == texts.ai_title(texts.MARKS_HIDDEN)


def test_nothing_that_the_ai_says_is_sent_while_a_series_is_read_blind(
    app: AppTest, engine: fakes.FakeEngine, no_metrics: None, served: dict[str, bytes]
) -> None:
    app.session_state[state.BLIND] = True
    app.session_state[state.READER] = "Dr. Blind"
    at = app.run()
    at.file_uploader[0].set_value([(n, d, "") for n, d in named(drawn_series())])
    at.run()
    found = drawn(at)
    assert not any(found[mark] for mark in ("mask", "heat", "fill", "lines", "tags"))
    assert not engine.calls
    assert len(served) == 1  # the volume alone
    at.button(key="blind.glioma").click().run()
    assert drawn(at)["mask"]
    assert words.BLIND_QUESTION not in [one.value for one in at.markdown]


def told(event: str, value: object) -> None:
    st.session_state[viewer_session.KEY] = {event: value}


def test_a_dragged_window_is_kept_within_its_reach() -> None:
    scan = read_scan(LESION)
    key = scan.content_hash
    told("window", [key, 100.5, 1e9])
    viewer_session.take_window(scan)
    assert state.window(key) == (100.5, services.levels(scan).widest)
    for late in (["other", 1.0, 2.0], [key, float("nan"), 2.0], None):
        told("window", late)
        viewer_session.take_window(scan)
    assert state.window(key) == (100.5, services.levels(scan).widest)


def test_a_slice_that_was_scrolled_to_is_shown_if_it_is_of_this_series() -> None:
    for value, number in ((["series", 4], 4), (["series", 99], 6), (["other", 2], 6)):
        told("slice", value)
        viewer_session.take_slice("series", 6)
        assert st.session_state[state.slice_key("series")] == number


def test_a_slice_brings_the_whole_page_and_a_window_the_pictures_alone() -> None:
    scan = read_scan(LESION)
    viewer_session.page_runs()
    told("window", [scan.content_hash, 100.5, 60.0])
    viewer_session.take_window(scan)
    assert not viewer_session.page_is_due()
    told("slice", ["series", 2])
    viewer_session.take_slice("series", 6)
    assert viewer_session.page_is_due()
    viewer_session.page_runs()
    assert not viewer_session.page_is_due()


def test_the_browser_is_told_where_every_control_of_the_pictures_is(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    keys = {one.key for kind in ("toggle", "slider") for one in at.get(kind)}
    controls = {".st-key-" + key.replace(".", "-") for key in keys if key}
    hands = drawn(at)["hands"]
    assert hands.keys() == {*drawn(at)["look"], "center", "width"}
    without_detector = {name: place for name, place in hands.items() if name != "boxes"}
    assert set(without_detector.values()) <= controls


def test_a_failure_in_the_browser_brings_the_pictures(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(*named(drawn_series()))
    at.session_state["viewer.pictures"] = True
    at.run()
    found = drawn(at)
    assert found["raw"]
    assert (found["volume"], found["mask"]) == (None, None)
    assert found["heat"]
    assert found["words"]["no_webgl"] == viewer_texts.NO_WEBGL


def test_the_wheel_is_told_as_it_works() -> None:
    hints = json.dumps(viewer_texts.hints(scrolls=True), ensure_ascii=False)
    assert "Wheel: slices" in hints
    assert "Wheel: slices" not in viewer_texts.hints(scrolls=False)["slices"]
    assert study_texts.UP
