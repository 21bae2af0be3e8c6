"""Slices of two examinations linked, and what two measurements differ by."""

from dataclasses import replace

import numpy as np
import pytest

from ml.followup import BY_FRACTION, BY_MM, Change, Sizes, changes, linked
from ml.inference.measure import measure
from ml.orientation import Orientation
from ml.results import DisplayWindow, Scan
from ml.side_by_side import SIDE_PX, Mark, common_field_mm, drawn, levels_between
from ml.volume import Volume

AXIAL = Orientation((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
UPSIDE_DOWN = Orientation((1.0, 0.0, 0.0), (0.0, -1.0, 0.0))
CORONAL = Orientation((1.0, 0.0, 0.0), (0.0, 0.0, -1.0))
WINDOW = DisplayWindow(50.0, 100.0, "test")
RED = (255, 0, 0)


def slice_of(
    shape: tuple[int, int] = (40, 40), spacing: tuple[float, float] | None = (1.0, 1.0)
) -> Scan:
    pixels = np.tile(np.linspace(0, 100, shape[1], dtype=np.float32), (shape[0], 1))
    return Scan(pixels, WINDOW, spacing, "DICOM", "0" * 64)


def stack(
    heights_mm: list[float], orientation: Orientation | None = AXIAL, *, placed: bool = True
) -> Volume:
    return Volume(
        slices=tuple(slice_of() for _ in heights_mm),
        orientation=orientation,
        positions_mm=tuple((0.0, 0.0, z) for z in heights_mm) if placed else None,
        slice_distance_mm=None,
        sources=(),
        content_hash="1" * 64,
        series_key="",
        modality="MR",
        format="DICOM",
    )


def test_slices_are_linked_by_their_places_in_mm() -> None:
    current, prior = stack([0.0, 5.0, 10.0, 15.0]), stack([-4.0, 0.0, 4.0, 8.0, 12.0])
    found = linked(current, 3, prior)
    assert (found.number, found.by) == (4, BY_MM)
    assert found.apart_mm == pytest.approx(2.0)
    assert linked(current, 3, prior, shift_mm=-9.0).number == 2
    assert linked(current, 4, prior).apart_mm == pytest.approx(3.0), "the nearest one there is"


def test_a_stack_in_the_other_direction_is_linked_by_the_same_places() -> None:
    current, prior = stack([0.0, 5.0, 10.0]), stack([10.0, 5.0, 0.0], UPSIDE_DOWN)
    assert [linked(current, n, prior).number for n in (1, 2, 3)] == [3, 2, 1]


@pytest.mark.parametrize(
    "prior",
    [
        stack([0.0, 5.0, 10.0], None),
        stack([0.0, 5.0, 10.0], CORONAL),
        stack([0.0, 5.0, 10.0], placed=False),
    ],
)
def test_without_common_places_slices_are_linked_by_fraction(prior: Volume) -> None:
    current = stack([float(z) for z in range(5)])
    found = [linked(current, number, prior) for number in range(1, 6)]
    assert [one.number for one in found] == [1, 1, 2, 3, 3]
    assert {one.by for one in found} == {BY_FRACTION}
    assert {one.apart_mm for one in found} == {None}


def test_changes_are_told_only_where_both_are_known() -> None:
    before = Sizes(20.0, 10.0, 150.0, None)
    found = changes(before, Sizes(25.0, None, 300.0, 4.0))
    assert found["diameter_mm"] == Change(20.0, 25.0)
    assert found["perpendicular_mm"] is None
    assert found["volume_ml"] is None
    area = found["area_mm2"]
    assert area is not None
    assert (area.difference, area.factor) == (150.0, 2.0)
    assert area.within(2.0)
    assert not area.within(1.9)
    assert Change(300.0, 150.0).within(2.0)
    assert not Change(300.0, 149.0).within(2.0)


def test_an_empty_outline_has_no_sizes() -> None:
    mask = np.zeros((8, 8), np.bool_)
    assert Sizes.of(measure(mask, (1.0, 1.0)), 0.0) == Sizes()
    mask[2:4, 2:6] = True
    assert Sizes.of(measure(mask, (1.0, 1.0)), 2.5).area_mm2 == 8.0
    assert Sizes.of(measure(mask, None), None) == Sizes()


def test_two_pictures_have_one_scale_where_both_are_in_mm() -> None:
    small, large = slice_of((40, 40), (1.0, 1.0)), slice_of((40, 40), (2.0, 3.0))
    field = common_field_mm(small, large)
    assert field == (80.0, 120.0)
    mask = np.zeros((40, 40), np.bool_)
    mask[10:30, 10:30] = True
    widths = []
    for scan in (small, large):
        picture = drawn(scan, WINDOW, marks=[Mark(mask, RED)], field_mm=field)
        assert picture.shape == (round(SIDE_PX * 80 / 120), SIDE_PX, 4)
        red = (picture[..., 0] > 200) & (picture[..., 1] < 60)
        columns = np.flatnonzero(red.any(axis=0))
        widths.append(columns[-1] - columns[0])
    assert widths[1] == pytest.approx(3 * widths[0], rel=0.06)
    assert widths[0] == pytest.approx(20 * SIDE_PX / 120, rel=0.06)
    assert common_field_mm(small, replace(large, spacing_mm=None)) is None


def test_a_second_outline_is_dashed() -> None:
    mask = np.zeros((40, 40), np.bool_)
    mask[10:30, 10:30] = True
    scan = slice_of()
    marked = []
    for dashed in (False, True):
        picture = drawn(scan, WINDOW, marks=[Mark(mask, RED, dashed)], field_mm=None)
        marked.append((picture[..., 0] > 200) & (picture[..., 1] < 60))
    whole, broken = marked
    assert 0.3 < broken.sum() / whole.sum() < 0.8
    assert broken[whole.any(axis=1)].any(axis=1).mean() > 0.5, "all along the outline"


def test_without_a_mask_no_line_is_drawn_and_the_shape_is_true() -> None:
    picture = drawn(slice_of((40, 20), (1.0, 4.0)), WINDOW, marks=[], field_mm=None)
    assert picture.shape == (SIDE_PX // 2, SIDE_PX, 4)
    np.testing.assert_array_equal(picture[..., 0], picture[..., 1])
    assert (picture[..., 3] == 255).all()


def test_one_window_is_chosen_in_percentiles_of_each_picture() -> None:
    scan = slice_of((10, 101))
    brighter = replace(scan, pixels=scan.pixels * 10.0)
    one, other = (levels_between(each, 10.0, 90.0) for each in (scan, brighter))
    assert other.center == pytest.approx(10 * one.center)
    assert other.width == pytest.approx(10 * one.width)
    assert levels_between(scan, 50.0, 50.0).width > 0
    blank = replace(scan, pixels=np.zeros((4, 4), np.float32))
    assert levels_between(blank, 1.0, 99.0).width > 0
