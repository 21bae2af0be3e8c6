"""Levels carried smoothly into a region, and grain that fits what surrounds it."""

from typing import Final

import cv2
import numpy as np

from ml.results import BoolArray, FloatArray

REACHES: Final[tuple[float, ...]] = (1.5, 3.0, 6.0, 12.0, 24.0)
"""Widths of the kernels that make up the fall-off of a carried level, pixels."""
QUIET: Final[float] = 0.3
"""Share of the least structured pixels that grain is measured on: the rest shows anatomy."""
QUIET_LEVEL: Final[float] = 0.3853
"""|x| of a standard normal variable that `QUIET` of its values stay below."""

GRAINIEST: Final[float] = 0.06
"""Most grain that is ever added, as a share of the level; what measures more is anatomy."""


def spread(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Values known in places → everywhere, near ones counting most; never outside their range.

    A mean whose weight falls off with about the cube of the distance, made of a few Gaussians:
    close to what a membrane hung into the known border would do, without solving for it.

    Args:
        values: (H, W).
        weight: (H, W) >= 0, how much each value is believed.

    Returns:
        (H, W) float32; the plain mean where no kernel reaches, zero where nothing is known.

    Reference: Knutsson & Westin 1993, doi:10.1109/CVPR.1993.341081 (normalised convolution).
    """
    stack = np.dstack([values * weight, weight]).astype(np.float32)
    sums = stack.sum(axis=(0, 1))
    if not sums[1] > 0:
        return np.zeros(values.shape, np.float32)
    total = stack * 0 + np.float32(1e-9) * sums
    for reach in REACHES:
        total += _wide_blur(stack, reach) * np.float32(1.0 / reach)
    return np.asarray(total[..., 0] / total[..., 1], np.float32)


def _wide_blur(stack: FloatArray, sigma: float) -> FloatArray:
    """Gaussian blur; a wide one on a coarser grid, at a fraction of the work."""
    height, width = stack.shape[:2]
    coarse = int(min(max(1.0, sigma // 3), height // 8, width // 8)) or 1
    small = cv2.resize(stack, (width // coarse, height // coarse), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / coarse, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR))


def smooth(image: FloatArray, sigma: float) -> FloatArray:
    """Gaussian blur with the border mirrored."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)


def trusted(values: FloatArray, where: BoolArray) -> FloatArray:
    """Weights (H, W) of values along a border: 1 in their bulk, near 0 for outliers.

    Edges that do not meet (a vessel, the skull a pixel aside) must not set a level.
    """
    inside = values[where]
    if inside.size == 0:
        return np.zeros(values.shape, np.float32)
    middle = float(np.median(inside))
    width = 1.4826 * float(np.median(np.abs(inside - middle))) + 0.01
    weight = 1.0 / (1.0 + ((values - middle) / (2.0 * width)) ** 2) ** 2
    return np.asarray(weight * where, np.float32)


def grain_of(image: FloatArray, where: BoolArray) -> float:
    """Standard deviation of the finest grain in a region, measured where it shows least else."""
    fine = np.abs(image - smooth(image, 1.0))[where]
    return float(np.quantile(fine, QUIET)) / QUIET_LEVEL if fine.size else 0.0


def with_grain(
    image: FloatArray, where: BoolArray, wanted: float, rng: np.random.Generator
) -> FloatArray:
    """A picture whose grain in a region is raised to a wanted standard deviation.

    Grain is noise with about the correlation that resizing leaves; it is never taken away.
    """
    noise = smooth(rng.standard_normal(image.shape, np.float32), 0.6)
    wanted = min(wanted, GRAINIEST * float(np.median(image[where]))) if where.any() else 0.0
    missing = max(wanted**2 - grain_of(image, where) ** 2, 0.0) ** 0.5
    return np.asarray(
        image + noise * np.float32(missing / max(grain_of(noise, where), 1e-6)), np.float32
    )
