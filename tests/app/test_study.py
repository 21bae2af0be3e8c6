"""Series on screen: what an upload becomes, scrolling, letters, the answer with its rule."""

import json
from dataclasses import replace
from html import escape
from typing import Any

import nibabel
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import gate_texts, state, texts
from app import study_texts as words
from app.uploads import arranged
from ml.errors import MissingWeights
from ml.inference.pixel_checks import PixelLimits
from ml.io.series import find_series
from ml.models import registry
from ml.study import StudyReading, read_study
from tests.app import fakes
from tests.app.conftest import CLEAR, Opened, drawn, html, picture, viewers
from tests.ml.fakes import OPEN_GATE
from tests.ml.io.pictures import grey
from tests.ml.io.series_files import AXIAL, one_slice, series, zipped

SIDE = 96
LESIONS = (False, False, True, True, True, False)
"""Which slices of the drawn series show a lesion."""


def drawn_series(**changes: Any) -> list[bytes]:
    """Heads in an order that is none, the lesion in the upper half."""
    stored = [fakes.head(lesion=lesion, side=SIDE) for lesion in LESIONS]
    files = [one_slice(place, stored=one, **changes) for place, one in enumerate(stored)]
    return [files[i] for i in (4, 0, 5, 2, 1, 3)]


def named(files: list[bytes]) -> list[tuple[str, bytes]]:
    return [(f"IM{number}", data) for number, data in enumerate(files)]


def expected(files: list[bytes]) -> StudyReading:
    return read_study(find_series(files).series[0].read(), fakes.FakeEngine())


def strip(at: AppTest) -> list[dict[str, Any]]:
    (chart,) = at.get("plotly_chart")
    traces: list[dict[str, Any]] = json.loads(chart.proto.spec)["data"]
    return traces


def test_a_series_is_one_item_and_opens_at_its_highest_slice(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    files = drawn_series()
    at = opened(*named(files))
    assert not at.exception
    read = expected(files)
    shown = read.highest + 1
    assert at.selectbox(key=state.ACTIVE).options == ["6 axial slices, 96 × 96 px, DICOM MR"]
    assert at.slider(key=state.slice_key(read.content_hash)).value == shown
    found = drawn(at)
    volume = find_series(files).series[0].read()
    assert found["id"] == volume.content_hash
    assert found["letters"] == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    assert texts.ORIENTATION not in found["corner"]
    assert (found["rows"], found["columns"]) == (SIDE, SIDE)
    assert found["aspect"] == pytest.approx(0.5 / 0.75)
    page = html(at)
    assert words.position(shown, 6) in page
    assert engine.calls["mobilenet"] == 2  # the series in one batch, the slice on screen


def test_the_answer_stands_with_its_rule_and_the_volume(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    files = drawn_series()
    page = html(opened(*named(files)))
    read = expected(files)
    assert read.answer is not None
    assert escape(words.headline(read)) in page
    assert escape(words.answer_line(read.answer)) in page
    assert words.rule(read) in page
    assert "not calibrated here" in words.rule(read)  # nothing is fitted for the tests' engine
    assert words.NOT_MEASURED in page
    assert read.size.volume_ml is not None
    assert f"Outlined volume: {read.size.volume_ml:.1f} mL" in page
    assert f"slice {read.size.number}." in page


def test_the_strip_has_the_probability_of_every_slice(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    files = drawn_series()
    bars, refused, shown = strip(opened(*named(files)))
    read = expected(files)
    assert list(bars["x"]) == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(bars["y"], [one.tumour for one in read.slices], atol=1e-6)
    assert list(refused["x"]) == []
    assert list(shown["x"]) == [read.highest + 1]


def test_scrolling_changes_the_slice_and_keeps_zoom_and_window(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    files = drawn_series()
    at = opened(*named(files))
    volume = find_series(files).series[0].read()
    digest = volume.slices[3].content_hash
    at.slider(key=state.window_key(digest, "center")).set_value(100.0).run()
    at.slider(key=state.window_key(digest, "width")).set_value(200.0).run()
    first = drawn(at)
    at.slider(key=state.slice_key(volume.content_hash)).set_value(2).run()
    assert not at.exception
    second = drawn(at)
    assert second["id"] == first["id"]
    assert words.position(2, 6) in html(at)
    assert state.window_key(digest, "center") in at.session_state
    assert at.slider(key=state.window_key(digest, "center")).value == 100.0
    np.testing.assert_allclose(
        picture(second["raw"]), np.clip((volume.slices[1].pixels) * 255 / 200, 0, 255), atol=1
    )
    at.button(key=f"study.{words.UP}").click().run()
    assert words.position(3, 6) in html(at)
    at.button(key=f"study.{words.HIGHEST}").click().run()
    assert drawn(at)["raw"] == first["raw"]


def test_a_mirrored_copy_moves_the_letters(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    files = drawn_series(orientation=(-1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    letters = drawn(opened(*named(files)))["letters"]
    assert (letters["left"], letters["right"]) == ("L", "R")


def test_a_single_slice_has_its_letters_on_screen_and_its_mirrored_copy_others(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    stored = fakes.head(side=SIDE)
    for orientation, left in ((AXIAL, "R"), ((-1.0, 0.0, 0.0, 0.0, 1.0, 0.0), "L"), (None, None)):
        lies = {"orientation": orientation} if orientation else {"ImageOrientationPatient": None}
        at = opened(("slice.dcm", one_slice(0, stored=stored, **lies)))
        assert not at.exception
        assert drawn(at)["letters"].get("left") == left
        assert (texts.ORIENTATION in drawn(at)["corner"]) is (left is None)
        assert (f"left of the screen: {left}" in html(at)) is (left is not None)


def test_without_geometry_no_side_no_millimetre_and_no_volume(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    block = np.stack([fakes.head(side=SIDE).T for _ in range(3)], axis=-1).astype(np.int16)
    at = opened(("head.nii", nibabel.Nifti1Image(block, None).to_bytes()))
    assert not at.exception
    found = drawn(at)
    assert found["letters"] == {}
    assert texts.ORIENTATION in found["corner"]
    page = html(at)
    assert words.NO_VOLUME in page
    assert " mm" not in page.replace("mm apart", "")


def test_a_zip_of_two_series_asks_which(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    second = [one_slice(p, stored=fakes.head(side=64), SeriesInstanceUID="1.2.3") for p in range(2)]
    at = opened(("both.zip", zipped([*second, *drawn_series()])))
    assert at.selectbox(key=state.ACTIVE).options == [
        "both.zip: 6 axial slices, 96 × 96 px, DICOM MR",
        "both.zip: 2 axial slices, 64 × 64 px, DICOM MR",
    ]
    assert drawn(at)["rows"] == SIDE
    at.button(key="next").click().run()
    assert drawn(at)["rows"] == 64


def test_an_archive_that_is_refused_says_why(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("bad.zip", zipped(series(2), "../{}")))
    assert not at.exception
    assert "leads out of its folder" in at.error[0].value
    assert not engine.calls
    assert not viewers(at)


def test_missing_weights_are_said_once_and_the_slice_is_shown(
    opened: Opened, no_metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> dict[str, Any]:
        raise MissingWeights("Not there. Do this.")

    monkeypatch.setattr(registry, "published", missing)
    at = opened(*named(drawn_series()))
    assert not at.exception
    assert [error.value.endswith("Not there. Do this.") for error in at.error] == [True]
    assert drawn(at)["heat"] is None
    assert words.position(4, 6) in html(at)  # the middle one
    assert not at.get("plotly_chart")


def test_a_damaged_series_says_why(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(*named([data[:-3000] for data in drawn_series()]))
    assert not at.exception
    assert "pixel data is truncated" in at.error[0].value
    assert not viewers(at)


def test_refused_slices_are_counted_and_crossed(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = PixelLimits(bright=0.01, levels=-1.0, corners=2.0, colour=2.0)
    gate = replace(OPEN_GATE, pixels=limits)
    monkeypatch.setattr("ml.pipeline.shipped_gate", lambda: gate)
    blank = one_slice(6, stored=np.zeros((SIDE, SIDE), np.uint8))
    at = opened(*named([*drawn_series(), blank]))
    bars, refused, _ = strip(at)
    assert list(bars["x"]) == [1, 2, 3, 4, 5, 6]
    assert list(refused["x"]) == [7]
    page = html(at)
    assert "1 of 7 slices are no picture that the networks know" in page
    volume = find_series([*drawn_series(), blank]).series[0].read()
    at.slider(key=state.slice_key(volume.content_hash)).set_value(7).run()
    assert gate_texts.REFUSED in html(at)


def test_what_an_upload_becomes() -> None:
    alone = one_slice(0, SeriesInstanceUID="9.9")
    items = arranged([("a.png", CLEAR), ("one", alone), *named(series(4)), ("bad", alone[:300])])
    assert [(item.name, item.series is None) for item in items] == [
        ("4 axial slices, 64 × 48 px, DICOM MR", False),
        ("a.png", True),
        ("one", True),
    ]
    assert len(items[0].left_out) == 1  # the damaged one
    assert items[2].data == alone


def test_single_files_stay_what_they_are() -> None:
    one, other = one_slice(0), one_slice(1, SeriesInstanceUID="9.9")
    broken = other[:300]
    files = [("one", one), ("other", other), ("broken", broken), ("p.png", grey()), ("e", b"")]
    items = arranged(files)
    assert [(item.name, item.data) for item in items] == files
    assert all(item.series is None and item.problem is None for item in items)
    assert [item.name for item in arranged([("broken", broken)])] == ["broken"]
    assert arranged([]) == []
