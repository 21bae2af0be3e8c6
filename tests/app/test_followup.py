"""Follow-up: two examinations side by side, what they differ by, and when nothing is told."""

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from app import followup, held_out, state
from app import followup_texts as words
from app.archive import archive
from ml.evaluation.variability_published import load
from ml.followup import Change
from ml.io import read_scan
from tests.app import fakes
from tests.app.conftest import LESION, MAIN, Opened, expected, html
from tests.app.test_readers_word import said
from tests.app.test_study import drawn_series, named
from tests.ml.io.series_files import one_slice

HEAD = fakes.head(side=128)
EARLY = one_slice(0, stored=HEAD, StudyDate="20250101")
LATE = one_slice(1, stored=HEAD, StudyDate="20260101", PixelSpacing=[1.0, 1.5])
COURSE = re.compile(
    r"progress|respon|grow|grew|shr[iu]nk|stable|regress|improv|wors", re.IGNORECASE
)
"""Words about the course of a disease, which no measurement tells."""


@pytest.fixture
def varies() -> None:
    """Invented variability: a change is off by up to three times."""
    interval = {"value": 3.0, "low": 2.0, "high": 4.0}
    content = {
        "protocol": "TEST",
        **{"n_pictures": 50, "n_groups": 12, "n_pairs": 345, "nothing_outlined": 1},
        "area": {"low": {**interval, "value": 0.5}, "high": interval},
        "change": {"factor": interval},
    }
    held_out.PLACES.variability.write_text(json.dumps(content))


def compared(at: AppTest) -> AppTest:
    at.switch_page("views/followup.py").run()
    assert not at.exception
    return at


def warnings(at: AppTest) -> list[str]:
    return [one.value for one in at.warning]


def test_two_examinations_are_needed(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = compared(opened(("one.dcm", EARLY)))
    assert words.EMPTY in html(at)
    assert not at.image


def test_differences_stand_beside_how_far_the_measurement_varies(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, varies: None
) -> None:
    at = opened(("late.dcm", LATE))
    early = expected(EARLY).segmentation.measurement
    late = expected(LATE).segmentation.measurement
    at = compared(opened(("late.dcm", LATE), ("early.dcm", EARLY)))
    assert at.selectbox(key=followup.CURRENT).value == read_scan(LATE).content_hash
    assert at.selectbox(key=followup.PRIOR).value == read_scan(EARLY).content_hash
    page = html(at)
    known = load(held_out.PLACES.variability)
    for name in ("diameter_mm", "perpendicular_mm", "area_mm2"):
        before, after = getattr(early, name), getattr(late, name)
        for cell in words.row(name, Change(before, after), known):
            assert cell in page
    assert f"× 3.0: {words.BEYOND}" in page, "four times the area"
    assert page.count(words.NOT_MEASURED) == 2
    assert "345 pairs of slices of 12 held-out patients" in said(at)
    assert words.NO_VOLUME in said(at)
    assert warnings(at) == []
    assert not COURSE.search(page + said(at))
    assert len(at.image) == 2
    at.selectbox(key=followup.CURRENT).set_value(read_scan(EARLY).content_hash).run()
    assert words.DATES in warnings(at)


def test_a_small_difference_is_within_what_the_measurement_varies_by(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, varies: None
) -> None:
    near = one_slice(1, stored=HEAD, PixelSpacing=[0.6, 0.8])
    at = compared(opened(("near.dcm", near), ("early.dcm", EARLY)))
    assert f"× 3.0: {words.WITHIN}" in html(at)


def test_no_network_runs_again_when_window_and_sides_change(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, varies: None
) -> None:
    at = compared(opened(("late.dcm", LATE), ("early.dcm", EARLY)))
    calls = dict(engine.calls)
    before = [one.value[0] for one in at.image]
    at.slider(key=followup.WINDOW).set_value((20.0, 80.0)).run()
    assert not at.exception
    assert dict(engine.calls) == calls
    after = [one.value[0] for one in at.image]
    assert len(before) == 2
    assert all(one != other for one, other in zip(before, after, strict=True))


def test_pixels_of_two_files_are_not_compared(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, varies: None
) -> None:
    at = compared(opened(("one.png", LESION), ("two.dcm", EARLY)))
    assert words.no_millimetres(prior=False, current=True) in [one.value for one in at.info]
    assert words.OTHER_PATIENT in warnings(at)
    assert words.HANG_OTHERWISE in warnings(at)
    assert words.NO_SCALE in said(at)
    assert "sulcus-figures" not in html(at)


def test_what_is_not_outlined_has_no_difference(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    varies: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "segment", lambda batch: batch[..., 0] * 0.0)
    at = compared(opened(("late.dcm", LATE), ("early.dcm", EARLY)))
    reason = words.no_outline(prior=words.NO_OUTLINE, current=words.NO_OUTLINE)
    assert reason in [one.value for one in at.info]
    assert "sulcus-figures" not in html(at)


def test_series_are_linked_by_mm_and_measured_where_the_diameter_is_longest(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, varies: None
) -> None:
    prior = drawn_series(SeriesInstanceUID="9.8", distance=2.5)
    at = opened(*named(drawn_series()))
    at.file_uploader[0].set_value([(name, data, "") for name, data in named(prior)])
    at = compared(at.run())
    page = html(at)
    assert "Volume" in page
    assert "mL (× 0.50)" in page or "mL (× 2.00)" in page, "half the slice distance"
    assert "linked by their positions in mm" in said(at)
    assert "of 6, that of the longest diameter" in said(at)
    hashes = [file.content_hash for file in at.session_state[state.OPENED]]
    current = at.selectbox(key=followup.CURRENT).value
    assert current in hashes
    at.slider(key=followup.slice_key(current)).set_value(1).run()
    assert not at.exception
    assert "slice 1/6" in said(at)
    at.number_input(key=followup.SHIFT).set_value(5.0).run()
    assert not at.exception
    assert "nearest slice lies 0.0 mm from there" in said(at)


def test_a_kept_picture_of_the_same_patient_can_stand_beside(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, varies: None
) -> None:
    for data in (EARLY, one_slice(0, stored=HEAD, PatientID="another")):
        at = opened(("kept.dcm", data))
        at.button(key="keep_picture").click().run()
    again = AppTest.from_file(MAIN, default_timeout=180).run()
    again.file_uploader[0].set_value([("late.dcm", LATE, "")])
    again = compared(again.run())
    (entry,) = (
        one
        for one in archive().worklist()
        if one.scan.content_hash == read_scan(EARLY).content_hash
    )
    assert len(again.selectbox(key=followup.PRIOR).options) == 1
    assert again.selectbox(key=followup.PRIOR).value == entry.scan.content_hash
    assert words.CHANGES in [one.value for one in again.subheader]
    assert warnings(again) == []


def test_read_blind_only_the_pictures_are_shown(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, varies: None
) -> None:
    at = AppTest.from_file(MAIN, default_timeout=180).run()
    at.session_state[state.BLIND] = True
    at.file_uploader[0].set_value([("late.dcm", LATE, ""), ("early.dcm", EARLY, "")])
    at = compared(at.run())
    assert words.HIDDEN in said(at)
    assert words.CHANGES not in [one.value for one in at.subheader]
    assert len(at.image) == 2
    assert not engine.calls


def test_without_figures_the_page_says_that_none_were_measured(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = compared(opened(("late.dcm", LATE), ("early.dcm", EARLY)))
    assert words.variability(None) in said(at)
    assert words.WITHIN not in html(at)
