"""The simulated series: one stack, in the order of its positions, with the tumour where it is."""

import json
from functools import cache

import numpy as np
import pydicom
import pytest

from ml.io.series import find_series
from ml.phantom import stack
from ml.volume import Volume
from tests.ml.test_phantom import SAMPLES_FOLDER

COMMITTED = SAMPLES_FOLDER / stack.FILE


@cache
def volume() -> Volume:
    found = find_series([COMMITTED.read_bytes()])
    assert found.left_out == ()
    (series,) = found.series
    assert series.slices == stack.SLICES
    return series.read()


def test_the_committed_series_is_small_and_simulated() -> None:
    assert COMMITTED.stat().st_size <= 2**20
    assert all(one.simulated for one in volume().slices)


def test_it_has_the_geometry_that_the_index_states() -> None:
    index = json.loads((SAMPLES_FOLDER / "index.json").read_text(encoding="utf-8"))["series"]
    assert index == stack.record()
    assert volume().slice_distance_mm == pytest.approx(index["slice_distance_mm"])
    assert volume().letters is not None
    heights = [place[2] for place in volume().positions_mm or ()]
    assert heights == sorted(heights)


def test_positions_run_against_the_instance_numbers() -> None:
    """Slices two below and two above the middle are cut through the ball alike, the ends not."""
    pixels = [one.pixels for one in volume().slices]
    first, last = stack.record()["tumour_slices"]
    assert not np.array_equal(pixels[0], pixels[first - 1])
    np.testing.assert_array_equal(pixels[first - 1], pixels[last - 1])


def test_one_slice_is_drawn_again_as_it_was_committed() -> None:
    files = find_series([COMMITTED.read_bytes()]).series[0].files
    committed = {pydicom.dcmread(_open(data)).InstanceNumber: data for data in files.values()}
    assert sorted(committed) == list(range(1, stack.SLICES + 1))
    kept, drawn = (pydicom.dcmread(_open(data)) for data in (committed[9], stack.slice_of(1)))
    assert kept.SOPInstanceUID == drawn.SOPInstanceUID
    assert kept.ImagePositionPatient == drawn.ImagePositionPatient
    assert np.abs(kept.pixel_array.astype(int) - drawn.pixel_array).max() <= 16


def _open(data: bytes) -> "pydicom.filebase.DicomBytesIO":
    return pydicom.filebase.DicomBytesIO(data)


def test_the_archive_has_no_clock_in_it() -> None:
    assert stack.zipped([b"one", b"two"]) == stack.zipped([b"one", b"two"])
