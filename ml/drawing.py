"""What a reader draws on the slices of a scan or a series: runs of pixels, sizes, what is refused.

A mask is told as runs, row by row: the lengths of alternating stretches outside and inside, the
first one outside (0 where the first pixel is inside). They end with the last pixel inside, so an
empty mask has none. What comes from a browser is checked here before anything is made of it.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from ml.errors import DrawingError
from ml.inference.measure import measure
from ml.results import BoolArray, Measurement, Scan
from ml.study import SliceReading, StudySize, size_of
from ml.volume import Volume

__all__ = [
    "Drawing",
    "Runs",
    "mask_of",
    "of_masks",
    "packed",
    "replaced",
    "runs_of",
    "series_size",
    "unpacked",
]

MOST_BYTES: Final = 64_000_000
"""Of an unpacked drawing; what claims more was not made here."""

Runs = tuple[int, ...]


@dataclass(frozen=True)
class Drawing:
    """The reader's outline on the slices of one scan or series.

    Attributes:
        shape: (rows, columns) of a slice.
        total: slices that there are.
        slices: [number from 1] → runs; slices with nothing on them are left out.
    """

    shape: tuple[int, int]
    total: int
    slices: Mapping[int, Runs] = field(default_factory=dict)

    def mask(self, number: int) -> BoolArray:
        """(H, W) bool of a slice, from 1."""
        return mask_of(self.slices.get(number, ()), self.shape)

    def measured(self, number: int, spacing_mm: tuple[float, float] | None) -> Measurement:
        """Sizes on one slice, by the rules that measure the AI's outline."""
        return measure(self.mask(number), spacing_mm)


def runs_of(mask: BoolArray) -> Runs:
    """The runs of a mask (H, W)."""
    flat = np.concatenate([[False], mask.ravel(), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    return tuple(int(length) for length in np.diff(edges, prepend=0))


def mask_of(runs: Sequence[int], shape: tuple[int, int]) -> BoolArray:
    """The mask (H, W) of runs that were checked."""
    flat = np.zeros(shape[0] * shape[1], np.bool_)
    inside = np.repeat(np.arange(len(runs)) % 2 == 1, np.asarray(runs, np.intp))
    flat[: inside.size] = inside
    return flat.reshape(shape)


def replaced(drawing: Drawing, changed: object) -> Drawing:
    """The drawing with other masks on some slices.

    Args:
        drawing: as it stands.
        changed: what a browser sent: {"number": [run, …]}, an empty list for an empty slice.

    Raises:
        DrawingError: it is of another form, of a slice that is not there, or reaches outside.
    """
    if not isinstance(changed, Mapping) or len(changed) > drawing.total:
        raise DrawingError(
            "What was drawn did not arrive as masks of slices, so it is not kept. Draw it again."
        )
    slices = dict(drawing.slices)
    for name, runs in changed.items():
        number = _number(name, drawing.total)
        slices[number] = _checked(runs, drawing.shape)
    kept = {number: slices[number] for number in sorted(slices) if slices[number]}
    return Drawing(drawing.shape, drawing.total, kept)


def series_size(drawing: Drawing, volume: Volume) -> StudySize:
    """Volume and longest diameter of what is drawn, by the rules for the AI's outlines.

    Its `band_ml` says nothing: there is no threshold to vary.
    """
    if not drawing.slices:
        return StudySize(None, None, None, None, None)
    return size_of([_reading(drawing, one, volume) for one in drawing.slices], volume)


def packed(drawing: Drawing) -> bytes:
    """A drawing as it is stored: shape, slices and runs, compressed."""
    runs = {str(number): list(one) for number, one in drawing.slices.items()}
    content = {"shape": drawing.shape, "total": drawing.total, "slices": runs}
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 9)


def unpacked(data: bytes) -> Drawing:
    """What `packed` made.

    Raises:
        DrawingError: the bytes are damaged.
    """
    try:
        text = zlib.decompressobj().decompress(data, MOST_BYTES)
        content: dict[str, Any] = json.loads(text)
        rows, columns = (int(side) for side in content["shape"])
        empty = Drawing((rows, columns), int(content["total"]))
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise DrawingError(
            "A stored drawing is damaged and cannot be shown. Draw it again, or restore the "
            "database from a copy."
        ) from error
    return replaced(empty, content.get("slices"))


def of_masks(masks: Mapping[int, BoolArray], decoded: Scan | Volume) -> Drawing:
    """A drawing that starts from masks.

    Args:
        masks: [number from 1] → (H, W) bool.
        decoded: what it is drawn on.
    """
    first, total = (
        (decoded, 1) if isinstance(decoded, Scan) else (decoded.slices[0], len(decoded.slices))
    )
    kept = {number: runs_of(mask) for number, mask in sorted(masks.items()) if mask.any()}
    return Drawing(first.shape, total, kept)


def _reading(drawing: Drawing, number: int, volume: Volume) -> SliceReading:
    sizes = drawing.measured(number, volume.spacing_mm)
    return SliceReading(
        number=number,
        area_px=sizes.area_px,
        area_mm2=sizes.area_mm2,
        diameter_px=sizes.diameter_px,
        diameter_mm=sizes.diameter_mm,
    )


def _number(name: object, total: int) -> int:
    """A slice's number, from 1."""
    text = str(name)
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and 1 <= int(text) <= total):
        raise DrawingError(
            f"What was drawn is on a slice that is not there; there are slices 1 to {total}. It is "
            "not kept: open the scan again and draw it again."
        )
    return int(text)


def _checked(runs: object, shape: tuple[int, int]) -> Runs:
    """Runs that are what this module writes, and lie within a slice."""
    pixels = shape[0] * shape[1]
    if not isinstance(runs, list) or len(runs) > pixels + 1 or not all(map(_count, runs)):
        raise DrawingError(
            "What was drawn is not a mask of whole pixels, so it is not kept. Draw it again."
        )
    if len(runs) % 2 or 0 in runs[1:] or sum(runs) > pixels:
        raise DrawingError(
            f"What was drawn does not fit a slice of {shape[1]} × {shape[0]} pixels, so it is not "
            "kept. Open the scan again and draw it again."
        )
    return tuple(runs)


def _count(value: object) -> bool:
    """Whether a value is a whole number from 0, and no truth value."""
    return type(value) is int and value >= 0
