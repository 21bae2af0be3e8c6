"""On which side an outline lies: only where the header says which side is which."""

from dataclasses import replace

import numpy as np
import pytest

from ml.inference.measure import measure
from ml.inference.side import side_of
from ml.results import Analysis
from ml.volume import Orientation
from tests.app import fakes
from tests.app.readings import reading

AXIAL = Orientation((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
MIRRORED = Orientation((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
TURNED = Orientation((0.0, 1.0, 0.0), (-1.0, 0.0, 0.0))
SAGITTAL = Orientation((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))


def read_with(orientation: Orientation | None, *, row: int = 64, column: int = 64) -> Analysis:
    """A drawn head of 128 pixels with a small outline."""
    mask = np.zeros((128, 128), np.bool_)
    mask[row - 2 : row + 3, column - 2 : column + 3] = True
    read = reading()
    pixels = fakes.head(lesion=False, side=128).astype(np.float32)
    return replace(
        read,
        scan=replace(read.scan, pixels=pixels, orientation=orientation),
        segmentation=replace(read.segmentation, mask=mask, measurement=measure(mask, None)),
    )


@pytest.mark.parametrize(
    ("orientation", "column", "side"),
    [
        (AXIAL, 90, "left"),
        (AXIAL, 40, "right"),
        (AXIAL, 65, "middle"),
        (MIRRORED, 90, "right"),
        (MIRRORED, 40, "left"),
        (SAGITTAL, 90, None),
        (None, 90, None),
    ],
)
def test_side_by_the_letters(orientation: Orientation | None, column: int, side: str) -> None:
    assert side_of(read_with(orientation, column=column)) == side


def test_a_picture_that_is_turned_is_told_along_its_rows() -> None:
    assert side_of(read_with(TURNED, row=90)) == "right"
    assert side_of(read_with(TURNED, row=40)) == "left"


def test_nothing_outlined_has_no_side() -> None:
    read = read_with(AXIAL)
    empty = np.zeros((128, 128), np.bool_)
    nothing = replace(read.segmentation, mask=empty, measurement=measure(empty, None))
    assert side_of(replace(read, segmentation=nothing)) is None
