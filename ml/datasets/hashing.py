"""Perceptual hashes of slices and the search for pairs that may show the same slice.

Steps for one picture:
    1. two views: the whole frame, and the head's tight bounding box stretched to a square
       (a copy with another border, crop or aspect keeps its head box);
    2. each view area-averaged to 64×64, 2-D DCT, the 16×16 lowest frequencies;
    3. one bit a coefficient: above the median of the 255 coefficients without the mean;
    4. the same bits for the other seven rotations and mirrors: a mirror flips the sign of odd
       frequencies and a transpose swaps the axes, so no picture is drawn again.

The distance of two pictures is the smallest Hamming distance (0..256) over both views and all
eight symmetries of the first. A hash proposes pairs; `ml.datasets.alignment` decides.

Reference: C. Zauner 2010, "Implementation and benchmarking of perceptual image hash functions".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ml.results import FloatArray

__all__ = [
    "BITS",
    "MAX_DISTANCE",
    "SYMMETRIES",
    "VIEWS",
    "Candidates",
    "find_candidates",
    "hamming",
    "hash_view",
    "hash_views",
    "search",
    "transform",
    "views",
]

HashArray = npt.NDArray[np.uint64]
IntArray = npt.NDArray[np.int64]

SYMMETRIES: Final[int] = 8
"""Rotations by a quarter turn and mirrors of a square; number 0 leaves a picture alone."""

VIEWS: Final[tuple[str, ...]] = ("frame", "head")
"""What is hashed of every picture."""

VIEW_SIDE: Final[int] = 128
"""Side of both stored views, pixels."""

BITS: Final[int] = 256
"""Length of one hash."""

MAX_DISTANCE: Final[int] = 64
"""Pairs farther apart are not looked at. On the four public sets every pair beyond 64 scored
under 0.90 in the second look (a brute-force comparison of all pairs on another feature), while
sharpened and re-contrasted copies were found up to 60."""

_SIDE: Final[int] = 64
_LOW: Final[int] = 16
_HEAD_LEVEL: Final[float] = 0.10
_MIN_HEAD_SHARE: Final[float] = 0.08


@dataclass(frozen=True)
class Candidates:
    """Pairs of pictures close by hash, the nearest first.

    Attributes:
        first: (K,) int64, position of one picture.
        second: (K,) int64, position of the other, > `first`.
        symmetry: (K,) int64, 0..7, see `transform`: turns `first` onto `second`.
        distance: (K,) int64 Hamming distance, 0..256, the smaller of the two views.
    """

    first: IntArray
    second: IntArray
    symmetry: IntArray
    distance: IntArray

    def __len__(self) -> int:
        return len(self.first)


def transform(pictures: npt.NDArray[Any], symmetry: int) -> npt.NDArray[Any]:
    """One of the eight symmetries on the last two axes of (…, S, S): a view, not a copy.

    Bit 2 of `symmetry` transposes first, bit 1 then mirrors up-down, bit 0 left-right.
    """
    if symmetry & 4:
        pictures = pictures.swapaxes(-1, -2)
    if symmetry & 2:
        pictures = pictures[..., ::-1, :]
    if symmetry & 1:
        pictures = pictures[..., :, ::-1]
    return pictures


def views(pixels: npt.NDArray[Any]) -> FloatArray:
    """Whole frame and head box of a slice (H, W) of any range → (2, 128, 128) float32.

    Grey levels are scaled by the picture's 0.5 and 99.5 percentiles, not clipped. The box is
    the tight one of the largest bright component and is *stretched* to a square; it is kept
    apart from the networks' preprocessing so that hashes stay when that changes.
    """
    found = np.asarray(pixels)
    if found.dtype != np.uint8:  # a byte is never NaN, and its percentiles are found sooner
        found = np.nan_to_num(found.astype(np.float32))
    low, high = np.percentile(found, [0.5, 99.5])
    grey = (found - np.float32(low)) / np.float32(max(high - low, 1e-6))
    top, left, bottom, right = _head_box(grey)
    return np.stack([_square(grey), _square(grey[top:bottom, left:right])])


def hash_view(view: npt.NDArray[Any]) -> HashArray:
    """Hash of one view (S, S) under the eight symmetries → (8, 4) uint64.

    Row g is the hash of `transform(view, g)`.
    """
    small = cv2.resize(view.astype(np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small)[:_LOW, :_LOW].copy()
    odd = np.where(np.arange(_LOW) % 2, -1.0, 1.0).astype(np.float32)
    blocks = np.stack([low] * 4 + [low.T] * 4).astype(np.float32)
    blocks[[2, 3, 6, 7]] *= odd[:, None]
    blocks[1::2] *= odd
    flat = blocks.reshape(SYMMETRIES, BITS)
    above = flat > np.median(flat[:, 1:], axis=1, keepdims=True)
    return np.packbits(above, axis=1).view(np.uint64)


def hash_views(pair: FloatArray) -> HashArray:
    """Hashes of both views (2, S, S) → (2, 8, 4) uint64."""
    return np.stack([hash_view(view) for view in pair])


def hamming(hashes: HashArray, words: Sequence[HashArray]) -> npt.NDArray[np.uint16]:
    """Number of different bits between every two hashes.

    Args:
        hashes: (M, 4) uint64.
        words: the N other hashes word by word, 4 arrays (N,) uint64.

    Returns:
        (M, N) uint16, 0..256.
    """
    distance = np.zeros((len(hashes), len(words[0])), dtype=np.uint16)
    for w, word in enumerate(words):
        distance += np.bitwise_count(hashes[:, w, None] ^ word)
    return distance


def search(hashes: HashArray, max_distance: int, *, block: int = 64) -> Candidates:
    """All pairs of one view within `max_distance`, every picture against every later one.

    Args:
        hashes: (N, 8, 4) uint64.
        max_distance: largest Hamming distance kept.
        block: rows compared at once; bounds the memory at about `block` × N × 8 bytes.

    Returns:
        Pairs with the symmetry of the smallest distance, in order of (first, second).
    """
    count = len(hashes)
    words = [np.ascontiguousarray(hashes[:, 0, w]) for w in range(hashes.shape[2])]
    found: list[IntArray] = []
    for start in range(0, count, block):
        stop = min(start + block, count)
        # distance and symmetry in one number: of equal distances the lowest symmetry stays
        best = np.full((stop - start, count - start), (BITS + 1) * SYMMETRIES, dtype=np.uint16)
        for symmetry in range(SYMMETRIES):
            distance = hamming(hashes[start:stop, symmetry], [word[start:] for word in words])
            np.minimum(best, distance * SYMMETRIES + symmetry, out=best)
        row, column = np.nonzero(best < (max_distance + 1) * SYMMETRIES)
        later = column > row
        row, column = row[later], column[later]
        distance, symmetry_of = np.divmod(best[row, column], SYMMETRIES)
        found.append(
            np.stack([row + start, column + start, symmetry_of, distance]).astype(np.int64)
        )
    table = np.concatenate(found, axis=1) if found else np.empty((4, 0), dtype=np.int64)
    return Candidates(*table)


def find_candidates(hashes: HashArray, max_distance: int = MAX_DISTANCE) -> Candidates:
    """Pairs close in either view, nearest first; a pair may appear with two symmetries.

    Args:
        hashes: (N, 2, 8, 4) uint64 of `hash_views`.
        max_distance: largest Hamming distance kept.
    """
    parts = [search(np.ascontiguousarray(hashes[:, v]), max_distance) for v in range(len(VIEWS))]
    table = np.concatenate([[p.distance, p.first, p.second, p.symmetry] for p in parts], axis=1)
    # Nearest first, then drop the second mention of the same (first, second, symmetry).
    table = table[:, np.lexsort(table[::-1])]
    _, once = np.unique(table[1:], axis=1, return_index=True)
    distance, first, second, symmetry = table[:, np.sort(once)]
    return Candidates(first, second, symmetry, distance)


def _square(grey: FloatArray) -> FloatArray:
    shrink = min(grey.shape) > VIEW_SIDE
    how = cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (VIEW_SIDE, VIEW_SIDE), interpolation=how), np.float32)


def _head_box(grey: FloatArray) -> tuple[int, int, int, int]:
    rows, columns = grey.shape
    bright = (grey > _HEAD_LEVEL).astype(np.uint8)
    reach = max(3, round(0.01 * max(rows, columns)) | 1)
    opened = cv2.morphologyEx(bright, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    if count > 1:
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        left, top, width, height = (int(v) for v in stats[largest, :4])
        if width * height >= _MIN_HEAD_SHARE * rows * columns:
            return top, left, top + height, left + width
    return 0, 0, rows, columns
