"""The view *Read a scan*: empty, with a result, and with what cannot be read."""

import base64
import io
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app import services, state, texts
from ml import display, pipeline
from ml.errors import MissingWeights
from ml.io import read_scan
from ml.labels import CLASSES, TITLES
from ml.models import registry
from ml.results import Analysis, DisplayWindow, Scan
from tests.app import fakes
from tests.app.conftest import drawn, html

LESION = fakes.png(fakes.head())
CLEAR = fakes.png(fakes.head(lesion=False))
TEXT = b"these are words, not a picture, whatever the name says"

Opened = Callable[..., AppTest]


def expected(data: bytes) -> Analysis:
    return pipeline.analyse(read_scan(data), fakes.FakeEngine())


def picture(layer: dict[str, Any]) -> np.ndarray:
    encoded = layer["source"].removeprefix("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))


def heat_title(read: Analysis, model: str, label: str) -> str:
    return texts.ai_title(texts.heat_title(read.heatmaps[model][label]))


def test_empty_view_says_what_to_do(app: AppTest, no_metrics: None) -> None:
    at = app.run()
    assert not at.exception
    page = html(at)
    assert texts.NOTHING_OPEN in page
    assert texts.NOTICE in page
    assert "make evaluate" in page
    assert len(at.file_uploader) == 1
    assert not at.get("bidi_component")


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
    samples = [s for s in services.samples() if s.file.suffix == ".dcm"]
    assert samples, "the shipped samples hold a DICOM file"
    at = opened(("slice.dcm", samples[0].file.read_bytes()))
    found = drawn(at)
    assert found["corner"].startswith(texts.SIMULATED)
    assert texts.ORIENTATION in found["corner"]
    assert "no pixel spacing" not in html(at)


def test_samples_open_by_their_button(
    app: AppTest, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = app.run()
    samples = services.samples()
    assert len(samples) >= 4
    at = at.button(key="sample.0").click().run()
    assert not at.exception
    assert drawn(at)["corner"].startswith(texts.SIMULATED)
    assert at.selectbox(key=state.ACTIVE).options == [samples[0].title]


def test_layers_switch_apart_and_call_no_network(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    calls = dict(engine.calls)
    first = drawn(at)
    assert first["heat"]
    assert [line["mark"] for line in first["lines"]] == ["mask"]

    at.toggle(key=state.HEAT).set_value(False).run()
    found = drawn(at)
    assert not found["heat"]
    assert found["lines"] == first["lines"]
    assert found["raw"] == first["raw"]

    at.toggle(key=state.DIAMETERS).set_value(True).run()
    assert [line["mark"] for line in drawn(at)["lines"]] == ["mask", "diameter", "diameter"]

    at.toggle(key=state.MASK).set_value(False).run()
    assert [line["mark"] for line in drawn(at)["lines"]] == ["diameter", "diameter"]
    assert dict(engine.calls) == calls


def test_one_switch_hides_all_marks_and_leaves_the_raw_picture(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    raw = drawn(at)["raw"]
    at.toggle(key=state.DIAMETERS).set_value(True).run()
    at.toggle(key=state.MARKS).set_value(False).run()
    found = drawn(at)
    assert (found["heat"], found["fill"], found["lines"]) == (None, None, [])
    assert found["raw"] == raw
    assert texts.MARKS_HIDDEN in found["captions"]["ai"]
    at.toggle(key=state.MARKS).set_value(True).run()
    assert len(drawn(at)["lines"]) == 3


def test_fill_and_opacity(opened: Opened, engine: fakes.FakeEngine, no_metrics: None) -> None:
    at = opened(("slice.png", LESION))
    at.button_group(key=state.MASK_STYLE).set_value("fill")
    at.slider(key=state.MASK_OPACITY).set_value(30)
    at.slider(key=state.HEAT_OPACITY).set_value(70).run()
    found = drawn(at)
    mask = expected(LESION).segmentation.mask
    np.testing.assert_array_equal(picture(found["fill"])[..., 3] > 0, mask)
    assert found["fill"]["opacity"] == pytest.approx(0.3)
    assert found["heat"]["opacity"] == pytest.approx(0.7)
    assert found["lines"] == []


def test_heat_map_is_of_the_chosen_network_and_class(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    read = expected(LESION)
    first = read.classifications[0]
    assert drawn(at)["captions"]["ai"] == heat_title(read, first.model, first.label)

    at.button_group(key=state.HEAT_MODEL).set_value("resnet50")
    at.selectbox(key=state.HEAT_CLASS).set_value("glioma").run()
    found = drawn(at)
    heatmap = read.heatmaps["resnet50"]["glioma"]
    assert found["captions"]["ai"] == heat_title(read, "resnet50", "glioma")
    np.testing.assert_array_equal(picture(found["heat"]), display.heat(heatmap.values))


def test_class_without_evidence_has_no_map_and_says_so(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = np.array(fakes.FakeEngine().head("mobilenet"))
    kernel[:, 3] = -1  # everything speaks against the last class
    monkeypatch.setattr(engine, "head", lambda _: kernel)
    at = opened(("slice.png", LESION))
    at.selectbox(key=state.HEAT_CLASS).set_value(CLASSES[3]).run()
    found = drawn(at)
    assert not found["heat"]
    assert texts.NO_EVIDENCE in found["captions"]["ai"]


def test_window_changes_the_screen_only(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    scan = read_scan(LESION)
    calls = dict(engine.calls)
    before = drawn(at)
    verdict = html(at)
    at.slider(key=state.window_key(scan.content_hash, "width")).set_value(60.0)
    at.slider(key=state.window_key(scan.content_hash, "center")).set_value(100.0).run()
    found = drawn(at)
    np.testing.assert_array_equal(picture(found["raw"]), display.window(scan.pixels, 100.0, 60.0))
    assert found["heat"] == before["heat"]
    assert found["lines"] == before["lines"]
    assert html(at) == verdict
    assert dict(engine.calls) == calls


def test_presets_move_the_sliders(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    scan = read_scan(LESION)
    preset = at.selectbox(key=state.window_key(scan.content_hash, "preset"))
    assert preset.options[0].casefold() == f"{scan.window.source} (default)".casefold()
    preset.select_index(2).run()
    chosen = display.presets(scan)[2]
    slider = at.slider(key=state.window_key(scan.content_hash, "center"))
    assert slider.value == pytest.approx(chosen.center)
    assert not at.exception


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
    assert not at.get("bidi_component")
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


def test_true_aspect_follows_the_spacing() -> None:
    from app.components import viewer

    pixels = np.tile(np.arange(40, dtype=np.float32), (20, 1))
    window = DisplayWindow(20.0, 40.0, "test")
    scan = Scan(pixels, window, (2.0, 0.5), "DICOM", "aspect-test")
    found = viewer.drawing(scan, (20.0, 40.0), None)
    assert (found["rows"], found["columns"], found["aspect"]) == (20, 40, 4.0)


@pytest.mark.weights
@pytest.mark.skipif(
    not (registry.WEIGHTS / "registry.json").is_file(), reason="the networks are not trained yet"
)
def test_real_networks_read_a_simulated_scan(opened: Opened) -> None:
    sample = services.samples()[0]
    at = opened(("sample.png", sample.file.read_bytes()))
    assert not at.exception
    assert not at.error
    read = pipeline.analyse(read_scan(sample.file.read_bytes()), pipeline.default_engine())
    page = html(at)
    assert texts.suggestion(read.mean) in page
    assert "sulcus-networks" in page
