"""Augmentation as it stood when the shipped networks were trained; not to be changed.

`ml.training.augment` with its default families has to give these very numbers.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ml.results import FloatArray


@dataclass(frozen=True)
class Ranges:
    """Widths of the random changes at strength 1.

    Attributes:
        rotation_deg: largest rotation either way, degrees.
        scale: largest relative change of size.
        shift: largest shift as a share of the side.
        quarter_turn: chance of a turn by 90, 180 or 270 degrees (copies on the web are turned).
        gamma: largest absolute log2 of the gamma.
        contrast: largest relative change of contrast.
        brightness: largest additive change.
        bias: largest relative change of gain across the picture.
        noise: largest standard deviation of the noise.
        blur_px: largest standard deviation of the blur, pixels of a 160-pixel picture.
    """

    rotation_deg: float = 20.0
    scale: float = 0.15
    shift: float = 0.06
    quarter_turn: float = 0.15
    gamma: float = 0.7
    contrast: float = 0.2
    brightness: float = 0.08
    bias: float = 0.35
    noise: float = 0.04
    blur_px: float = 1.0


def random_affine(
    size: int, rng: np.random.Generator, ranges: Ranges, strength: float
) -> FloatArray:
    """(2, 3) matrix about the centre of a square of side `size` pixels."""
    angle = rng.uniform(-1, 1) * ranges.rotation_deg * strength
    if rng.random() < ranges.quarter_turn * strength:
        angle += 90.0 * int(rng.integers(1, 4))
    scale = 1.0 + rng.uniform(-1, 1) * ranges.scale * strength
    centre = (size - 1) / 2
    matrix = np.array(cv2.getRotationMatrix2D((centre, centre), angle, scale), np.float64)
    matrix[:, 2] += rng.uniform(-1, 1, 2) * ranges.shift * strength * size
    if rng.random() < 0.5:
        matrix = matrix @ np.array([[-1, 0, size - 1], [0, 1, 0], [0, 0, 1]], float)
    return np.asarray(matrix, np.float32)


def warp(image: FloatArray, matrix: FloatArray) -> FloatArray:
    """Move a square picture (S, S) by an affine matrix; zero comes in from outside."""
    size = image.shape[0]
    return np.asarray(
        cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR), np.float32
    )


def bias_field(size: int, rng: np.random.Generator, width: float) -> FloatArray:
    """Smooth multiplicative field (S, S) around 1, a random quadratic surface."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = axis[None, :], axis[:, None]
    a = rng.uniform(-1, 1, 5).astype(np.float32)
    surface = a[0] * x + a[1] * y + a[2] * x * y + a[3] * (x * x - 0.5) + a[4] * (y * y - 0.5)
    field: FloatArray = np.exp(surface * np.float32(width * 0.5)).astype(np.float32)
    return field


def change_levels(
    image: FloatArray, rng: np.random.Generator, ranges: Ranges, strength: float
) -> FloatArray:
    """Grey-level changes of a picture (S, S) in 0..1; the result stays in 0..1."""
    if rng.random() < 0.5:
        image = image * bias_field(image.shape[0], rng, ranges.bias * strength)
    gamma = 2.0 ** (rng.uniform(-1, 1) * ranges.gamma * strength)
    image = np.power(np.clip(image, 0.0, 1.0), np.float32(gamma)).astype(np.float32)
    contrast = 1.0 + rng.uniform(-1, 1) * ranges.contrast * strength
    shift = rng.uniform(-1, 1) * ranges.brightness * strength
    # black stays black: air carries no signal on any scanner
    signal = (image > 0.04).astype(np.float32)
    image = image * np.float32(contrast) + np.float32(shift) * signal
    draw = rng.random()
    if draw < 0.25:
        width = 0.3 + rng.random() * ranges.blur_px * strength * image.shape[0] / 160
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), width), np.float32)
    elif draw < 0.4:
        soft = np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0), np.float32)
        image = image + np.float32(rng.random() * strength) * (image - soft)
    if rng.random() < 0.4:
        level = rng.random() * ranges.noise * strength
        image = image + rng.standard_normal(image.shape, np.float32) * np.float32(level)
    return np.clip(image, 0.0, 1.0).astype(np.float32)


def augment(
    image: FloatArray,
    mask: FloatArray | None,
    rng: np.random.Generator,
    *,
    strength: float = 1.0,
    ranges: Ranges | None = None,
) -> tuple[FloatArray, FloatArray | None]:
    """One random version of a picture and its mask.

    Args:
        image: (S, S) float32 in 0..1.
        mask: (S, S) float32 coverage in 0..1, or None.
        rng: source of every random draw.
        strength: multiplies all ranges; 0 leaves only the mirror.
        ranges: widths at strength 1.

    Returns:
        Picture and mask, both (S, S) float32 in 0..1.
    """
    ranges = ranges or Ranges()
    matrix = random_affine(image.shape[0], rng, ranges, strength)
    image = change_levels(warp(image, matrix), rng, ranges, strength)
    return image, None if mask is None else warp(mask, matrix)
