"""What is outlined in a whole series, as one block."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ml.results import BoolArray
from ml.study import SliceReading

__all__ = ["mask_digest", "mask_stack", "segments"]


def mask_stack(
    slices: Sequence[SliceReading],
    shape: tuple[int, int],
    *,
    places: Sequence[int],
    depth: int,
) -> BoolArray:
    """The masks of a series put into a block, each at its place.

    Args:
        slices: of the series, in its order.
        shape: (rows, columns) of each.
        places: where in the block each slice belongs, from 0.
        depth: slices of the block; those that no mask belongs to stay empty.

    Returns:
        (depth, H, W) bool.
    """
    block = np.zeros((depth, *shape), dtype=np.bool_)
    for place, one in zip(places, slices, strict=True):
        if one.mask is not None:
            block[place] = one.mask
    return block


def mask_digest(slices: Sequence[SliceReading]) -> str:
    """SHA-256 hex digest of all that is outlined, with the slices where it is."""
    digest = hashlib.sha256()
    for one in slices:
        if one.mask is not None:
            digest.update(f"{one.number}:{one.mask.shape}:".encode())
            digest.update(np.packbits(one.mask).tobytes())
    return digest.hexdigest()


def segments(masks: Sequence[BoolArray]) -> npt.NDArray[np.uint8]:
    """Outlines (H, W) of one picture as (1, H, W, S), one segment each; they may overlap."""
    return np.stack(masks, axis=-1)[np.newaxis].astype(np.uint8)
