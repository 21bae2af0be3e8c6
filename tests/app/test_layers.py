"""Layers, heat maps and the display window of the view *Read a scan*."""

from typing import Any

import numpy as np
import pytest

from app import state, texts
from app.components import viewer
from ml import display
from ml.io import read_scan
from ml.labels import CLASSES
from ml.models import registry
from ml.results import Analysis, Detection, DisplayWindow, Scan
from tests.app import fakes
from tests.app.conftest import LESION, Opened, drawn, expected, html, picture

LAYERS = ("heat", "mask", "diameters", "boxes")


def heat_title(read: Analysis, model: str, label: str) -> str:
    return texts.ai_title(texts.heat_title(read.heatmaps[model][label]))


def switched(found: dict[str, Any]) -> set[str]:
    """The layers that are on."""
    return {name for name in LAYERS if found["look"][name]}


def test_layers_switch_apart_and_call_no_network(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    calls = dict(engine.calls)
    first = drawn(at)
    assert first["heat"]
    assert [line["mark"] for line in first["lines"]] == ["mask", "diameter", "diameter"]
    assert switched(first) == {"heat", "mask"}

    for key, on in (
        (state.HEAT, {"mask"}),
        (state.DIAMETERS, {"mask", "diameters"}),
        (state.MASK, {"diameters"}),
    ):
        switch = at.toggle(key=key)
        switch.set_value(not switch.value).run()
        assert switched(drawn(at)) == on
        assert {**drawn(at), "look": 0} == {**first, "look": 0}, "all is there to be switched on"
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
    assert switched(found) == set()
    assert found["raw"] == raw
    assert texts.MARKS_HIDDEN in found["captions"]["ai"]
    at.toggle(key=state.MARKS).set_value(True).run()
    assert len(drawn(at)["lines"]) == 3
    assert switched(drawn(at)) == {"heat", "mask", "diameters"}


def test_fill_and_opacity(opened: Opened, engine: fakes.FakeEngine, no_metrics: None) -> None:
    at = opened(("slice.png", LESION))
    at.button_group(key=state.MASK_STYLE).set_value("fill")
    at.slider(key=state.MASK_OPACITY).set_value(30)
    at.slider(key=state.HEAT_OPACITY).set_value(70).run()
    found = drawn(at)
    mask = expected(LESION).segmentation.mask
    np.testing.assert_array_equal(picture(found["fill"])[..., 3] > 0, mask)
    assert (found["look"]["mask_opacity"], found["look"]["heat_opacity"]) == (30, 70)
    assert {line["mark"] for line in found["lines"]} == {"diameter"}


def test_heat_map_is_of_the_chosen_network_and_class(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    read = expected(LESION)
    first = read.classifications[0].model
    assert drawn(at)["captions"]["heat"] == heat_title(read, first, read.mean.label)

    at.button_group(key=state.HEAT_MODEL).set_value("resnet50")
    at.selectbox(key=state.HEAT_CLASS).set_value("glioma").run()
    found = drawn(at)
    heatmap = read.heatmaps["resnet50"]["glioma"]
    assert found["captions"]["heat"] == heat_title(read, "resnet50", "glioma")
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
    assert texts.NO_EVIDENCE in found["captions"]["heat"]


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
    assert preset.options[0] == f"Default: {scan.window.source}"
    preset.select_index(2).run()
    chosen = display.presets(scan)[2]
    slider = at.slider(key=state.window_key(scan.content_hash, "center"))
    assert slider.value == pytest.approx(chosen.center)
    assert not at.exception


def test_true_aspect_follows_the_spacing() -> None:

    pixels = np.tile(np.arange(40, dtype=np.float32), (20, 1))
    window = DisplayWindow(20.0, 40.0, "test")
    scan = Scan(pixels, window, (2.0, 0.5), "DICOM", "aspect-test")
    found = viewer.drawing(scan, (20.0, 40.0), None)
    assert (found["rows"], found["columns"], found["aspect"]) == (20, 40, 4.0)


def test_boxes_have_a_switch_only_where_a_detector_is_installed(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = opened(("scan.png", LESION))
    assert texts.BOXES not in [toggle.label for toggle in at.toggle]
    entry = {"input_size": 160, "parameters": 1, "file": "none", "sha256": f"{9:064x}"}
    monkeypatch.setattr(registry, "published", lambda: {**fakes.REGISTRY, "detector": entry})
    monkeypatch.setattr("ml.pipeline.lowest_score", lambda: 0.3)  # not that of the real detector
    at.run()
    switch = next(toggle for toggle in at.toggle if toggle.label == texts.BOXES)
    assert "boxes" not in switched(drawn(at))
    switch.set_value(True).run()
    shown = drawn(at)
    assert "boxes" in switched(shown)
    assert [line["mark"] for line in shown["lines"]].count("box") == 1
    (tag,) = shown["tags"]
    (found,) = expected(LESION).detections or ()
    assert tag["text"] == f"Glioma {found.score:.2f}"
    assert (tag["row"], tag["column"]) == found.box_px[:2]
    assert engine.calls["detector"] == 1


def test_a_box_frames_whole_pixels() -> None:
    path = viewer._box(Detection("glioma", 0.9, (2.0, 3.0, 5.0, 7.0)))["path"]
    assert path == "M2.50 1.50L6.50 1.50L6.50 4.50L2.50 4.50L2.50 1.50"
