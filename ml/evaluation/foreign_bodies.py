"""X-ray-like and CT-like pictures of other body parts, drawn by code from simple shapes."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from ml.results import FloatArray

Drawn = npt.NDArray[np.uint8]
Point = tuple[float, float]


def _sheet(rng: np.random.Generator) -> FloatArray:
    """Black, sides 220 to 340 pixels."""
    return np.zeros((int(rng.integers(220, 340)), int(rng.integers(220, 340))), np.float32)


def _ellipse(
    sheet: FloatArray, middle: Point, axes: Point, level: float, angle: float = 0.0
) -> None:
    """Set an ellipse; places and axes as shares of the sheet's sides (down, across)."""
    rows, columns = sheet.shape
    at = (round(middle[1] * columns), round(middle[0] * rows))
    half = (max(1, round(axes[1] * columns)), max(1, round(axes[0] * rows)))
    cv2.ellipse(sheet, at, half, angle, 0, 360, level, -1, cv2.LINE_AA)


def _bone(sheet: FloatArray, ends: Sequence[Point], wide: float, level: float = 0.85) -> None:
    """A tube with a bright rim and knobs at its ends; places as shares of the sides."""
    rows, columns = sheet.shape
    (y0, x0), (y1, x1) = ends
    start, end = (round(x0 * columns), round(y0 * rows)), (round(x1 * columns), round(y1 * rows))
    thick = max(3, round(wide * columns))
    for shrink, brightness in ((1.0, level), (0.55, 0.8 * level)):
        cv2.line(sheet, start, end, brightness, max(1, round(shrink * thick)), cv2.LINE_AA)
        for knob in (start, end):
            cv2.circle(sheet, knob, max(2, round(0.62 * shrink * thick)), brightness, -1)


def _film(sheet: FloatArray, rng: np.random.Generator, *, blur: float = 1.5) -> Drawn:
    """Softened, with grain and a slow fall of exposure."""
    rows, columns = sheet.shape
    soft = cv2.GaussianBlur(sheet, (0, 0), blur * rng.uniform(0.7, 1.6))
    slope = np.linspace(1.0, rng.uniform(0.7, 1.0), columns)[None]
    grain = rng.normal(0, rng.uniform(0.005, 0.03), (rows, columns))
    return np.asarray(np.clip((soft * slope + grain) * 255, 0, 255), np.uint8)


def chest(rng: np.random.Generator) -> Drawn:
    """Two dark lungs, a heart, ribs and a spine in a bright trunk that fills the film."""
    sheet = _sheet(rng)
    sheet += rng.uniform(0.45, 0.65)
    reach = rng.uniform(0.26, 0.34)
    for side in (0.29, 0.71):
        _ellipse(sheet, (0.48, side), (reach, 0.16), rng.uniform(0.1, 0.25), 8 * (1 - 2 * side))
    _ellipse(sheet, (0.62, 0.56), (0.16, 0.14), 0.75, 20)
    rows, columns = sheet.shape
    for level in np.linspace(0.2, 0.7, 9):
        for side, turn in ((0.3, 15), (0.7, -15)):
            at, half = (round(side * columns), round(level * rows)), (columns // 5, rows // 16)
            cv2.ellipse(sheet, at, half, turn, 180, 360, 0.55, 2, cv2.LINE_AA)
    _bone(sheet, ((0.02, 0.5), (0.98, 0.5)), 0.07, 0.9)
    for side in (0.0, 1.0):
        _bone(sheet, ((0.12, 0.5), (0.06, side)), 0.03, 0.85)
    return _film(sheet, rng, blur=2.0)


def knee(rng: np.random.Generator) -> Drawn:
    """Thigh and shin bones that meet inside a soft limb on black."""
    sheet = _sheet(rng)
    _bone(sheet, ((-0.1, 0.5), (1.1, 0.5)), rng.uniform(0.4, 0.6), 0.25)
    _bone(sheet, ((0.0, 0.48), (0.46, 0.5)), rng.uniform(0.13, 0.2))
    _bone(sheet, ((0.55, 0.5), (1.0, 0.47)), rng.uniform(0.12, 0.18))
    _bone(sheet, ((0.6, 0.66), (1.0, 0.6)), 0.05)
    _ellipse(sheet, (0.42, 0.54), (0.07, 0.07), 0.95)
    return _film(sheet, rng)


def hand(rng: np.random.Generator) -> Drawn:
    """Five rays of three bones each over a wrist, on black."""
    sheet = _sheet(rng)
    _ellipse(sheet, (0.62, 0.5), (0.22, 0.26), 0.22)
    for number, angle in enumerate(np.linspace(-0.75, 0.55, 5)):
        reach = (0.30, 0.40, 0.43, 0.40, 0.33)[number] * rng.uniform(0.9, 1.1)
        direction = np.array([-np.cos(angle), np.sin(angle)])
        joints = [np.array([0.66, 0.5]) + direction * reach * s for s in (0.45, 0.9, 1.25, 1.55)]
        places = [(float(one[0]), float(one[1])) for one in joints]
        _bone(sheet, (places[0], places[-1]), 0.085, 0.25)
        for one, other in pairwise(places):
            _bone(sheet, (one, other), 0.032, 0.9)
    for _ in range(7):
        at = (rng.uniform(0.7, 0.8), rng.uniform(0.4, 0.6))
        _ellipse(sheet, at, (0.03, 0.03), 0.85)
    for side in (0.44, 0.56):
        _bone(sheet, ((0.82, side), (1.0, side)), 0.07, 0.85)
    return _film(sheet, rng)


def spine(rng: np.random.Generator) -> Drawn:
    """A curved column of vertebrae, from the front or the side, with ribs or without."""
    sheet = _sheet(rng)
    sheet += rng.uniform(0.2, 0.45)
    bend, phase = rng.uniform(0.0, 0.12), rng.uniform(0, 2 * np.pi)
    rows, columns = sheet.shape
    for level in np.linspace(0.05, 0.95, int(rng.integers(8, 13))):
        middle = 0.5 + bend * np.sin(3 * level + phase)
        high, wide = round(0.032 * rows), round(0.085 * columns)
        at = (round(middle * columns), round(level * rows))
        top, bottom = (at[0] - wide, at[1] - high), (at[0] + wide, at[1] + high)
        cv2.rectangle(sheet, top, bottom, 0.8, -1)
        cv2.rectangle(sheet, top, bottom, 0.98, 2)
        cv2.circle(sheet, at, max(2, high // 2), 0.6, -1)
    return _film(sheet, rng)


def abdomen(rng: np.random.Generator) -> Drawn:
    """A trunk across: wall, liver, kidneys, gut, aorta and a vertebra, on black."""
    sheet = _sheet(rng)
    tall, wide = rng.uniform(0.28, 0.36), rng.uniform(0.38, 0.46)
    _ellipse(sheet, (0.5, 0.5), (tall, wide), 0.25)
    _ellipse(sheet, (0.5, 0.5), (tall - 0.03, wide - 0.03), 0.45)
    _ellipse(sheet, (0.48, 0.5), (tall - 0.06, wide - 0.07), 0.3)
    _ellipse(sheet, (0.45, 0.31), (0.16, 0.15), 0.55, 20)
    for side in (0.36, 0.64):
        _ellipse(sheet, (0.6, side), (0.07, 0.045), 0.7, 15)
    for _ in range(int(rng.integers(5, 12))):
        at = (rng.uniform(0.32, 0.52), rng.uniform(0.45, 0.75))
        _ellipse(sheet, at, (0.035, 0.045), rng.uniform(0.1, 0.6), float(rng.uniform(0, 90)))
    _ellipse(sheet, (0.56, 0.49), (0.025, 0.025), 0.75)
    _ellipse(sheet, (0.66, 0.5), (0.06, 0.06), 0.95)
    _ellipse(sheet, (0.72, 0.5), (0.02, 0.025), 0.3)
    _bone(sheet, ((0.72, 0.42), (0.72, 0.58)), 0.03, 0.9)
    return _film(sheet, rng, blur=1.0)
