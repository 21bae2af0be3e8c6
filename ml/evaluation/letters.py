"""Writing of random words, size, place, brightness and font, drawn on a picture by code."""

import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import reportlab
from PIL import Image, ImageDraw, ImageFont

from ml.inference.writing import Box
from ml.results import FloatArray

__all__ = ["FITTED", "FONTS", "LEAST_CONTRAST", "NEW", "SIZES_PX", "Drawn", "draw_on"]

Gray = npt.NDArray[np.uint8]

SIZES_PX: Final[tuple[int, int]] = (8, 40)
"""Least and largest height of a capital letter asked for; OpenCV's are a quarter smaller."""
LEAST_CONTRAST: Final[int] = 32
"""Grey levels of 255 between letters and what is beneath them; fainter ones nobody reads."""
_DARK: Final[float] = 0.15
"""Share of the texts that are black."""
_TRIES: Final[int] = 200
_LETTERS_OF_A_NAME: Final[tuple[int, int]] = (3, 9)
_VERA: Final[Path] = Path(reportlab.__file__).parent / "fonts"
_CAPITAL: Final[float] = 0.73
"""Height of a capital letter of these faces, share of the font's size."""


@dataclass(frozen=True)
class Drawn:
    """A picture with writing on it.

    Attributes:
        pixels: (H, W) uint8.
        box: where the writing is.
        size_px: height of a capital letter asked for.
        contrast: mean difference of the letters from what is beneath them, of 255.
        beneath: mean grey level there before, of 255.
        font: one of `FONTS`.
    """

    pixels: Gray
    box: Box
    size_px: int
    contrast: float
    beneath: float
    font: str


def draw_on(pixels: Gray, rng: np.random.Generator, fonts: tuple[str, ...]) -> Drawn:
    """Write something somewhere on a picture (H, W).

    Args:
        pixels: the picture; not changed.
        rng: draws everything.
        fonts: to draw the font from.

    Raises:
        ValueError: no writing fits into the picture and can be read.
    """
    for _ in range(_TRIES):
        size, font = int(rng.integers(SIZES_PX[0], SIZES_PX[1] + 1)), str(rng.choice(fonts))
        inked = FONTS[font](_words(rng), size)
        room = (pixels.shape[0] - inked.shape[0], pixels.shape[1] - inked.shape[1])
        if min(room) < 1:
            continue
        top, left = (int(rng.integers(0, one)) for one in room)
        level = 0 if rng.random() < _DARK else int(rng.integers(LEAST_CONTRAST, 256))
        box = (top, left, top + inked.shape[0], left + inked.shape[1])
        beneath = pixels[box[0] : box[2], box[1] : box[3]].astype(np.float32)
        contrast = float((inked * np.abs(level - beneath)).sum() / inked.sum())
        if contrast < LEAST_CONTRAST:
            continue
        done = pixels.copy()
        done[box[0] : box[2], box[1] : box[3]] = np.round(beneath + inked * (level - beneath))
        return Drawn(done, box, size, contrast, float(beneath.mean()), font)
    raise ValueError("no writing fits into the picture")


def _words(rng: np.random.Generator) -> str:
    """A name, a date or a number as a scanner writes it."""

    def some(signs: str, least: int, most: int) -> str:
        return "".join(rng.choice(list(signs), int(rng.integers(least, most + 1))))

    capitals, digits = string.ascii_uppercase, string.digits
    low, high = _LETTERS_OF_A_NAME
    kind = int(rng.integers(4))
    if kind == 0:
        return f"{some(capitals, low, high)}^{some(capitals, low, high)}"
    if kind == 1:
        return f"{some(digits, 2, 2)}.{some(digits, 2, 2)}.{some(digits, 4, 4)}"
    if kind == 2:
        return f"ID {some(digits, 5, 8)}"
    return " ".join(some(capitals, low, high).title() for _ in range(2))


def _cut(inked: Gray) -> FloatArray:
    """The part with ink, in 0..1."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    part = inked[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return part.astype(np.float32) / np.float32(255)


def _by_opencv(words: str, size: int, *, face: int) -> FloatArray:
    """(h, w) share of ink; a line is `size` pixels high, its capitals are a quarter lower."""
    thick = 1 if size < 16 else 2
    scale = cv2.getFontScaleFromHeight(face, size, thick)
    (wide, high), below = cv2.getTextSize(words, face, scale, thick)
    sheet = np.zeros((high + below + 8, wide + 8), np.uint8)
    cv2.putText(sheet, words, (4, high + 4), face, scale, 255, thick, cv2.LINE_AA)
    return _cut(sheet)


def _by_pillow(words: str, size: int, *, file: str | None) -> FloatArray:
    """The same with a face of Pillow's own or of a file."""
    points = round(size / _CAPITAL)
    face = (
        ImageFont.load_default(points)
        if file is None
        else ImageFont.truetype(str(_VERA / file), points)
    )
    _, _, right, bottom = face.getbbox(words)
    sheet = Image.new("L", (int(right) + 4, int(bottom) + 4))
    ImageDraw.Draw(sheet).text((2, 2), words, fill=255, font=face)
    return _cut(np.asarray(sheet))


FONTS: Final[dict[str, Callable[[str, int], FloatArray]]] = {
    "simplex": partial(_by_opencv, face=cv2.FONT_HERSHEY_SIMPLEX),
    "plain": partial(_by_opencv, face=cv2.FONT_HERSHEY_PLAIN),
    "vera": partial(_by_pillow, file="Vera.ttf"),
    "duplex": partial(_by_opencv, face=cv2.FONT_HERSHEY_DUPLEX),
    "complex": partial(_by_opencv, face=cv2.FONT_HERSHEY_COMPLEX),
    "pillow": partial(_by_pillow, file=None),
    "vera_bold": partial(_by_pillow, file="VeraBd.ttf"),
}
"""[name] → (words, height of a capital in px) → (h, w) share of ink, 0..1."""
FITTED: Final[tuple[str, ...]] = ("simplex", "plain", "vera", "vera_bold")
"""Fonts that the small network was fitted to."""
NEW: Final[tuple[str, ...]] = ("duplex", "complex", "pillow")
"""Fonts that it never saw."""
