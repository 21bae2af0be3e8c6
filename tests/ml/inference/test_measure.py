"""Sizes against shapes whose sizes are known."""

import math
from itertools import pairwise

import cv2
import numpy as np
import pytest

from ml.inference.measure import measure


def ellipse(
    shape: tuple[int, int],
    centre: tuple[float, float],
    semi: tuple[float, float],
    degrees: float = 0.0,
    spacing: tuple[float, float] = (1.0, 1.0),
) -> np.ndarray:
    """Mask of an ellipse; semi-axes and centre in mm, first axis at `degrees` from the rows."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    down, right = rows * spacing[0] - centre[0], columns * spacing[1] - centre[1]
    turn = math.radians(degrees)
    first = down * math.cos(turn) + right * math.sin(turn)
    second = -down * math.sin(turn) + right * math.cos(turn)
    return (first / semi[0]) ** 2 + (second / semi[1]) ** 2 <= 1.0


def test_an_empty_mask_has_no_diameter():
    sizes = measure(np.zeros((20, 30), bool), (0.5, 0.5))
    assert (sizes.area_px, sizes.area_mm2, sizes.components) == (0, 0.0, 0)
    assert sizes.diameter_px is sizes.diameter_mm is sizes.perpendicular_px is None
    assert sizes.diameter_ends is sizes.perpendicular_ends is sizes.centroid is None
    assert measure(np.zeros((20, 30), bool), None).area_mm2 is None


def test_one_pixel_is_a_little_square():
    mask = np.zeros((5, 5), bool)
    mask[2, 3] = True
    sizes = measure(mask, None)
    assert sizes.area_px == 1
    assert sizes.diameter_px == pytest.approx(math.sqrt(2))
    assert sizes.perpendicular_px == pytest.approx(math.sqrt(2))
    assert sizes.centroid == (2.0, 3.0)
    assert {abs(value) % 1 for end in sizes.diameter_ends for value in end} == {0.5}


@pytest.mark.parametrize(("height", "width"), [(10, 40), (40, 10), (1, 25), (30, 29)])
def test_rectangle_is_exact(height: int, width: int):
    mask = np.zeros((64, 64), bool)
    mask[5 : 5 + height, 7 : 7 + width] = True
    sizes = measure(mask, None)
    short, long = sorted((height, width))
    diagonal = math.hypot(height, width)
    assert sizes.area_px == height * width
    assert sizes.diameter_px == pytest.approx(diagonal)
    assert sizes.perpendicular_px == pytest.approx(short * diagonal / long)
    assert sizes.diameter_mm is sizes.perpendicular_mm is sizes.area_mm2 is None


@pytest.mark.parametrize("degrees", [0, 17, 45, 63, 90, 120])
def test_rotated_ellipse(degrees: float):
    sizes = measure(ellipse((160, 160), (80.3, 77.8), (50, 25), degrees), (0.49, 0.49))
    assert sizes.area_px == pytest.approx(math.pi * 50 * 25, rel=0.01)
    assert sizes.area_mm2 == pytest.approx(sizes.area_px * 0.49**2)
    # the outline runs around the pixels, so it reaches up to one pixel beyond the ellipse
    assert 99.0 <= sizes.diameter_px <= 101.5
    assert 48.5 <= sizes.perpendicular_px <= 52.0
    assert sizes.diameter_mm == pytest.approx(0.49 * sizes.diameter_px)
    assert sizes.perpendicular_mm == pytest.approx(0.49 * sizes.perpendicular_px)
    assert sizes.centroid == pytest.approx((80.3, 77.8), abs=0.2)
    (row_a, col_a), (row_b, col_b) = sizes.diameter_ends
    found = math.degrees(math.atan2(col_b - col_a, row_b - row_a))
    assert min(abs(found - degrees) % 180, 180 - abs(found - degrees) % 180) < 5.0


@pytest.mark.parametrize("degrees", [0, 30, 75])
def test_anisotropic_pixels_are_measured_in_mm_only(degrees: float):
    spacing = (0.4, 1.0)
    mask = ellipse((300, 120), (60, 60), (40, 20), degrees, spacing)
    sizes = measure(mask, spacing)
    assert sizes.diameter_px is None
    assert sizes.perpendicular_px is None
    assert sizes.area_mm2 == pytest.approx(math.pi * 40 * 20, rel=0.01)
    assert 79.0 <= sizes.diameter_mm <= 81.5
    assert 39.0 <= sizes.perpendicular_mm <= 42.0


def test_longest_direction_depends_on_the_spacing():
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:40] = True  # wider than high in pixels, higher than wide in mm
    sizes = measure(mask, (3.0, 0.1))
    assert sizes.diameter_mm == pytest.approx(math.hypot(60, 3))
    assert sizes.area_mm2 == pytest.approx(600 * 0.3)


@pytest.mark.parametrize("seed", range(6))
def test_ends_agree_with_lengths_and_nothing_is_longer(seed: int):
    random = np.random.default_rng(seed)
    blurred = cv2.GaussianBlur(random.random((90, 70)).astype(np.float32), (0, 0), 6)
    mask = blurred > np.quantile(blurred, 0.8)
    spacing = (0.7, 0.5)
    sizes = measure(mask, spacing)
    ends = np.array(sizes.diameter_ends) * spacing
    across = np.array(sizes.perpendicular_ends) * spacing
    assert np.hypot(*(ends[1] - ends[0])) == pytest.approx(sizes.diameter_mm)
    assert np.hypot(*(across[1] - across[0])) == pytest.approx(sizes.perpendicular_mm)
    assert np.dot(ends[1] - ends[0], across[1] - across[0]) == pytest.approx(0.0, abs=1e-6)

    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    assert sizes.components == len(stats) - 1
    part = np.argwhere(labels == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    corners = (
        np.concatenate([part + np.array([i, j]) for i in (-0.5, 0.5) for j in (-0.5, 0.5)])
        * spacing
    )  # every corner of every pixel, by brute force
    apart = np.hypot(*np.moveaxis(corners[:, None] - corners[None, ::3], 2, 0))
    assert apart.max() <= sizes.diameter_mm + 1e-9
    # chords at right angles through 400 places of the hull, none longer than the one found
    hull = cv2.convexHull(corners.astype(np.float32)).reshape(-1, 2).astype(np.float64)
    along = (ends[1] - ends[0]) / sizes.diameter_mm
    turned = hull @ np.stack([along, [-along[1], along[0]]], axis=1)
    closed = np.concatenate([turned, turned[:1]])
    longest = 0.0
    for place in np.linspace(turned[:, 0].min(), turned[:, 0].max(), 400)[1:-1]:
        hits = [
            a[1] + (place - a[0]) / (b[0] - a[0]) * (b[1] - a[1])
            for a, b in pairwise(closed)
            if min(a[0], b[0]) <= place <= max(a[0], b[0]) and a[0] != b[0]
        ]
        longest = max(longest, max(hits) - min(hits))
    assert longest == pytest.approx(sizes.perpendicular_mm, rel=5e-3)
    assert longest <= sizes.perpendicular_mm + 1e-4


def test_diameters_of_the_largest_part_area_of_all():
    mask = np.zeros((50, 50), bool)
    mask[5:15, 5:15] = True
    mask[30, 30:45] = True  # longer, but fewer pixels
    mask[15, 15] = True  # touches the square by a corner: the same part
    sizes = measure(mask, None)
    assert sizes.area_px == 116
    assert sizes.components == 2
    assert sizes.diameter_px == pytest.approx(math.hypot(11, 11))
    assert sizes.centroid == pytest.approx(tuple(np.argwhere(mask).mean(axis=0)))


def test_mask_that_fills_the_picture():
    sizes = measure(np.ones((30, 40), bool), (2.0, 2.0))
    assert sizes.diameter_ends in {
        ((-0.5, -0.5), (29.5, 39.5)),
        ((29.5, 39.5), (-0.5, -0.5)),
        ((-0.5, 39.5), (29.5, -0.5)),
        ((29.5, -0.5), (-0.5, 39.5)),
    }
    assert sizes.diameter_mm == pytest.approx(100.0)
    assert sizes.diameter_px == pytest.approx(50.0)


@pytest.mark.parametrize("spacing", [(0.0, 1.0), (1.0, -1.0), (float("nan"), 1.0)])
def test_impossible_spacing_is_refused(spacing: tuple[float, float]):
    with pytest.raises(ValueError, match="positive"):
        measure(np.ones((3, 3), bool), spacing)


def test_a_stack_is_no_mask():
    with pytest.raises(ValueError, match="two dimensions"):
        measure(np.ones((3, 3, 3), bool), None)
