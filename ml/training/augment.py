"""Augmentation that fits MRI: what differs between scanners, positioning and copies.

Order: geometry (mirror, quarter turn, affine, elastic) → bias field → gamma and contrast → blur
or sharpening → noise → re-encoding → cutout. Geometry moves picture and mask together.

Every family can be left out to measure what it gives. A family that is left out still draws its
random numbers, and every extra family draws from a stream of its own, so that of two runs with
the same seed every other family does the same.
"""

from dataclasses import dataclass, fields, replace

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

__all__ = ["Families", "Ranges", "augment", "bias_field", "random_affine", "warp"]

BEST_QUALITY = 95
"""JPEG quality of a copy at strength 0."""
KNOTS = 5
"""Vectors on a side of the grid that an elastic change is drawn on: smooth over a fifth."""


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
        elastic: largest elastic displacement along an axis as a share of the side.
        downsample: largest loss of resolution of a re-encoded copy, a factor minus 1.
        jpeg: largest loss of JPEG quality below `BEST_QUALITY`.
        cutout: largest side of the erased square as a share of the picture's.
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
    elastic: float = 0.015
    downsample: float = 0.8
    jpeg: float = 55.0
    cutout: float = 0.18


@dataclass(frozen=True)
class Families:
    """Which kinds of change take part; as it stands, those of the shipped networks' recipe.

    Attributes:
        mirror: left and right exchanged.
        quarter_turn: turns by 90, 180 or 270 degrees.
        affine: rotation, scale and shift.
        bias: smooth gain across the picture.
        gamma_contrast: gamma, contrast and brightness.
        blur_sharpen: softer or sharper.
        noise: Gaussian noise.
        elastic: gentle local deformation.
        compression: loss of resolution and JPEG blocks, as in re-encoded copies.
        cutout: a small square erased.
    """

    mirror: bool = True
    quarter_turn: bool = True
    affine: bool = True
    bias: bool = True
    gamma_contrast: bool = True
    blur_sharpen: bool = True
    noise: bool = True
    elastic: bool = False
    compression: bool = False
    cutout: bool = False

    @property
    def extras(self) -> bool:
        """Whether any family beyond the shipped recipe's takes part."""
        return self.elastic or self.compression or self.cutout

    def without(self, name: str) -> "Families":
        """The same with one family left out.

        Raises:
            ValueError: there is no such family.
        """
        return self._with(name, False)

    def including(self, name: str) -> "Families":
        """The same with one family added.

        Raises:
            ValueError: there is no such family.
        """
        return self._with(name, True)

    def _with(self, name: str, value: bool) -> "Families":
        names = [field.name for field in fields(self)]
        if name not in names:
            raise ValueError(f"no augmentation family {name!r}; there are {', '.join(names)}")
        return replace(self, **{name: value})


RECIPE = Families()
"""The families of the shipped networks."""


def random_affine(
    size: int,
    rng: np.random.Generator,
    ranges: Ranges,
    strength: float,
    *,
    families: Families = RECIPE,
) -> FloatArray:
    """(2, 3) matrix about the centre of a square of side `size` pixels."""
    amount = strength if families.affine else 0.0
    angle = rng.uniform(-1, 1) * ranges.rotation_deg * amount
    if rng.random() < ranges.quarter_turn * strength:
        turns = int(rng.integers(1, 4))
        angle += 90.0 * turns if families.quarter_turn else 0.0
    scale = 1.0 + rng.uniform(-1, 1) * ranges.scale * amount
    centre = (size - 1) / 2
    matrix = np.array(cv2.getRotationMatrix2D((centre, centre), angle, scale), np.float64)
    matrix[:, 2] += rng.uniform(-1, 1, 2) * ranges.shift * amount * size
    if rng.random() < 0.5 and families.mirror:
        matrix = matrix @ np.array([[-1, 0, size - 1], [0, 1, 0], [0, 0, 1]], float)
    return np.asarray(matrix, np.float32)


def bias_field(size: int, rng: np.random.Generator, width: float) -> FloatArray:
    """Smooth multiplicative field (S, S) around 1, a random quadratic surface."""
    return bias_surface(rng.uniform(-1, 1, 5).astype(np.float32), size, width)


def change_levels(
    image: FloatArray,
    rng: np.random.Generator,
    ranges: Ranges,
    strength: float,
    *,
    families: Families = RECIPE,
) -> FloatArray:
    """Grey-level changes of a picture (S, S) in 0..1; the result stays in 0..1."""
    if rng.random() < 0.5:
        field = bias_field(image.shape[0], rng, ranges.bias * strength)
        image = image * field if families.bias else image
    gamma = 2.0 ** (rng.uniform(-1, 1) * ranges.gamma * strength)
    contrast = 1.0 + rng.uniform(-1, 1) * ranges.contrast * strength
    brightness = rng.uniform(-1, 1) * ranges.brightness * strength
    if families.gamma_contrast:
        image = gamma_contrast(image, gamma=gamma, contrast=contrast, brightness=brightness)
    draw = rng.random()
    if draw < 0.25:
        width = 0.3 + rng.random() * ranges.blur_px * strength * image.shape[0] / 160
        image = blur(image, width) if families.blur_sharpen else image
    elif draw < 0.4:
        amount = rng.random() * strength
        image = sharpen(image, amount) if families.blur_sharpen else image
    if rng.random() < 0.4:
        level = rng.random() * ranges.noise * strength
        grain = rng.standard_normal(image.shape, np.float32) * np.float32(level)
        image = image + grain if families.noise else image
    return np.clip(image, 0.0, 1.0).astype(np.float32)


def random_displacement(
    size: int, rng: np.random.Generator, ranges: Ranges, strength: float
) -> FloatArray:
    """Elastic displacement (S, S, 2) in pixels."""
    coarse = rng.uniform(-1, 1, (KNOTS, KNOTS, 2)).astype(np.float32)
    return smooth_displacement(coarse, size, ranges.elastic * strength * size)


def random_copy(
    image: FloatArray, rng: np.random.Generator, ranges: Ranges, strength: float
) -> FloatArray:
    """A picture (S, S) as a re-encoded copy shows it."""
    lost, smaller = rng.random(2) * strength
    quality = max(5, round(BEST_QUALITY - ranges.jpeg * float(lost)))
    return recompress(image, factor=1.0 + ranges.downsample * float(smaller), quality=quality)


def random_cutout(
    image: FloatArray,
    mask: FloatArray | None,
    rng: np.random.Generator,
    ranges: Ranges,
    strength: float,
) -> FloatArray:
    """A picture (S, S) with a small square erased."""
    size = image.shape[0]
    row, column, side = rng.random(3)
    centre = (float(row) * size, float(column) * size)
    side_px = float(side) * ranges.cutout * strength * size
    return erase(image, mask, centre=centre, side_px=side_px) if side_px >= 1 else image


def augment(
    image: FloatArray,
    mask: FloatArray | None,
    rng: np.random.Generator,
    *,
    strength: float = 1.0,
    ranges: Ranges | None = None,
    families: Families = RECIPE,
) -> tuple[FloatArray, FloatArray | None]:
    """One random version of a picture and its mask.

    Args:
        image: (S, S) float32 in 0..1.
        mask: (S, S) float32 coverage in 0..1, or None.
        rng: source of every random draw.
        strength: multiplies all ranges; 0 leaves only the mirror (and of the extra families
            one JPEG coding).
        ranges: widths at strength 1.
        families: which kinds of change take part.

    Returns:
        Picture and mask, both (S, S) float32 in 0..1.
    """
    ranges = ranges or Ranges()
    size = image.shape[0]
    # children leave the parent's stream as it was: neither the recipe nor another extra notices
    bending, coding, cutting = rng.spawn(3) if families.extras else (rng, rng, rng)
    matrix = random_affine(size, rng, ranges, strength, families=families)
    bend = random_displacement(size, bending, ranges, strength) if families.elastic else None
    image = warp(image, matrix, bend)
    mask = None if mask is None else warp(mask, matrix, bend)
    image = change_levels(image, rng, ranges, strength, families=families)
    if families.compression and coding.random() < 0.5:
        image = random_copy(image, coding, ranges, strength)
    if families.cutout and cutting.random() < 0.5:
        image = random_cutout(image, mask, cutting, ranges, strength)
    return image, mask
