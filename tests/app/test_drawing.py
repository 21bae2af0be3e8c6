"""What a reader draws: told by the viewer, shown beside the AI's, kept, and in the report."""

from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import drawing_session, outline_texts, report_texts, state, viewer_session
from app import drawing_texts as words
from app.archive import archive
from app.drawing_session import Canvas, Own
from app.store.drawings import FROM_AI, FROM_NOTHING
from ml.drawing import mask_of, of_masks, runs_of, series_size, unpacked
from ml.inference.measure import measure
from ml.io import read_scan
from ml.io.series import find_series
from ml.volume import Volume
from tests.app import fakes
from tests.app.conftest import LESION, Opened, drawn, expected, html
from tests.app.test_own_outline import moved
from tests.app.test_readers_word import named, said
from tests.app.test_report import Files, document, files, with_report
from tests.app.test_study import drawn_series
from tests.app.test_study import named as upload

__all__ = ["files"]

SCAN = read_scan(LESION)
KEY = f"{state.REPORT}drawing.{SCAN.content_hash}"
SQUARE = np.zeros(SCAN.shape, np.bool_)
SQUARE[20:40, 30:60] = True
RUNS = list(runs_of(SQUARE))


def canvas(**changes: Any) -> Canvas:
    told = {"number": 1, "ai": {1: SQUARE}, "answer_id": None, **changes}
    return Canvas(SCAN.content_hash, SCAN.content_hash, SCAN, **told)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Tells what a browser tells, and gives what stands then."""
    st.session_state.clear()

    takes = {
        "drawn": (drawing_session.STROKES, drawing_session.take_drawn),
        "start": (viewer_session.KEY, drawing_session.take_start),
        "keep": (viewer_session.KEY, drawing_session.take_keep),
    }

    def tell(event: str, value: object, **changes: Any) -> Own | None:
        widget, take = takes[event]
        st.session_state[widget] = {event: value}
        take(canvas(**changes))
        return drawing_session.of(canvas())

    return tell


def drawn_by_hand(stamp: object, slices: object = None, begun: object = FROM_NOTHING) -> list[Any]:
    """What the viewer tells of strokes: all slices that are drawn on."""
    return [SCAN.content_hash, stamp, begun, {"1": RUNS} if slices is None else slices]


def test_strokes_are_taken_over_and_stamped(told: Any) -> None:
    own = told("drawn", drawn_by_hand("me:3"))
    assert (own.stamp, own.begun) == ("me:3", FROM_NOTHING)
    assert np.array_equal(own.drawing.mask(1), SQUARE)
    assert told("drawn", drawn_by_hand("me:4", {"1": []})).drawing.slices == {}


@pytest.mark.parametrize(
    "hostile",
    [
        *(("s", {"2": [0, 1]}), ("s", {"1": [0, 10**9]}), ("s", "mask")),
        *((7, {}), ("s" * 200, {}), ("s", {"1": ["<script>", 1]}), ("s", {}, "sky"), ("s", {}, [])),
    ],
)
def test_a_hostile_message_is_refused_with_a_sentence(told: Any, hostile: Any) -> None:
    before = told("drawn", drawn_by_hand("me:1"))
    assert told("drawn", drawn_by_hand(*hostile)) == before
    assert "not kept" in str(drawing_session.refusal(canvas()))
    told("drawn", drawn_by_hand("me:2"))
    assert drawing_session.refusal(canvas()) is None


def test_what_is_of_another_scan_or_another_form_is_not_heard(told: Any) -> None:
    for late in (["other", *drawn_by_hand("me:1")[1:]], None, 7, ["x"], {"1": RUNS}):
        assert told("drawn", late) is None
    for late in (["other", FROM_AI], [SCAN.content_hash, "sky"], None):
        assert told("start", late) is None


def test_it_starts_from_the_outline_of_the_ai_or_from_nothing(told: Any) -> None:
    first = told("start", [SCAN.content_hash, FROM_AI])
    assert (first.begun, tuple(first.drawing.slices[1])) == (FROM_AI, tuple(RUNS))
    second = told("start", [SCAN.content_hash, FROM_NOTHING])
    assert (second.begun, second.drawing.slices) == (FROM_NOTHING, {})
    assert first.stamp != second.stamp
    assert told("drawn", drawn_by_hand("me:1")) == second, "told with the start, drawn before it"


def test_what_is_discarded_goes_back_to_what_was_kept_or_to_nothing(told: Any) -> None:
    assert drawing_session.as_kept(canvas())
    told("drawn", drawn_by_hand("me:1", begun=FROM_AI))
    assert not drawing_session.as_kept(canvas())
    after = told("start", [SCAN.content_hash, drawing_session.FROM_KEPT])
    assert (after.begun, after.drawing.slices) == (FROM_NOTHING, {})
    assert drawing_session.as_kept(canvas())


def test_the_button_of_the_viewer_keeps_what_is_on_screen_once(told: Any) -> None:
    number = archive().note(LESION, expected(LESION), "test")
    told("drawn", drawn_by_hand("me:1", {"1": [0, 5]}))
    told("keep", drawn_by_hand("me:2"), answer_id=number)
    assert "type who reads" in str(drawing_session.refusal(canvas()))
    st.session_state[state.READER] = "A. Reader"
    for stamp in ("me:2", "me:3"):
        told("keep", drawn_by_hand(stamp, begun=FROM_AI), answer_id=number)
    (row,) = archive().drawings.standing(SCAN.content_hash)
    assert (unpacked(row.outline.mask).slices, row.outline.begun) == ({1: tuple(RUNS)}, FROM_AI)
    assert drawing_session.refusal(canvas()) is None
    assert drawing_session.as_kept(canvas())
    told("drawn", drawn_by_hand("me:4", {"1": [3, 4]}))
    assert told("start", [SCAN.content_hash, drawing_session.FROM_KEPT]).drawing.slices == {
        1: tuple(RUNS)
    }
    told("keep", ["other", *drawn_by_hand("me:5")[1:]], answer_id=number)
    assert len(archive().drawings.of_scan(SCAN.content_hash)) == 1


def own(masks: dict[int, np.ndarray], decoded: Any = SCAN) -> Own:
    return Own(of_masks(masks, decoded), FROM_NOTHING, "start:1")


def draws(at: AppTest, key: str = KEY, what: Own | None = None) -> AppTest:
    at.session_state[key] = what or own({1: SQUARE})
    at.run()
    assert not at.exception
    return at


def test_the_layer_is_the_readers_and_the_marks_of_the_ai_stay(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("one.png", LESION))
    before = drawn(at)
    assert (before["own"]["stamp"], before["own"]["slices"]) == ("", {})
    assert before["own"]["startable"]
    assert not before["own"]["editable"], "drawn by pictures here"
    after = drawn(draws(at))
    assert after["own"]["slices"] == {"1": RUNS}
    assert {**after, "own": 0} == {**before, "own": 0}
    assert after["own"]["colour"] != [int(v) for v in before["lines"][0]["colour"][4:-1].split(",")]
    page = html(at)
    mine = measure(SQUARE, None)
    for row in outline_texts.rows(expected(LESION).segmentation.measurement, mine):
        assert all(cell in page for cell in row)
    assert " mm" not in page.split(words.COLUMNS[0])[-1].split("</table>")[0]
    at.toggle(key=drawing_session.SHOWN).set_value(False).run()
    assert drawn(at)["own"]["shown"] is False
    assert drawn(at)["lines"] == before["lines"]


def test_it_is_kept_shown_again_and_taken_back(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = draws(opened(("one.png", LESION)))
    assert at.button(key="drawing.keep").disabled
    named(at).button(key="drawing.keep").click().run()
    (row,) = archive().drawings.of_scan(SCAN.content_hash)
    assert row.outline.reader == "A. Reader"
    assert np.array_equal(unpacked(row.outline.mask).mask(1), SQUARE)
    assert (row.outline.area_px, row.outline.area_mm2) == (600, None)
    del at.session_state[KEY]
    at.run()
    assert drawn(at)["own"]["slices"] == {"1": RUNS}
    at.switch_page("views/worklist.py").run()
    assert words.kept(row) in said(at)
    at.switch_page("views/read.py").run()
    at.button(key="drawing.undo").click().run()
    assert [one.standing for one in archive().drawings.of_scan(SCAN.content_hash)] == [False] * 2
    assert drawn(at)["own"]["slices"] == {}
    assert archive().readings() == ()


def test_the_report_has_the_outline_that_was_kept_last(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, files: Files
) -> None:
    at = draws(named(with_report(opened(("one.png", LESION)))))
    assert document(files)["reader_drawing"] is None
    at.button(key="outline.keep").click().run()
    at.button(key="drawing.keep").click().run()
    (row,) = archive().drawings.of_scan(SCAN.content_hash)
    found = document(files)
    assert (found["reader_drawing"]["area_px"], found["reader_drawing"]["slices"]) == (600, [1])
    assert found["reader_outline"] is None
    pieces = {piece["text"]: piece["source"] for piece in found["sections"][3]["pieces"]}
    assert pieces[words.in_report(row, [1])] == "reader"
    assert found["result"]["outline"]["area_px"] == (
        expected(LESION).segmentation.measurement.area_px
    )
    moved(at, 0.3).button(key="outline.keep").click().run()
    assert document(files)["reader_drawing"] is None
    assert document(files)["reader_outline"]["threshold"] == 0.3


def test_a_series_is_drawn_slice_by_slice_and_has_a_volume_in_the_report(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, files: Files
) -> None:
    data = drawn_series()
    (series,) = find_series(data).series
    volume: Volume = series.read()
    mask = np.zeros(volume.slices[0].shape, np.bool_)
    mask[30:50, 30:50] = True
    what = own({3: mask, 4: mask}, volume)
    at = named(with_report(opened(*upload(data))))
    draws(at, f"{state.REPORT}drawing.{series.content_hash}", what)
    layer = drawn(at)["own"]
    assert sorted(layer["slices"]) == ["3", "4"]
    assert np.array_equal(mask_of(layer["slices"]["4"], mask.shape), mask)
    size = series_size(what.drawing, volume)
    assert f"{size.volume_ml:.1f} mL" in html(at).split(words.SERIES_COLUMNS[0])[-1]
    at.button(key="drawing.keep").click().run()
    assert not at.exception
    found = document(files)["reader_drawing"]
    assert found["volume_ml"] == pytest.approx(size.volume_ml)
    assert (found["slices"], found["area_mm2"]) == ([3, 4], None)
    assert files[report_texts.FORMS["pdf"]]()[:4] == b"%PDF"


def test_blind_no_outline_of_the_ai_can_be_started_from(
    app: AppTest, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    app.session_state[state.BLIND] = True
    app.session_state[state.READER] = "Dr. Blind"
    at = app.run()
    at.file_uploader[0].set_value([("one.png", LESION, "image/png")])
    layer = drawn(at.run())["own"]
    assert layer["startable"] is False
    at.button(key="blind.glioma").click().run()
    assert drawn(at)["own"]["startable"] is True
