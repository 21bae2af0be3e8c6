"""What a reader draws: runs and masks, sizes as the AI's, and what is refused."""

import zlib
from typing import Any

import numpy as np
import pytest

from ml.drawing import Drawing, mask_of, of_masks, packed, replaced, runs_of, series_size, unpacked
from ml.errors import DrawingError
from ml.inference.measure import measure
from ml.io.series import find_series
from tests.ml.io.series_files import SHAPE, series

EMPTY = Drawing((4, 5), 3)


def block(shape: tuple[int, int] = SHAPE) -> np.ndarray:
    mask = np.zeros(shape, np.bool_)
    mask[10:20, 30:45] = True
    return mask


@pytest.mark.parametrize("seed", range(4))
def test_runs_give_the_mask_back(seed: int) -> None:
    mask = np.random.default_rng(seed).random((4, 5)) < 0.5
    mask[0, 0] = seed % 2 == 0
    runs = runs_of(mask)
    assert np.array_equal(mask_of(runs, mask.shape), mask)
    (drawn,) = replaced(EMPTY, {"2": list(runs)}).slices.values()
    assert drawn == runs


def test_runs_are_lengths_outside_and_inside_in_turn() -> None:
    mask = np.zeros((2, 3), np.bool_)
    mask[0, 2], mask[1, 0] = True, True
    assert runs_of(mask) == (2, 2)
    assert runs_of(~mask) == (0, 2, 2, 2)
    assert runs_of(np.zeros((2, 3), np.bool_)) == ()


def test_an_empty_slice_is_left_out() -> None:
    drawn = replaced(replaced(EMPTY, {"1": [0, 3], "3": [2, 1]}), {"1": []})
    assert dict(drawn.slices) == {3: (2, 1)}


@pytest.mark.parametrize(
    "hostile",
    [
        *(None, [], "1", {"0": [0, 1]}, {"4": [0, 1]}, {"-1": [0, 1]}, {"²": [0, 1]}, {"": []}),
        *({"1": None}, {"1": "0 1"}, {"1": [0, 1.0]}, {"1": [True, 1]}, {"1": [-1, 2]}),
        *({"1": [1]}, {"1": [0, 21]}, {"1": [19, 2]}, {"1": [0, 0]}, {"1": [0, 1, 0, 1]}),
        *({"1": [1, 1] * 40}, {"1": [10**30, 1]}, {"99999999999": [0, 1]}),
        {str(number): [] for number in range(1, 5)},
    ],
)
def test_what_is_no_mask_of_these_slices_is_refused_with_a_sentence(hostile: Any) -> None:
    with pytest.raises(DrawingError, match="not kept"):
        replaced(EMPTY, hostile)


def test_a_drawing_is_stored_compactly_and_comes_back() -> None:
    drawn = of_masks({2: block(), 1: np.zeros(SHAPE, np.bool_)}, volume())
    assert unpacked(packed(drawn)) == drawn
    assert len(packed(drawn)) < SHAPE[0] * SHAPE[1] / 8
    for damaged in (b"", b"no", zlib.compress(b"{}"), zlib.compress(b'{"shape":[1,"a"]}')):
        with pytest.raises(DrawingError):
            unpacked(damaged)


def test_sizes_are_those_of_the_same_mask_of_the_ai() -> None:
    found = volume()
    drawn = of_masks({2: block(), 3: block()}, found)
    assert drawn.measured(2, found.spacing_mm) == measure(block(), found.spacing_mm)
    size = series_size(drawn, found)
    assert found.spacing_mm is not None
    row, column = found.spacing_mm
    assert size.volume_ml == pytest.approx(2 * 150 * row * column * 5.0 / 1000)
    assert size.diameter_mm == drawn.measured(2, found.spacing_mm).diameter_mm
    assert series_size(of_masks({}, found), found).number is None


def test_without_geometry_there_is_no_millimetre() -> None:
    bare = volume(PixelSpacing=None)
    size = series_size(of_masks({2: block()}, bare), bare)
    assert (size.volume_ml, size.diameter_mm) == (None, None)
    assert size.diameter_px


def volume(**changes: Any) -> Any:
    return find_series(series(4, **changes)).series[0].read()
