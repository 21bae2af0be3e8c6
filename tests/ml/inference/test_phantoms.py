"""Sizes and places of drawn tumours come back right, from the mask and through the outline."""

from functools import cache

import numpy as np
import pytest

from ml.inference.measure import measure
from ml.inference.segment import OperatingPoint, segment
from ml.phantom import Phantom, draw
from ml.preprocess import prepare, prepare_mask
from tests.ml.fakes import scan_of

TUMOURS = ("glioma", "meningioma", "pituitary")


@cache
def phantom(label: str, seed: int, size: int) -> Phantom:
    return draw(label, seed=seed, size=size)


def enclosed_area(outline: np.ndarray) -> float:
    """Area inside a closed curve (N, 2), by the shoelace formula."""
    rows, columns = outline.T
    return abs(np.dot(rows, np.roll(columns, 1)) - np.dot(columns, np.roll(rows, 1))) / 2


@pytest.mark.parametrize("size", [192, 320])
@pytest.mark.parametrize("label", TUMOURS)
def test_the_mask_measures_what_was_drawn(label: str, size: int):
    drawn = phantom(label, 4, size)
    sizes = measure(drawn.mask, drawn.spacing_mm)
    mm = drawn.spacing_mm[0]
    assert sizes.components == 1
    assert sizes.centroid == pytest.approx(drawn.center_px, abs=0.6)
    assert sizes.area_px == pytest.approx(enclosed_area(drawn.outline_px), rel=0.04)
    assert sizes.area_mm2 == pytest.approx(sizes.area_px * mm**2)
    # the outline of the pixels runs at most one pixel around the drawn curve
    assert drawn.diameter_px - 1.0 <= sizes.diameter_px <= drawn.diameter_px + 1.5
    assert sizes.diameter_mm == pytest.approx(sizes.diameter_px * mm)
    assert sizes.perpendicular_mm <= sizes.diameter_mm


@pytest.mark.parametrize("label", TUMOURS)
def test_a_perfect_segmenter_is_measured_right_on_the_scan(label: str):
    """The drawn mask on the network's grid, back on the scan: nothing is shifted or scaled."""
    drawn = phantom(label, 4, 320)
    scan = scan_of(drawn.pixels, drawn.spacing_mm)
    side = 160
    crop = prepare(scan.pixels, side).crop
    perfect = prepare_mask(drawn.mask, crop, side)
    found = segment(perfect, scan, crop=crop, model="unet", point=OperatingPoint())
    sizes = found.measurement
    cell = crop.side / side  # scan pixels a network pixel
    overlap = 2 * (found.mask & drawn.mask).sum() / (found.mask.sum() + drawn.mask.sum())
    assert overlap > 0.95
    assert sizes.centroid == pytest.approx(drawn.center_px, abs=0.5 * cell)
    assert sizes.diameter_px == pytest.approx(drawn.diameter_px, abs=2 * cell)
    assert sizes.area_px == pytest.approx(drawn.area_px, rel=0.05)


def test_a_head_without_tumour_measures_nothing():
    drawn = phantom("no_tumor", 4, 192)
    assert measure(drawn.mask, drawn.spacing_mm).area_mm2 == 0.0
