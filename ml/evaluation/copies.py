"""What people do to a picture before they upload it: copies of a training picture, as files.

Each edit gives the bytes of a file, so that a copy takes the whole way of an upload.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ml.datasets.hashing import SYMMETRIES, transform

__all__ = ["AS_PUBLISHED", "EDITED", "KINDS", "SAME_PICTURE", "edits", "eight_bit", "published"]

Gray = npt.NDArray[np.uint8]

CUT: Final[float] = 0.03
"""Share of a side that the cut takes off at every edge."""

AS_PUBLISHED: Final[str] = "as_published"

SAME_PICTURE: Final[Mapping[str, tuple[str, ...]]] = {
    AS_PUBLISHED: (AS_PUBLISHED,),
    "jpeg_90": ("jpeg_90",),
    "jpeg_60": ("jpeg_60",),
    "jpeg_30": ("jpeg_30",),
    "side_128": ("side_128",),
    "side_512": ("side_512",),
    "turned": tuple(f"symmetry_{number}" for number in range(1, SYMMETRIES)),
    "together": ("together",),
}
"""[kind] → its edits, of the kinds that keep the whole picture: the bar is set for these."""

EDITED: Final[Mapping[str, tuple[str, ...]]] = {
    "cut": ("cut",),
    "brighter": ("brighter",),
    "contrast": ("contrast",),
}
"""[kind] → its edits, of the kinds that lose something of the picture."""

KINDS: Final[Mapping[str, tuple[str, ...]]] = {**SAME_PICTURE, **EDITED}


def published(path: Path, pixels: Gray) -> bytes:
    """The file itself where it is a picture file, else its pixels as PNG."""
    return _png(pixels) if path.suffix.lower() == ".mat" else path.read_bytes()


def eight_bit(pixels: npt.NDArray[Any]) -> Gray:
    """Grey levels (H, W) as uint8: a scanner's own units are scaled by their maximum."""
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    grey = np.clip(np.asarray(pixels, np.float32), 0.0, None)
    return np.asarray(grey / max(float(grey.max()), 1e-6) * 255.0, np.uint8)


def edits(pixels: Gray) -> Iterator[tuple[str, bytes]]:
    """Name and file of every edit of a picture (H, W), the published file apart."""
    for name, edit in _EDITS.items():
        yield name, edit(pixels)


def _png(pixels: Gray) -> bytes:
    return _encoded(".png", pixels)


def _jpeg(pixels: Gray, quality: int) -> bytes:
    return _encoded(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))


def _encoded(suffix: str, pixels: Gray, options: tuple[int, ...] = ()) -> bytes:
    done, data = cv2.imencode(suffix, np.ascontiguousarray(pixels), options)
    if not done:
        raise RuntimeError(f"OpenCV could not encode a picture as {suffix}")
    return data.tobytes()


def _square(pixels: Gray, side: int) -> Gray:
    how = cv2.INTER_AREA if max(pixels.shape) > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=how), np.uint8)


def _cut(pixels: Gray) -> Gray:
    rows, columns = (round(CUT * side) for side in pixels.shape)
    return pixels[rows : pixels.shape[0] - rows, columns : pixels.shape[1] - columns]


def _levels(pixels: Gray, factor: float, offset: float) -> Gray:
    return np.asarray(np.clip(factor * pixels.astype(np.float32) + offset, 0, 255), np.uint8)


def _symmetry(pixels: Gray, number: int) -> bytes:
    return _png(transform(pixels, number))


_EDITS: Final[Mapping[str, Callable[[Gray], bytes]]] = {
    "jpeg_90": partial(_jpeg, quality=90),
    "jpeg_60": partial(_jpeg, quality=60),
    "jpeg_30": partial(_jpeg, quality=30),
    "side_128": lambda pixels: _png(_square(pixels, 128)),
    "side_512": lambda pixels: _png(_square(pixels, 512)),
    **{f"symmetry_{number}": partial(_symmetry, number=number) for number in range(1, SYMMETRIES)},
    "together": lambda pixels: _jpeg(_square(transform(pixels, 5), 224), 60),
    "cut": lambda pixels: _png(_cut(pixels)),
    "brighter": lambda pixels: _png(_levels(pixels, 1.2, 15.0)),
    "contrast": lambda pixels: _png(_levels(pixels, 1.3, -18.0)),
}
