"""The guided demo: started by its address or its button, one case after another."""

import pytest
from streamlit.testing.v1 import AppTest

from app import demo_texts as words
from app import samples, state
from ml.phantom import stack
from tests.app.conftest import LESION, Opened, drawn
from tests.app.fakes import FakeEngine

pytestmark = pytest.mark.usefixtures("engine", "no_metrics", "open_gate")


def said(at: AppTest) -> str:
    return "\n".join(one.value for one in at.markdown)


def shown_digest(at: AppTest) -> str:
    return str(at.session_state[state.ACTIVE])


def press(at: AppTest, name: str) -> AppTest:
    return at.button(key=name).click().run()


def test_the_address_starts_it_and_the_buttons_walk_through_every_case(app: AppTest) -> None:
    app.query_params["demo"] = ""
    at = app.run()
    met = []
    for number, case in enumerate(words.CASES):
        assert not at.exception
        assert words.heading(number) in said(at)
        assert case.look in said(at)
        met.append(shown_digest(at))
        assert at.button(key="tour_back").disabled == (number == 0)
        assert at.button(key="tour_on").disabled == (number == len(words.CASES) - 1)
        if not at.button(key="tour_on").disabled:
            at = press(at, "tour_on")
    assert len(set(met)) == len(words.CASES)
    assert shown_digest(press(at, "tour_back")) == met[-2]


def test_only_the_case_on_screen_is_read(app: AppTest, engine: FakeEngine) -> None:
    app.query_params["demo"] = ""
    at = app.run()
    assert len(at.session_state[state.OPENED]) == 1
    assert engine.calls["mobilenet"] == 1


def test_the_button_of_the_empty_page_starts_it_and_it_can_be_left(app: AppTest) -> None:
    at = press(app.run(), "tour_start")
    assert words.heading(0) in said(at)
    at = press(at, "tour_leave")
    assert "Guided demo" not in said(at)
    assert drawn(at)["corner"].startswith("SIMULATED")
    assert "demo" not in at.query_params


def test_another_scan_is_not_taken_for_a_case(opened: Opened) -> None:
    at = press(opened(("slice.png", LESION)), "tour_start")
    at = press(at, "tour_on")
    at.selectbox(key=state.ACTIVE).set_value(state.opened_hash(LESION)).run()
    assert words.ELSEWHERE in said(at)
    at = press(at, "tour_on")
    assert words.heading(1) in said(at)


def test_without_it_nothing_is_drawn(app: AppTest) -> None:
    assert "Guided demo" not in said(app.run())


def test_every_case_has_its_file_and_a_word_or_two() -> None:
    for case in words.CASES:
        assert (samples.FOLDER / case.file).is_file()
        assert 1 <= case.look.count(". ") + 1 <= 3
        assert len(case.look) < 220


def test_the_series_is_offered_beside_the_slices(app: AppTest) -> None:
    at = app.run()
    assert len(samples.shipped()) == 8
    series = samples.series()
    assert series is not None
    at = next(one for one in at.button if one.label == series.title).click().run()
    assert not at.exception
    (file,) = at.session_state[state.OPENED]
    assert file.series is not None
    assert file.series.slices == stack.SLICES


def test_the_words_on_the_series_are_those_of_its_truth() -> None:
    (case,) = (one for one in words.CASES if one.kind == "series")
    assert (stack.SLICES, stack.record()["tumour_slices"]) == (9, [3, 7])
    assert case.look.startswith("Nine DICOM slices with a glioma in the third to the seventh.")
