"""The one way from grey levels to a network's input, and back onto the scan's pixels."""

from functools import cache

import cv2
import numpy as np
import pytest

from ml.phantom import draw
from ml.preprocess import (
    MARGIN,
    Crop,
    cut,
    head_box,
    normalise,
    prepare,
    prepare_mask,
    resize,
    to_scan,
)

Box = tuple[int, int, int, int]
SHAPES = [(200, 200), (180, 260), (300, 170)]


@cache
def drawn(label: str, size: int) -> np.ndarray:
    """Grey levels of a simulated slice; not to be written to."""
    return draw(label, seed=4, size=size).pixels


def head(shape: tuple[int, int], box: Box, level: float = 120.0) -> np.ndarray:
    """An ellipse of one level that fills `box` (top, left, height, width) on black."""
    top, left, height, width = box
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    down = (rows - top - (height - 1) / 2) / (height / 2)
    across = (columns - left - (width - 1) / 2) / (width / 2)
    return np.where(down**2 + across**2 <= 1.0, level, 0.0).astype(np.float32)


def whole(shape: tuple[int, int]) -> Crop:
    """The crop that falls back on the whole picture."""
    side = round(max(shape) * (1 + 2 * MARGIN))
    return Crop(round(shape[0] / 2 - side / 2), round(shape[1] / 2 - side / 2), side)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("box", [(20, 30, 130, 100), (60, 40, 90, 110)])
def test_head_box_is_a_square_around_the_head(shape: tuple[int, int], box: Box) -> None:
    crop = head_box(normalise(head(shape, box)))
    top, left, height, width = box
    assert crop.side == pytest.approx(max(height, width) * (1 + 2 * MARGIN), abs=3)
    assert crop.top + crop.side / 2 == pytest.approx(top + height / 2, abs=1.5)
    assert crop.left + crop.side / 2 == pytest.approx(left + width / 2, abs=1.5)


def test_spots_outside_the_head_do_not_move_its_box() -> None:
    picture = head((256, 256), (40, 60, 170, 140))
    alone = prepare(picture, 96)
    spotted = picture.copy()
    for row, column in ((5, 5), (8, 245), (250, 20), (128, 250)):
        spotted[row : row + 4, column : column + 4] = 120.0  # letters and markers at the rim
    spotted[2, :] = 90.0  # a line across
    found = prepare(spotted, 96)
    assert found.crop == alone.crop
    assert np.abs(found.image - alone.image).mean() < 0.01


@pytest.mark.parametrize("box", [(10, 10, 20, 20), (100, 100, 45, 45)])
def test_a_box_too_small_for_a_head_is_not_believed(box: Box) -> None:
    picture = head((200, 200), box)
    assert head_box(picture / 120.0) == whole((200, 200))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("level", [0.0, 7.0, -3.5, 65535.0])
def test_a_blank_picture_is_all_zero_and_keeps_its_geometry(
    shape: tuple[int, int], level: float
) -> None:
    ready = prepare(np.full(shape, level, np.float32), 64)
    assert not ready.image.any()
    assert ready.crop == whole(shape)


@pytest.mark.parametrize("size", [64, 96, 160, 320])
def test_the_input_is_one_grey_channel_in_0_to_1(size: int) -> None:
    image = prepare(drawn("glioma", 192), size).image
    assert image.shape == (1, size, size, 1)
    assert image.dtype == np.float32
    assert 0.0 <= image.min() < 0.02
    assert 0.9 < image.max() <= 1.0


@pytest.mark.parametrize(("dtype", "gain"), [(np.uint8, 1), (np.uint16, 257), (np.int16, 100)])
def test_the_unit_of_the_grey_levels_does_not_matter(dtype: type, gain: int) -> None:
    levels = np.round(drawn("pituitary", 192)).clip(0, 255).astype(np.int64)
    as_float = prepare(levels.astype(np.float32), 96)
    found = prepare((levels * gain).astype(dtype), 96)
    assert found.crop == as_float.crop
    np.testing.assert_allclose(found.image, as_float.image, atol=1e-5)


def test_an_offset_and_a_gain_change_nothing() -> None:
    pixels = drawn("glioma", 192)
    plain, moved = prepare(pixels, 96), prepare(pixels * 3.7 - 1000.0, 96)
    assert moved.crop == plain.crop
    np.testing.assert_allclose(moved.image, plain.image, atol=1e-4)


def test_extremes_of_a_few_pixels_do_not_darken_the_rest() -> None:
    pixels = np.asarray(drawn("glioma", 192), np.float32)
    hot = pixels.copy()
    hot[90:93, 90:93] = 1e6
    inside = pixels > 60
    inside[88:95, 88:95] = False
    np.testing.assert_allclose(normalise(hot)[inside], normalise(pixels)[inside], atol=0.02)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_count_as_the_lowest(bad: float) -> None:
    pixels = np.asarray(drawn("glioma", 192), np.float32)
    holes, filled = pixels.copy(), pixels.copy()
    holes[60:64, 60:64] = bad
    filled[60:64, 60:64] = pixels.min()
    found = normalise(holes)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, normalise(filled), atol=1e-6)


def test_nothing_but_nan_is_a_blank_picture() -> None:
    assert not prepare(np.full((80, 80), np.nan, np.float32), 64).image.any()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("box", [(20, 30, 120, 100), (0, 0, 150, 150), (90, 60, 90, 110)])
@pytest.mark.parametrize("size", [96, 256])
def test_what_goes_to_the_network_comes_back_to_its_place(
    shape: tuple[int, int], box: Box, size: int
) -> None:
    """A disc inside the head: prepared, and put back, it covers the pixels it came from."""
    picture = head(shape, box)
    centre = (box[0] + 0.6 * box[2], box[1] + 0.4 * box[3])
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    disc = (np.hypot(rows - centre[0], columns - centre[1]) <= 14.0) & (picture > 0)
    ready = prepare(picture, size)
    back = to_scan(prepare_mask(disc, ready.crop, size), ready.crop, shape)
    assert back.shape == shape
    found = back >= 0.5
    assert 2 * (found & disc).sum() / (found.sum() + disc.sum()) > 0.95
    weights = back / back.sum()
    middle = [float((weights * axis).sum()) for axis in (rows, columns)]
    np.testing.assert_allclose(middle, [rows[disc].mean(), columns[disc].mean()], atol=0.25)


@pytest.mark.parametrize("crop", [Crop(-20, -30, 140), Crop(40, 50, 100), Crop(-5, 30, 37)])
def test_to_scan_is_the_inverse_of_cut(crop: Crop) -> None:
    picture = np.random.default_rng(0).random((100, 120)).astype(np.float32)
    back = to_scan(cut(picture, crop), crop, picture.shape)
    rows, columns = np.mgrid[:100, :120]
    inside = (rows >= crop.top) & (rows < crop.top + crop.side)
    inside &= (columns >= crop.left) & (columns < crop.left + crop.side)
    np.testing.assert_array_equal(back[inside], picture[inside])
    assert not back[~inside].any()


def test_a_crop_beside_the_picture_is_empty() -> None:
    picture = np.ones((50, 60), np.float32)
    beside = Crop(200, 0, 30)
    assert not cut(picture, beside).any()
    assert not to_scan(np.ones((8, 8)), beside, (50, 60)).any()


@pytest.mark.parametrize("size", [32, 100, 333])
def test_resizing_keeps_the_mean(size: int) -> None:
    picture = cv2.GaussianBlur(np.random.default_rng(1).random((200, 200), np.float32), (0, 0), 4)
    small = resize(picture, size)
    assert small.shape == (size, size)
    assert small.mean() == pytest.approx(picture.mean(), abs=2e-3)


def test_the_cached_way_of_training_is_close_to_reading() -> None:
    """Training keeps pictures at a larger side in 8 bits first; what differs stays small."""
    from ml.training.corpus import CACHED_SIDE

    pixels = drawn("meningioma", 320)
    cached = np.round(prepare(pixels, CACHED_SIDE).image[0, ..., 0] * 255).astype(np.uint8)
    for size in (128, 160, 192):
        trained_on = cv2.resize(cached, (size, size), interpolation=cv2.INTER_AREA) / 255.0
        read = prepare(pixels, size).image[0, ..., 0]
        assert np.abs(trained_on - read).mean() < 0.02
        assert np.corrcoef(trained_on.ravel(), read.ravel())[0, 1] > 0.99
