"""What a picture looks like without any network: where its edges run, and its texture.

Both are taken from the same square of the head that the networks see, at 128 pixels, so that file
format, bit depth and stored size do not matter.

Reference: Dalal and Triggs 2005, doi:10.1109/CVPR.2005.177 (edge directions by cell).
"""

import math
from functools import cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ml.inference.pixel_checks import checks_of_grey
from ml.preprocess import HEAD_LEVEL, Framed, fitted
from ml.results import FloatArray

__all__ = ["edges_and_texture"]

SIDE: Final[int] = 128
CELLS: Final[int] = 8
DIRECTIONS: Final[int] = 8
SHADES: Final[int] = 32
RINGS: Final[int] = 16
"""Rings of spatial frequency, from 3 to 64 waves a picture."""
_FLOOR: Final[float] = 0.05
"""Added to the length of the edge vector: a picture without edges has none, not noise."""
_SHADES_WEIGHT: Final[float] = 3.0


def edges_and_texture(found: Framed) -> tuple[FloatArray, FloatArray]:
    """Two descriptors of a slice, see `ml.preprocess.framed`.

    Returns:
        Edges, (512,) float32: strength of the edges of each direction in each cell, of length 1.
        Texture, (54,) float32: logarithm of the power in each ring of frequency, roots of the
        shares of each shade, and six figures about surroundings and shape.
    """
    grey = found.grey
    square = fitted(found, SIDE).image[0, :, :, 0]
    looks = checks_of_grey(grey)
    frame = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    about = (
        looks.bright,
        math.log(looks.levels + 1.0) / 2.0,
        looks.corners,
        float((frame > HEAD_LEVEL).mean()),
        found.crop.side / max(grey.shape),
        math.log(max(grey.shape) / min(grey.shape)),
    )
    shades = np.histogram(square, SHADES, (0.0, 1.0))[0] / square.size
    texture = [_power(square), _SHADES_WEIGHT * np.sqrt(shades), np.array(about)]
    return _edges(square), np.concatenate(texture).astype(np.float32)


def _edges(square: FloatArray) -> FloatArray:
    """(CELLS · CELLS · DIRECTIONS,) edge strengths of a picture (SIDE, SIDE)."""
    soft = cv2.GaussianBlur(square, (0, 0), 1.0)
    down, across = cv2.Sobel(soft, cv2.CV_32F, 0, 1), cv2.Sobel(soft, cv2.CV_32F, 1, 0)
    strength = np.hypot(across, down)
    turn = np.arctan2(down, across) % np.pi / np.pi * DIRECTIONS
    direction = np.minimum(turn.astype(np.int64), DIRECTIONS - 1)
    size = (CELLS, CELLS)
    maps = [
        cv2.resize(strength * (direction == one), size, interpolation=cv2.INTER_AREA)
        for one in range(DIRECTIONS)
    ]
    found = np.stack(maps, axis=-1).ravel()
    return np.asarray(found / (np.linalg.norm(found) + _FLOOR), np.float32)


def _power(square: FloatArray) -> npt.NDArray[np.float64]:
    """(RINGS,) logarithm of the mean power in each ring."""
    window = np.outer(np.hanning(SIDE), np.hanning(SIDE))
    power = np.abs(np.fft.fft2((square - square.mean()) * window)) ** 2
    rings = _rings()
    sums = np.bincount(rings.ravel(), power.ravel(), RINGS + 2)
    return np.log(sums / np.bincount(rings.ravel(), minlength=RINGS + 2) + 1e-3)[1:-1]


@cache
def _rings() -> npt.NDArray[np.int64]:
    """(SIDE, SIDE) number of each frequency's ring, 0 below the first, RINGS + 1 above the last."""
    waves = np.fft.fftfreq(SIDE, 1.0 / SIDE)
    far = np.hypot(waves[:, None], waves[None])
    return np.asarray(np.digitize(far, np.geomspace(3.0, SIDE / 2.0, RINGS + 1)), np.int64)
