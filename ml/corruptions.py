"""What goes wrong with pictures, at five stated strengths: how much can a reading take?

Pure `array → array` functions on a slice (H, W) float32 in 0..1, before the preprocessing that
all networks share. `STRENGTHS` holds the one number of every corruption at strengths 1..5:

    noise      Rician noise of a magnitude picture: its standard deviation, share of the range
               (BrainWeb's 1, 3, 5 and 9 %, and one beyond).
    bias       receive field of a coil: highest gain over lowest (1.2 and 1.5 are BrainWeb's 20
               and 40 %), a quadratic surface as in training.
    blur       Gaussian blur: its standard deviation, share of the side of the head (ImageNet-C's
               1, 2, 3, 4 and 6 pixels of 224).
    contrast   gamma 2 ** ±value: middle greys darker or lighter. A plain change of contrast or
               brightness is undone by the preprocessing, so it is not among them.
    rotation   turn by ± so many degrees about the middle; nothing is cut off.
    crop       all but a square about the middle of the head is cut away: share of its side kept.
    jpeg       JPEG quality of a copy (ImageNet-C's).

What is random (grain, shape of the field, sign) comes from the generator alone: with the same
one, strength after strength goes further the same way. Strength 0 changes nothing.

Limits: noise and JPEG act on the stored pixels, so that they weigh less on a large picture, which
the networks see averaged down. A crop may take the tumour away.

Reference: Gudbjartsson and Patz 1995, doi:10.1002/mrm.1910340618 (Rician noise); Collins et al.
1998, doi:10.1109/42.712135 (BrainWeb); Hendrycks and Dietterich 2019, arXiv:1903.12261
(ImageNet-C).
"""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np

from ml.changes import bias_surface, blur, gamma_contrast, recompress, warp
from ml.counterfactual.seeds import seeded
from ml.preprocess import head_box, normalise
from ml.results import DisplayWindow, FloatArray, Scan

__all__ = ["CORRUPTIONS", "STRENGTHS", "STRONGEST", "corrupt", "corrupted", "value_of"]

STRENGTHS: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "noise": (0.01, 0.03, 0.05, 0.09, 0.15),
        "bias": (1.2, 1.5, 2.0, 3.0, 4.5),
        "blur": (1 / 224, 2 / 224, 3 / 224, 4 / 224, 6 / 224),
        "contrast": (0.25, 0.5, 0.75, 1.0, 1.5),
        "rotation": (5.0, 10.0, 20.0, 30.0, 45.0),
        "crop": (0.95, 0.9, 0.85, 0.75, 0.65),
        "jpeg": (25.0, 18.0, 15.0, 10.0, 7.0),
    }
)
"""[corruption] → its number at strengths 1..5."""
CORRUPTIONS: Final[tuple[str, ...]] = tuple(STRENGTHS)
STRONGEST: Final[int] = 5
FIELD_SIDE: Final[int] = 64
"""Side at which a bias field is drawn before it is stretched over the picture, pixels."""


def value_of(corruption: str, strength: int) -> float:
    """The stated number of a corruption at a strength in 1..5.

    Raises:
        ValueError: there is no such corruption or strength.
    """
    if corruption not in STRENGTHS:
        raise ValueError(f"no corruption {corruption!r}; there are {', '.join(CORRUPTIONS)}")
    if not 1 <= strength <= STRONGEST:
        raise ValueError(f"no strength {strength}; strengths are 1 to {STRONGEST}, 0 is untouched")
    return STRENGTHS[corruption][strength - 1]


def corrupt(
    image: FloatArray, corruption: str, *, strength: int, rng: np.random.Generator
) -> FloatArray:
    """One corruption of a slice.

    Args:
        image: (H, W) float32 in 0..1.
        corruption: one of `CORRUPTIONS`.
        strength: 1..5, or 0 for the slice itself.
        rng: source of every random draw; a fresh one of the same seed gives the same picture.

    Returns:
        (H, W) float32 in 0..1; a rotation gives a larger square, a crop a smaller picture.

    Raises:
        ValueError: there is no such corruption or strength.
    """
    if strength == 0 and corruption in STRENGTHS:
        return image
    value = value_of(corruption, strength)
    return np.clip(_MAKERS[corruption](image, value, rng), 0.0, 1.0).astype(np.float32)


def corrupted(scan: Scan, corruption: str, *, strength: int) -> Scan:
    """A corrupted scan with a hash of its own; without spacing and orientation, none is measured.

    The same scan is corrupted the same way every time. Strength 0 gives the scan itself.

    Raises:
        ValueError: there is no such corruption or strength.
    """
    if strength == 0:
        return scan
    rng = seeded(scan.content_hash, corruption)
    pixels = corrupt(normalise(scan.pixels), corruption, strength=strength, rng=rng)
    name = f"{scan.content_hash}\n{corruption}\n{strength}"
    return replace(
        scan,
        pixels=pixels,
        window=DisplayWindow(0.5, 1.0, "0.5–99.5 percentile of the untouched scan"),
        spacing_mm=None,
        orientation=None,
        content_hash=hashlib.sha256(name.encode()).hexdigest(),
        notes=(*scan.notes, f"Corrupted on purpose: {corruption}, strength {strength}."),
    )


def rician_noise(image: FloatArray, sigma: float, rng: np.random.Generator) -> FloatArray:
    """Magnitude of a complex signal with Gaussian noise on both parts."""
    real, imaginary = (rng.standard_normal(image.shape, np.float32) for _ in range(2))
    width = np.float32(sigma)
    return np.asarray(np.hypot(image + width * real, width * imaginary), np.float32)


def bias_field(image: FloatArray, ratio: float, rng: np.random.Generator) -> FloatArray:
    """Gain that falls smoothly from 1 to 1 / `ratio` across the picture, so nothing is cut off."""
    values = rng.uniform(-1, 1, 5).astype(np.float32)
    whole = bias_surface(values, FIELD_SIDE, 1.0)
    # the logarithm of the field is proportional to its width, so this one spans the ratio exactly
    width = math.log(ratio) / max(math.log(float(whole.max() / whole.min())), 1e-6)
    field = bias_surface(values, FIELD_SIDE, width)
    rows, columns = image.shape
    gain = cv2.resize(field / field.max(), (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(image * gain, np.float32)


def blurred(image: FloatArray, share: float, _: np.random.Generator) -> FloatArray:
    """Gaussian blur whose width is a share of the side of the head."""
    return blur(image, share * head_box(image).side)


def contrast(image: FloatArray, octaves: float, rng: np.random.Generator) -> FloatArray:
    """Darker or lighter middle greys; black and white stay."""
    sign = -1.0 if rng.random() < 0.5 else 1.0
    return gamma_contrast(image, gamma=2.0 ** (sign * octaves), contrast=1.0, brightness=0.0)


def rotated(image: FloatArray, degrees: float, rng: np.random.Generator) -> FloatArray:
    """The picture turned on a square that holds all of it, zero around it."""
    sign = -1.0 if rng.random() < 0.5 else 1.0
    rows, columns = image.shape
    side = math.ceil(math.hypot(rows, columns))
    square = np.zeros((side, side), np.float32)
    top, left = (side - rows) // 2, (side - columns) // 2
    square[top : top + rows, left : left + columns] = image
    centre = (side - 1) / 2
    matrix = np.array(cv2.getRotationMatrix2D((centre, centre), sign * degrees, 1.0), np.float32)
    return warp(square, matrix)


def cropped(image: FloatArray, share: float, _: np.random.Generator) -> FloatArray:
    """The middle of the head: a square of `share` of its box's side, where the picture has it."""
    box = head_box(image)
    edge = box.side * (1.0 - share) / 2.0
    top, left = max(0, round(box.top + edge)), max(0, round(box.left + edge))
    bottom, right = round(box.top + box.side - edge), round(box.left + box.side - edge)
    return image[top : max(bottom, top + 1), left : max(right, left + 1)].copy()


def jpeg(image: FloatArray, quality: float, _: np.random.Generator) -> FloatArray:
    """The picture as a JPEG of that quality shows it."""
    return recompress(image, factor=1.0, quality=round(quality))


_MAKERS: Final[Mapping[str, Callable[[FloatArray, float, np.random.Generator], FloatArray]]] = {
    "noise": rician_noise,
    "bias": bias_field,
    "blur": blurred,
    "contrast": contrast,
    "rotation": rotated,
    "crop": cropped,
    "jpeg": jpeg,
}
