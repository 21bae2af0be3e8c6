"""Simulated heads, prepared as pictures of the data sets are; drawn once a run of the tests."""

from functools import cache

import numpy as np

from ml.phantom import draw
from ml.preprocess import prepare, prepare_mask

SIDE = 112


@cache
def _head(label: str, seed: int, plane: str) -> tuple[np.ndarray, np.ndarray]:
    drawn = draw(label, seed=seed, size=160, plane=plane)
    ready = prepare(drawn.pixels, SIDE)
    return ready.image[0, :, :, 0], prepare_mask(drawn.mask, ready.crop, SIDE)


def head(label: str, seed: int = 1, plane: str = "axial") -> tuple[np.ndarray, np.ndarray]:
    """Picture and mask, (SIDE, SIDE) float32; the caller may change them."""
    image, mask = _head(label, seed, plane)
    return image.copy(), mask.copy()
