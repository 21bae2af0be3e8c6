"""Scan → network input: the one function that training and reading share, so they cannot drift.

Steps, in order:
    1. grey levels to 0..1 between the 0.5 and 99.5 percentile of the picture;
    2. the head's bounding box (largest bright component), squared, with a small margin;
    3. crop (zero outside the picture) and resize to the network's side.

Nothing here knows the display window, the file format or the label.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ml.results import BoolArray, FloatArray

LOW_PERCENTILE = 0.5
HIGH_PERCENTILE = 99.5
HEAD_LEVEL = 0.10
"""A pixel brighter than this share of the range may belong to the head."""
MARGIN = 0.03
"""Free border left around the head, as a share of the longer side of its box."""
MIN_HEAD_SHARE = 0.08
"""A head box smaller than this share of the picture is not believed; the whole picture is used."""


@dataclass(frozen=True)
class Crop:
    """A square on the scan's pixel grid; may reach outside the picture, which counts as zero.

    Attributes:
        top: row of its upper edge, pixels.
        left: column of its left edge, pixels.
        side: length of its side, pixels, >= 1.
    """

    top: int
    left: int
    side: int


@dataclass(frozen=True)
class Framed:
    """A scan as every network's input is cut from it.

    Attributes:
        grey: (H, W) float32 in 0..1, see `normalise`.
        crop: the head, see `head_box`.
    """

    grey: FloatArray
    crop: Crop


@dataclass(frozen=True)
class Prepared:
    """One scan ready for a network.

    Attributes:
        image: (1, S, S, 1) float32 in 0..1.
        crop: where the square lies on the scan.
    """

    image: FloatArray
    crop: Crop


def normalise(pixels: npt.NDArray[Any]) -> FloatArray:
    """Grey levels (H, W) of any range → float32 in 0..1 by robust percentiles.

    A picture without contrast becomes all zero. Non-finite values count as the lowest level.
    """
    grey = np.asarray(pixels, dtype=np.float32)
    finite = np.isfinite(grey)
    if not finite.all():
        lowest = float(grey[finite].min()) if finite.any() else 0.0
        grey = np.where(finite, grey, np.float32(lowest))
    low, high = np.percentile(grey, [LOW_PERCENTILE, HIGH_PERCENTILE])
    if not high > low:
        return np.zeros(grey.shape, np.float32)
    scaled: FloatArray = np.clip((grey - low) / (high - low), 0.0, 1.0).astype(np.float32)
    return scaled


def head_box(normalised: FloatArray) -> Crop:
    """Square around the largest bright component of a picture (H, W) in 0..1.

    Falls back on the whole picture, squared, when no component is large enough to be a head.
    """
    rows, columns = normalised.shape
    bright = (normalised > HEAD_LEVEL).astype(np.uint8)
    reach = max(3, round(0.01 * max(rows, columns)) | 1)
    opened = cv2.morphologyEx(bright, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    left, top, width, height = 0, 0, columns, rows
    if count > 1:
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        box = [int(v) for v in stats[largest, :4]]
        if box[2] * box[3] >= MIN_HEAD_SHARE * rows * columns:
            left, top, width, height = box
    side = max(1, round(max(width, height) * (1.0 + 2.0 * MARGIN)))
    return Crop(
        top=round(top + height / 2 - side / 2), left=round(left + width / 2 - side / 2), side=side
    )


def cut(image: npt.NDArray[Any], crop: Crop) -> npt.NDArray[Any]:
    """Square (side, side) of a picture (H, W), zero where it reaches outside."""
    out = np.zeros((crop.side, crop.side), image.dtype)
    rows, columns = image.shape
    top, left = max(crop.top, 0), max(crop.left, 0)
    bottom, right = min(crop.top + crop.side, rows), min(crop.left + crop.side, columns)
    if bottom > top and right > left:
        out[top - crop.top : bottom - crop.top, left - crop.left : right - crop.left] = image[
            top:bottom, left:right
        ]
    return out


def resize(image: FloatArray, size: int) -> FloatArray:
    """Square picture → (size, size); area averaging when it shrinks, bilinear when it grows."""
    how = cv2.INTER_AREA if size < image.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size, size), interpolation=how), np.float32)


def prepare(pixels: npt.NDArray[Any], size: int) -> Prepared:
    """The whole way from grey levels (H, W) to a network's input of side `size` pixels."""
    return fitted(framed(pixels), size)


def framed(pixels: npt.NDArray[Any]) -> Framed:
    """The part of the way that all sizes of input share, from grey levels (H, W) on."""
    grey = normalise(pixels)
    return Framed(grey, head_box(grey))


def fitted(found: Framed, size: int) -> Prepared:
    """The rest of the way, to an input of side `size` pixels."""
    image = resize(np.asarray(cut(found.grey, found.crop), np.float32), size)
    return Prepared(image=np.clip(image, 0.0, 1.0)[None, :, :, None], crop=found.crop)


def prepare_mask(mask: BoolArray, crop: Crop, size: int) -> FloatArray:
    """Tumour mask (H, W) → (size, size) float32 coverage in 0..1 on the same crop as its scan."""
    return resize(np.asarray(cut(mask.astype(np.float32), crop), np.float32), size)


def to_scan(values: npt.NDArray[Any], crop: Crop, shape: tuple[int, int]) -> FloatArray:
    """Network map (h, w) → (H, W) float32 on the scan's pixels, bilinear, zero outside the crop."""
    big = cv2.resize(
        np.asarray(values, np.float32), (crop.side, crop.side), interpolation=cv2.INTER_LINEAR
    )
    out = np.zeros(shape, np.float32)
    rows, columns = shape
    top, left = max(crop.top, 0), max(crop.left, 0)
    bottom, right = min(crop.top + crop.side, rows), min(crop.left + crop.side, columns)
    if bottom > top and right > left:
        out[top:bottom, left:right] = big[
            top - crop.top : bottom - crop.top, left - crop.left : right - crop.left
        ]
    return out
