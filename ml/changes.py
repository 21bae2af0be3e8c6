"""Single changes to a picture, with every value given: nothing here draws a random number.

Training draws the values (`ml.training.augment`), the stress of a scan states them
(`ml.corruptions`). Pictures are (S, S) float32 in 0..1.
"""

import cv2
import numpy as np

from ml.results import FloatArray

SIGNAL = 0.04
"""Levels above this carry signal; below is air, which is black on every scanner."""


def warp(
    image: FloatArray, matrix: FloatArray, displacement: FloatArray | None = None
) -> FloatArray:
    """Move a square picture by an affine matrix; zero comes in from outside.

    Args:
        image: (S, S).
        matrix: (2, 3), where each picture point goes.
        displacement: (S, S, 2) (x, y) in pixels, how far from its affine place each point of
            the result is fetched; interpolated once together with the matrix.
    """
    size = image.shape[0]
    if displacement is None:
        moved = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR)
        return np.asarray(moved, np.float32)
    back = np.asarray(cv2.invertAffineTransform(matrix), np.float32)
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    x, y = columns + displacement[..., 0], rows + displacement[..., 1]
    maps = [back[i, 0] * x + back[i, 1] * y + back[i, 2] for i in (0, 1)]
    return np.asarray(cv2.remap(image, maps[0], maps[1], cv2.INTER_LINEAR), np.float32)


def smooth_displacement(coarse: FloatArray, size: int, reach_px: float) -> FloatArray:
    """Elastic displacement (S, S, 2) from a few random vectors.

    Args:
        coarse: (K, K, 2) vectors on a coarse grid, each entry in -1..1.
        size: S.
        reach_px: displacement of an entry of 1, pixels.

    Reference: Simard et al. 2003, doi:10.1109/ICDAR.2003.1227801.
    """
    fine = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine * np.float32(reach_px), np.float32)


def bias_surface(values: FloatArray, size: int, width: float) -> FloatArray:
    """Smooth multiplicative field (S, S) around 1, a quadratic surface of five coefficients."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = axis[None, :], axis[:, None]
    a = values
    surface = a[0] * x + a[1] * y + a[2] * x * y + a[3] * (x * x - 0.5) + a[4] * (y * y - 0.5)
    field: FloatArray = np.exp(surface * np.float32(width * 0.5)).astype(np.float32)
    return field


def gamma_contrast(
    image: FloatArray, *, gamma: float, contrast: float, brightness: float
) -> FloatArray:
    """Power, then gain, then an offset where there is signal: black stays black."""
    image = np.power(np.clip(image, 0.0, 1.0), np.float32(gamma)).astype(np.float32)
    signal = (image > SIGNAL).astype(np.float32)
    return np.asarray(image * np.float32(contrast) + np.float32(brightness) * signal, np.float32)


def blur(image: FloatArray, sigma_px: float) -> FloatArray:
    """Gaussian blur."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.float32)


def sharpen(image: FloatArray, amount: float) -> FloatArray:
    """Unsharp mask with a radius of one pixel."""
    return np.asarray(image + np.float32(amount) * (image - blur(image, 1.0)), np.float32)


def recompress(image: FloatArray, *, factor: float, quality: int) -> FloatArray:
    """What a copy on the web went through: made smaller, stored as JPEG, made larger again.

    Args:
        image: (S, S), or (H, W) where the size is kept.
        factor: how much smaller, >= 1; 1 keeps the size.
        quality: JPEG quality 1..100.
    """
    size = image.shape[0]
    small = max(8, round(size / factor))
    grey = np.round(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8)
    if small < size:
        grey = np.asarray(cv2.resize(grey, (small, small), interpolation=cv2.INTER_AREA), np.uint8)
    _, coded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
    back = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.float32) / np.float32(255)
    if small < size:
        back = np.asarray(cv2.resize(back, (size, size), interpolation=cv2.INTER_LINEAR))
    return np.asarray(back, np.float32)


def erase(
    image: FloatArray, mask: FloatArray | None, *, centre: tuple[float, float], side_px: float
) -> FloatArray:
    """A square set to the mean level of the head, unless it would hide half of the tumour.

    The level is the head's own: black would look like resection, bright like enhancement.

    Args:
        image: (S, S).
        mask: (S, S) coverage of the tumour, or None where unknown.
        centre: (row, column), pixels.
        side_px: length of its side, pixels.

    Reference: DeVries & Taylor 2017, arXiv:1708.04552 (Cutout).
    """
    top, left = (max(0, round(c - side_px / 2)) for c in centre)
    box = (slice(top, top + max(1, round(side_px))), slice(left, left + max(1, round(side_px))))
    if mask is not None and float(mask[box].sum()) > 0.5 * float(mask.sum()) > 0.0:
        return image
    signal = image > SIGNAL
    level = float(image[signal].mean()) if signal.any() else 0.0
    out = image.copy()
    out[box] = np.where(signal[box], np.float32(level), out[box])
    return out
