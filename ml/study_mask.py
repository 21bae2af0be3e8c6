"""What is outlined in a picture or a whole series, as one block."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ml.results import BoolArray
from ml.study import SliceReading

__all__ = ["mask_digest", "segments"]


def mask_digest(slices: Sequence[SliceReading]) -> str:
    """SHA-256 hex digest of all that is outlined, with the slices where it is."""
    digest = hashlib.sha256()
    for one in slices:
        if one.mask is not None:
            digest.update(f"{one.number}:{one.mask.shape}:".encode())
            digest.update(np.packbits(one.mask).tobytes())
    return digest.hexdigest()


def segments(
    outlines: Sequence[Mapping[int, BoolArray]],
    shape: tuple[int, int],
    *,
    places: Sequence[int] = (0,),
    depth: int = 1,
) -> npt.NDArray[np.uint8]:
    """Outlines of a picture or a series put into a block, one segment each; they may overlap.

    Args:
        outlines: [slice from 1] → (H, W) bool, of each segment.
        shape: (rows, columns) of a slice.
        places: where in the block each slice belongs, from 0.
        depth: slices of the block; those that no mask belongs to stay empty.

    Returns:
        (depth, H, W, S), 1 inside.
    """
    block = np.zeros((depth, *shape, len(outlines)), np.uint8)
    for segment, masks in enumerate(outlines):
        for number, mask in masks.items():
            block[places[number - 1], ..., segment] = mask
    return block
