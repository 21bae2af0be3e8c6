"""The view *Read a scan*: empty, with a result, and with what cannot be read."""

from html import escape
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import samples, state, texts
from ml import pipeline
from ml.errors import MissingWeights
from ml.io import read_scan
from ml.labels import CLASSES, TITLES
from ml.models import registry
from tests.app import fakes
from tests.app.conftest import CLEAR, LESION, Opened, drawn, expected, html, picture, viewers

TEXT = b"these are words, not a picture, whatever the name says"


def test_empty_view_says_what_to_do(app: AppTest, no_metrics: None) -> None:
    at = app.run()
    assert not at.exception
    page = html(at)
    assert texts.NOTHING_OPEN in page
    assert texts.NOTICE in page
    assert "make evaluate" in page
    assert len(at.file_uploader) == 1
    assert not viewers(at)


def test_notice_quotes_the_published_figure(app: AppTest, metrics: dict[str, Any]) -> None:
    figure = metrics["clean"]["models"]["mean"]["balanced_accuracy"]["value"]
    page = html(app.run())
    assert f"{figure:.1%}".replace("%", " %") in page
    assert f"{metrics['clean']['n_groups']:,} patient groups" in page


def test_three_verdicts_are_those_of_the_analysis(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    assert not at.exception
    read = expected(LESION)
    page = html(at)
    assert texts.suggestion(read.mean) in page
    assert texts.agreement(read) in page
    table = page[page.index("sulcus-networks") :].split("</table>")[0]
    for reading in (*read.classifications, read.mean):
        assert f"<b>{texts.model(reading.model)}</b>{TITLES[reading.label]}" in table
        for share in reading.probabilities:
            assert escape(texts.percent(float(share)), quote=False) in table
    rows = table.split("<tr>")[2:]
    assert [TITLES[label] in row for label, row in zip(CLASSES, rows, strict=True)] == [True] * 4
    assert all(row.count("<td") == 4 for row in rows)


def test_raw_picture_is_the_uploaded_one(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    found = drawn(at)
    np.testing.assert_array_equal(picture(found["raw"]), fakes.head())
    assert (found["rows"], found["columns"], found["aspect"]) == (256, 256, 1.0)
    assert found["corner"] == texts.ORIENTATION


def test_sizes_without_spacing_are_in_pixels(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    sizes = expected(LESION).segmentation.measurement
    page = html(at)
    assert f"{sizes.area_px:,} px" in page
    assert f"{sizes.diameter_px:.0f} px" in page
    assert " mm" not in page


def test_dicom_sizes_are_in_millimetres_and_simulation_is_said(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    slices = [s for s in samples.shipped() if s.file.suffix == ".dcm"]
    assert slices, "the shipped samples hold a DICOM file"
    at = opened(("slice.dcm", slices[0].file.read_bytes()))
    found = drawn(at)
    assert found["corner"].startswith(texts.SIMULATED)
    assert texts.ORIENTATION not in found["corner"]
    assert found["letters"] == {"left": "R", "right": "L", "top": "H", "bottom": "F"}  # coronal
    assert "no pixel spacing" not in html(at)


def test_samples_open_by_their_button(
    app: AppTest, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = app.run()
    assert len(samples.shipped()) >= 4
    at = at.button(key="sample.0").click().run()
    assert not at.exception
    assert drawn(at)["corner"].startswith(texts.SIMULATED)
    assert at.selectbox(key=state.ACTIVE).options == [samples.shipped()[0].title]


def test_several_files_have_a_table_and_are_walked_through(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("one.png", LESION), ("words.png", TEXT), ("two.png", CLEAR))
    table = at.dataframe[-1].value
    assert list(table["Scan"]) == ["one.png", "words.png", "two.png"]
    assert list(table["Status"]) == ["read", "failed", "read"]
    assert table["AI suggests"][0] == TITLES[expected(LESION).mean.label]
    assert "text, not a picture" in table["Reason"][1]
    assert engine.calls["mobilenet"] == 2

    at.button(key="next").click().run()
    assert at.session_state[state.ACTIVE] == state.opened_hash(TEXT)
    assert "text, not a picture" in at.error[0].value
    at.button(key="next").click().run()
    assert drawn(at)["id"] == read_scan(CLEAR).content_hash
    assert at.button(key="next").disabled
    at.button(key="previous").click().run()
    at.button(key="previous").click().run()
    assert drawn(at)["id"] == read_scan(LESION).content_hash
    assert engine.calls["mobilenet"] == 2


def test_same_picture_twice_is_opened_once(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("one.png", LESION), ("copy.png", LESION))
    assert at.selectbox(key=state.ACTIVE).options == ["one.png"]


@pytest.mark.parametrize("data", [TEXT, b"", LESION[: len(LESION) // 2]])
def test_what_cannot_be_read_is_said_and_the_app_stays_up(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, data: bytes
) -> None:
    at = opened(("<b>patient name</b>.png", data))
    assert not at.exception
    (error,) = at.error
    assert "patient name" not in error.value
    assert not viewers(at)
    assert not engine.calls

    at.file_uploader[0].set_value([("slice.png", LESION, "image/png")]).run()
    assert not at.error
    assert drawn(at)["id"] == read_scan(LESION).content_hash


def test_file_names_never_reach_the_page_as_html(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("<script>alert(1)</script>.png", LESION), ("two.png", CLEAR))
    assert "alert" not in html(at)
    assert all("alert" not in element.value for element in at.markdown)


def test_missing_weights_name_the_command_and_nothing_stands_in(
    opened: Opened, no_metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> dict[str, Any]:
        raise MissingWeights(f"Not there. {registry.MEND}")

    monkeypatch.setattr(registry, "published", missing)
    at = opened(("slice.png", LESION))
    assert not at.exception
    assert registry.MEND in at.error[0].value
    found = drawn(at)
    np.testing.assert_array_equal(picture(found["raw"]), fakes.head())
    assert (found["heat"], found["fill"], found["lines"]) == (None, None, [])
    assert texts.NO_READING in found["captions"]["ai"]
    page = html(at)
    assert "AI suggests" not in page
    assert "sulcus-networks" not in page


def test_no_tumour_stands_beside_its_miss_rate(
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flat = np.zeros((4, 4), np.float32)
    flat[0, CLASSES.index("no_tumor")] = 30
    monkeypatch.setattr(engine, "head", lambda _: flat)
    page = html(opened(("slice.png", CLEAR)))
    assert "No tumour detected by the model" in page
    sensitivity = metrics["clean"]["models"]["mean"]["tumour_sensitivity"]["value"]
    assert f"{1 - sensitivity:.1%}".replace("%", " %") in page
    assert "usual reading" not in page.lower()


def test_tumour_class_has_its_usual_reading_but_no_grade(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    page = html(opened(("slice.png", LESION)))
    assert expected(LESION).mean.label == "glioma"
    assert texts.usual_reading("glioma") in page
    assert "Not a grade of this case" in page


def test_scan_and_layers_survive_a_change_of_page(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("one.png", LESION), ("two.png", CLEAR))
    at.button(key="next").click().run()
    at.toggle(key=state.HEAT).set_value(False).run()
    at.switch_page("views/accuracy.py").run()
    at.switch_page("views/read.py").run()
    assert drawn(at)["id"] == read_scan(CLEAR).content_hash
    assert at.toggle(key=state.HEAT).value is False
    assert engine.calls["mobilenet"] == 2


def test_close_all_forgets_the_scans(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    at.button(key="close").click().run()
    assert texts.NOTHING_OPEN in html(at)
    assert at.session_state[state.OPENED] == ()


@pytest.mark.weights
def test_real_networks_read_a_simulated_scan(opened: Opened) -> None:
    sample = samples.shipped()[0]
    at = opened(("sample.png", sample.file.read_bytes()))
    assert not at.exception
    assert not at.error
    read = pipeline.analyse(read_scan(sample.file.read_bytes()), pipeline.default_engine())
    page = html(at)
    assert texts.suggestion(read.mean) in page
    assert "sulcus-networks" in page


def test_the_scan_on_screen_stays_where_its_box_has_forgotten_it() -> None:
    st.session_state[state.OPENED] = tuple(
        state.OpenedFile(f"{name}.png", b"", name) for name in ("one", "two", "three")
    )
    for chosen, shown in (("two", "two"), ("", "two"), ("three", "three"), ("gone", "three")):
        st.session_state[state.ACTIVE] = chosen
        file = state.active()
        assert file is not None
        assert file.content_hash == shown
    state.close_all()
    assert state.active() is None
