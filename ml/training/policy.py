"""RandAugment: a few families drawn at random, all at one magnitude.

Two numbers instead of a width for every family, so that a small grid on validation tunes it.

Reference: Cubuk et al. 2020, arXiv:1909.13719.
"""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from ml.changes import (
    bias_surface,
    blur,
    erase,
    gamma_contrast,
    recompress,
    sharpen,
    smooth_displacement,
    warp,
)
from ml.results import FloatArray
from ml.training.augment import BEST_QUALITY, KNOTS, Ranges

Pair = tuple[FloatArray, FloatArray | None]
"""Picture and mask."""
Change = Callable[[FloatArray, FloatArray | None, np.random.Generator, float], Pair]
"""Picture, mask, generator, magnitude → picture and mask."""

WIDTHS: Final = Ranges()


def _sign(rng: np.random.Generator, count: int = 1) -> FloatArray:
    """`count` values, each −1 or 1."""
    return np.asarray(rng.integers(0, 2, count) * 2 - 1, np.float32)


def _matrix(size: int, angle: float, scale: float = 1.0) -> FloatArray:
    centre = (size - 1) / 2
    return np.array(cv2.getRotationMatrix2D((centre, centre), angle, scale), np.float32)


def _move(
    image: FloatArray,
    mask: FloatArray | None,
    matrix: FloatArray,
    bend: FloatArray | None = None,
) -> Pair:
    return warp(image, matrix, bend), None if mask is None else warp(mask, matrix, bend)


def _quarter_turn(
    image: FloatArray, mask: FloatArray | None, rng: np.random.Generator, _magnitude: float
) -> Pair:
    return _move(image, mask, _matrix(image.shape[0], 90.0 * int(rng.integers(1, 4))))


def _affine(
    image: FloatArray, mask: FloatArray | None, rng: np.random.Generator, magnitude: float
) -> Pair:
    size, sign = image.shape[0], _sign(rng, 4) * magnitude
    scale = 1.0 + float(sign[1]) * WIDTHS.scale
    matrix = _matrix(size, float(sign[0]) * WIDTHS.rotation_deg, scale)
    matrix[:, 2] += sign[2:] * WIDTHS.shift * size
    return _move(image, mask, matrix)


def _elastic(
    image: FloatArray, mask: FloatArray | None, rng: np.random.Generator, magnitude: float
) -> Pair:
    size = image.shape[0]
    coarse = rng.uniform(-1, 1, (KNOTS, KNOTS, 2)).astype(np.float32)
    bend = smooth_displacement(coarse, size, WIDTHS.elastic * magnitude * size)
    return _move(image, mask, _matrix(size, 0.0), bend)


def _bias(
    image: FloatArray, mask: FloatArray | None, rng: np.random.Generator, magnitude: float
) -> Pair:
    field = bias_surface(_sign(rng, 5), image.shape[0], WIDTHS.bias * magnitude)
    return image * field, mask


def _gamma_contrast(
    image: FloatArray, mask: FloatArray | None, rng: np.random.Generator, magnitude: float
) -> Pair:
    gamma, contrast, brightness = (float(v) * magnitude for v in _sign(rng, 3))
    changed = gamma_contrast(
        image,
        gamma=2.0 ** (gamma * WIDTHS.gamma),
        contrast=1.0 + contrast * WIDTHS.contrast,
        brightness=brightness * WIDTHS.brightness,
    )
    return changed, mask


def _blur_sharpen(
    image: FloatArray, mask: FloatArray | None, rng: np.random.Generator, magnitude: float
) -> Pair:
    if rng.random() < 0.5:
        return sharpen(image, magnitude), mask
    return blur(image, 0.3 + WIDTHS.blur_px * magnitude * image.shape[0] / 160), mask


def _noise(
    image: FloatArray, mask: FloatArray | None, rng: np.random.Generator, magnitude: float
) -> Pair:
    grain = rng.standard_normal(image.shape, np.float32)
    return image + grain * np.float32(WIDTHS.noise * magnitude), mask


def _compression(
    image: FloatArray, mask: FloatArray | None, _rng: np.random.Generator, magnitude: float
) -> Pair:
    quality = max(5, round(BEST_QUALITY - WIDTHS.jpeg * magnitude))
    return recompress(image, factor=1.0 + WIDTHS.downsample * magnitude, quality=quality), mask


def _cutout(
    image: FloatArray, mask: FloatArray | None, rng: np.random.Generator, magnitude: float
) -> Pair:
    size = image.shape[0]
    row, column = (float(v) * size for v in rng.random(2))
    side_px = WIDTHS.cutout * magnitude * size
    changed = erase(image, mask, centre=(row, column), side_px=side_px) if side_px >= 1 else image
    return changed, mask


CHANGES: Final[dict[str, Change]] = {
    "quarter_turn": _quarter_turn,
    "affine": _affine,
    "elastic": _elastic,
    "bias": _bias,
    "gamma_contrast": _gamma_contrast,
    "blur_sharpen": _blur_sharpen,
    "noise": _noise,
    "compression": _compression,
    "cutout": _cutout,
}
"""[family of `ml.training.augment.Families`] → the change at a given magnitude."""


def rand_augment(
    image: FloatArray,
    mask: FloatArray | None,
    rng: np.random.Generator,
    *,
    n: int = 2,
    magnitude: float = 0.5,
) -> Pair:
    """One version of a picture: mirrored or not, then `n` families one after the other.

    Families are drawn with replacement and each takes the full width of `Ranges` times the
    magnitude, its direction drawn. As in the paper, the mirror belongs to the base and not to
    what is drawn.

    Args:
        image: (S, S) float32 in 0..1.
        mask: (S, S) float32 coverage in 0..1, or None.
        rng: source of every random draw.
        n: number of families, >= 0.
        magnitude: 0 (hardly any change) to 1 (the widths of `Ranges`); above is allowed.

    Returns:
        Picture and mask, both (S, S) float32 in 0..1.

    Raises:
        ValueError: a negative number or magnitude.
    """
    if n < 0 or magnitude < 0:
        raise ValueError(f"RandAugment wants n and magnitude of 0 or more, not {n}, {magnitude}")
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        mask = None if mask is None else np.ascontiguousarray(mask[:, ::-1])
    names = list(CHANGES)
    for index in rng.integers(0, len(names), n):
        image, mask = CHANGES[names[int(index)]](image, mask, rng, magnitude)
        image = np.clip(image, 0.0, 1.0).astype(np.float32)
    return image, mask
