"""Letters of slices that are files of their own: only where the header has them."""

from typing import Any

import numpy as np
import pytest

from ml.corruptions import corrupted
from ml.io import kept, read_scan
from ml.phantom import draw, to_dicom, to_png
from ml.results import Scan
from ml.volume import Letters
from tests.ml.io.pictures import dicom, ramp
from tests.ml.io.series_files import AXIAL, CORONAL, SAGITTAL


def single(orientation: Any, stored: Any = None) -> Scan:
    return read_scan(dicom(stored, ImageOrientationPatient=orientation))


@pytest.mark.parametrize(
    ("orientation", "letters"),
    [
        (AXIAL, Letters("R", "L", "A", "P")),
        (CORONAL, Letters("R", "L", "H", "F")),
        (SAGITTAL, Letters("A", "P", "H", "F")),
        ((0.8, 0.6, 0.0, -0.6, 0.8, 0.0), Letters("RA", "LP", "AL", "PR")),
    ],
)
def test_a_single_slice_has_the_letters_of_its_header(orientation: Any, letters: Letters) -> None:
    assert single(list(orientation)).letters == letters


def test_a_mirrored_copy_moves_the_letters() -> None:
    stored = ramp(top=4095).astype(np.uint16)
    plain, mirrored = single(list(AXIAL), stored), single([-1, 0, 0, 0, 1, 0], stored[:, ::-1])
    np.testing.assert_array_equal(mirrored.pixels, plain.pixels[:, ::-1])
    assert mirrored.letters == Letters("L", "R", "A", "P")


@pytest.mark.parametrize(
    "orientation", [None, [1, 0, 0], [1, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 1, 0]]
)
def test_what_is_no_orientation_is_none(orientation: Any) -> None:
    scan = single(orientation)
    assert scan.orientation is None
    assert scan.letters is None


def test_a_png_of_the_same_picture_has_none() -> None:
    phantom = draw("glioma", seed=5, size=128)
    assert read_scan(to_dicom(phantom)).letters == Letters("R", "L", "A", "P")
    assert read_scan(to_png(phantom)).letters is None


def test_a_kept_picture_keeps_its_letters_and_a_corrupted_copy_has_none() -> None:
    for scan in (single(list(CORONAL)), single(None)):
        back = kept.unpack(kept.pack(scan), scan.content_hash)
        np.testing.assert_array_equal(back.pixels, scan.pixels)
        assert (back.orientation, back.spacing_mm) == (scan.orientation, scan.spacing_mm)
    assert corrupted(single(list(AXIAL)), "noise", strength=1).letters is None
