"""Grey levels, masks and heat maps as a screen draws them."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from ml import display
from ml.results import DisplayWindow, Scan


def scan(pixels: np.ndarray, window: DisplayWindow | None = None) -> Scan:
    chosen = window or DisplayWindow(127.5, 255.0, "full range of an 8-bit picture")
    return Scan(pixels.astype(np.float32), chosen, None, "PNG", "hash")


def test_window_is_linear_inside_and_clipped_outside() -> None:
    pixels = np.array([[-10, 0, 50, 100, 500]], np.float32)
    np.testing.assert_array_equal(display.window(pixels, 50, 100), [[0, 0, 128, 255, 255]])


def test_full_range_of_eight_bits_changes_nothing() -> None:
    pixels = np.arange(256, dtype=np.float32).reshape(16, 16)
    np.testing.assert_array_equal(display.window(pixels, 127.5, 255.0), pixels)


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan")])
def test_window_needs_a_positive_width(width: float) -> None:
    with pytest.raises(ValueError, match="width"):
        display.window(np.zeros((2, 2), np.float32), 0.0, width)


def test_presets_begin_with_the_default_and_have_a_width() -> None:
    found = display.presets(scan(np.random.default_rng(0).integers(0, 4000, (60, 50))))
    assert found[0].source == "full range of an 8-bit picture"
    assert len(found) == 5
    assert all(window.width > 0 for window in found)


def test_flat_picture_has_its_default_window_only() -> None:
    assert len(display.presets(scan(np.full((8, 8), 7)))) == 1


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((8, 8), 7.0),
        np.array([[0.0, 1e-7], [0.0, 1e-7]]),
        np.array([[-5e4, 6e4], [0.0, 3.3]]),
        np.random.default_rng(1).normal(1000, 3, (40, 40)),
    ],
)
def test_sliders_reach_every_preset(pixels: np.ndarray) -> None:
    found = scan(pixels, DisplayWindow(12.3, 45.6, "DICOM header (VOI LUT)"))
    levels = display.levels(found, display.presets(found))
    assert levels.step > 0
    for window in display.presets(found):
        assert levels.low <= window.center <= levels.high
        assert levels.narrowest <= window.width <= levels.widest


def test_reduce_keeps_small_pictures_and_the_mean_of_large_ones() -> None:
    pixels = np.random.default_rng(2).random((300, 200)).astype(np.float32)
    assert display.reduce(pixels, 300) is pixels
    small = display.reduce(pixels, 150)
    assert small.shape == (150, 100)
    assert small.mean() == pytest.approx(pixels.mean(), abs=1e-4)


def test_reduced_mask_keeps_its_place() -> None:
    mask = np.zeros((400, 400), bool)
    mask[100:200, 240:320] = True
    small = display.reduce_mask(mask, 100)
    expected = np.zeros((100, 100), bool)
    expected[25:50, 60:80] = True
    np.testing.assert_array_equal(small, expected)


def test_heat_rises_in_brightness_and_fades_out_at_nothing() -> None:
    rgba = display.heat(np.linspace(0, 1, 11, dtype=np.float32)[None])[0].astype(float)
    assert rgba[0, 3] == 0
    assert (rgba[3:, 3] == 255).all()
    luminance = rgba[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) > 0).all(), "told apart without colour"


def test_heat_scale_is_the_heat_map_s_own() -> None:
    ends = display.heat(np.array([[0.0, 1.0]], np.float32))[0, :, :3]
    scale = display.heat_scale()
    for colour, expected in zip((scale[0], scale[-1]), ends, strict=True):
        assert [int(n) for n in re.findall(r"\d+", colour)] == expected.tolist()


def test_outline_encloses_the_mask_at_its_pixel_edges() -> None:
    mask = np.zeros((30, 40), bool)
    mask[5:12, 20:33] = True
    (line,) = display.outline(mask)
    np.testing.assert_array_equal(line[0], line[-1])
    np.testing.assert_allclose(line.min(axis=0), [4.5, 19.5], atol=0.2)
    np.testing.assert_allclose(line.max(axis=0), [11.5, 32.5], atol=0.2)


def test_outline_of_parts_and_holes() -> None:
    mask = np.zeros((40, 40), bool)
    mask[2:20, 2:20] = True
    mask[8:12, 8:12] = False
    mask[30, 30] = True
    assert len(display.outline(mask)) == 3
    assert display.outline(np.zeros((5, 5), bool)) == ()


def test_outline_of_a_huge_mask() -> None:
    mask = np.zeros((3000, 3000), bool)
    mask[10:2900, 20:2000] = True
    (line,) = display.outline(mask)
    np.testing.assert_allclose(line.min(axis=0), [10, 20], atol=0.6)
    np.testing.assert_allclose(line.max(axis=0), [2899, 1999], atol=0.6)


def test_svg_path_is_in_x_y_order() -> None:
    assert display.svg_path([((1.0, 2.0), (3.5, 4.0))]) == "M2.00 1.00L4.00 3.50"
    assert display.svg_path([]) == ""


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 4)])
def test_data_uri_is_lossless(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)
    head, encoded = display.data_uri(image).split(",")
    assert head == "data:image/png;base64"
    decoded = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))
    np.testing.assert_array_equal(decoded, image)


def test_fill_is_opaque_inside_only() -> None:
    mask = np.array([[True, False]])
    np.testing.assert_array_equal(display.fill(mask, (1, 2, 3)), [[[1, 2, 3, 255], [0, 0, 0, 0]]])
