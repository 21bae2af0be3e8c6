"""Pictures that are no MRI, drawn by code: pages, charts, screens, textures, X-ray-like bodies.

Every drawing is a pure function of a random generator: uint8, (H, W) grey or (H, W, 3) colour, of
sides 160 to 400 pixels. None of them shows a patient. `VALIDATION` and `TEST` name kinds of their
own, so that what validation chose is measured on kinds it has not seen; `BOTH` are kinds of which
other pictures are drawn in each.

Limits: an X-ray or CT "drawn by code" has the outline and the grey levels of one, not its texture.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ml.evaluation.foreign_bodies import abdomen, chest, hand, knee, spine
from ml.evaluation.foreign_pages import (
    bar_chart,
    document,
    line_chart,
    pie_chart,
    screenshot,
    table_page,
    upside_down,
)

__all__ = ["BOTH", "TEST", "VALIDATION", "Draw"]

Drawn = npt.NDArray[np.uint8]
Draw = Callable[[np.random.Generator], Drawn]


def _side(rng: np.random.Generator) -> tuple[int, int]:
    return int(rng.integers(160, 400)), int(rng.integers(160, 400))


def _to_levels(values: npt.NDArray[Any]) -> Drawn:
    """Any range → 0..255."""
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / max(high - low, 1e-9) * 255.0, np.uint8)


def blank(rng: np.random.Generator) -> Drawn:
    """One grey level everywhere."""
    return np.full(_side(rng), rng.integers(0, 256), np.uint8)


def nearly_blank(rng: np.random.Generator) -> Drawn:
    """One grey level and a small bright speck."""
    picture = np.full(_side(rng), rng.integers(0, 60), np.uint8)
    at = (int(rng.integers(20, 140)), int(rng.integers(20, 140)))
    cv2.circle(picture, at, int(rng.integers(1, 6)), 250, -1)
    return picture


def white_noise(rng: np.random.Generator) -> Drawn:
    """Independent grey levels."""
    return np.asarray(rng.integers(0, 256, _side(rng)), np.uint8)


def cloud_noise(rng: np.random.Generator) -> Drawn:
    """Noise whose power falls with frequency (1/f to 1/f³), as in clouds and tissue."""
    rows, columns = _side(rng)
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None])
    weight = np.maximum(frequency, 1.0 / max(rows, columns)) ** -rng.uniform(1.0, 3.0)
    phase = rng.uniform(0, 2 * np.pi, weight.shape)
    return _to_levels(np.fft.irfft2(weight * np.exp(1j * phase), (rows, columns)))


def disc_of_noise(rng: np.random.Generator) -> Drawn:
    """A textured ellipse on black: the outline of a head and nothing of its inside."""
    picture = cloud_noise(rng)
    rows, columns = picture.shape
    inside = np.zeros_like(picture)
    axes = (int(columns * rng.uniform(0.3, 0.45)), int(rows * rng.uniform(0.3, 0.45)))
    cv2.ellipse(inside, (columns // 2, rows // 2), axes, 0, 0, 360, 1, -1)
    return np.asarray(inside * np.maximum(picture, 60), np.uint8)


def gradient(rng: np.random.Generator) -> Drawn:
    """Dark to bright along one direction, or away from a point."""
    rows, columns = _side(rng)
    y, x = np.mgrid[:rows, :columns] / max(rows, columns)
    angle = rng.uniform(0, 2 * np.pi)
    if rng.random() < 0.5:
        return _to_levels(np.cos(angle) * x + np.sin(angle) * y)
    return _to_levels(-np.hypot(x - rng.uniform(0, 1), y - rng.uniform(0, 1)))


def checkerboard(rng: np.random.Generator) -> Drawn:
    """Squares of two levels."""
    rows, columns = _side(rng)
    cell = int(rng.integers(6, 50))
    y, x = np.mgrid[:rows, :columns] // cell
    low, high = int(rng.integers(0, 100)), int(rng.integers(150, 256))
    return np.where((y + x) % 2 == 0, low, high).astype(np.uint8)


def stripes(rng: np.random.Generator) -> Drawn:
    """Waves of one direction."""
    rows, columns = _side(rng)
    y, x = np.mgrid[:rows, :columns]
    angle, length = rng.uniform(0, np.pi), rng.uniform(6, 60)
    return _to_levels(np.sin(2 * np.pi * (np.cos(angle) * x + np.sin(angle) * y) / length))


def rings(rng: np.random.Generator) -> Drawn:
    """Waves around a point, as in a target or a zone plate."""
    rows, columns = _side(rng)
    y, x = np.mgrid[:rows, :columns]
    far = np.hypot(x - columns * rng.uniform(0.3, 0.7), y - rows * rng.uniform(0.3, 0.7))
    return _to_levels(np.sin(2 * np.pi * far / rng.uniform(10, 60)))


def mosaic(rng: np.random.Generator) -> Drawn:
    """Rectangles of random colours."""
    rows, columns = _side(rng)
    picture = np.zeros((rows, columns, 3), np.uint8)
    for _ in range(60):
        start = (int(rng.integers(0, columns)), int(rng.integers(0, rows)))
        end = (start[0] + int(rng.integers(10, 120)), start[1] + int(rng.integers(10, 120)))
        cv2.rectangle(picture, start, end, [int(v) for v in rng.integers(0, 256, 3)], -1)
    return picture


def cells(rng: np.random.Generator) -> Drawn:
    """Bright discs with rims on grey, as under a microscope."""
    rows, columns = _side(rng)
    picture = np.full((rows, columns), int(rng.integers(20, 120)), np.uint8)
    for _ in range(int(rng.integers(15, 70))):
        at = (int(rng.integers(0, columns)), int(rng.integers(0, rows)))
        radius, level = int(rng.integers(6, 28)), int(rng.integers(90, 220))
        cv2.circle(picture, at, radius, level, -1, cv2.LINE_AA)
        cv2.circle(picture, at, radius, min(level + 35, 255), 2, cv2.LINE_AA)
    grain = rng.normal(0, 5, picture.shape)
    return np.asarray(np.clip(cv2.GaussianBlur(picture, (0, 0), 1.2) + grain, 0, 255), np.uint8)


def barcode(rng: np.random.Generator) -> Drawn:
    """A square code of black and white cells on a white page."""
    count, cell = int(rng.integers(17, 33)), int(rng.integers(5, 10))
    code = np.kron(rng.integers(0, 2, (count, count)), np.ones((cell, cell))) * 255
    return np.pad(code.astype(np.uint8), 4 * cell, constant_values=255)


def landscape(rng: np.random.Generator) -> Drawn:
    """Sky, sun and hills in colour."""
    rows, columns = _side(rng)
    fall = np.linspace(1.0, 0.5, rows)[:, None, None] * np.array([110, 170, 235])
    picture = np.asarray(np.repeat(fall, columns, axis=1), np.uint8).copy()
    sun = (int(rng.integers(0, columns)), rows // 4)
    cv2.circle(picture, sun, rows // 12, (255, 240, 180), -1, cv2.LINE_AA)
    for depth in range(3):
        waves = np.cumsum(rng.normal(0, 2.0, columns))
        line = rows * (0.5 + 0.15 * depth) + cv2.GaussianBlur(waves[None], (0, 0), 8)[0]
        outline = np.stack([np.arange(columns), line], axis=1)
        corners = np.array([[columns, rows], [0, rows]])
        hill = np.concatenate([outline, corners]).astype(np.int32)
        cv2.fillPoly(picture, [hill], (40 + 20 * depth, 120 - 25 * depth, 50))
    return picture


VALIDATION: Final[Mapping[str, Draw]] = {
    "nearly blank": nearly_blank,
    "white noise": white_noise,
    "gradient": gradient,
    "checkerboard": checkerboard,
    "mosaic of colours": mosaic,
    "document": document,
    "bar chart": bar_chart,
    "pie chart": pie_chart,
    "chest X-ray, drawn": chest,
    "knee X-ray, drawn": knee,
    "microscope, drawn": cells,
}
"""Kinds drawn for validation only."""
TEST: Final[Mapping[str, Draw]] = {
    "stripes": stripes,
    "rings": rings,
    "square code": barcode,
    "landscape, drawn": landscape,
    "document upside down": upside_down,
    "table": table_page,
    "line chart": line_chart,
    "screenshot": screenshot,
    "hand X-ray, drawn": hand,
    "spine X-ray, drawn": spine,
    "abdominal CT, drawn": abdomen,
}
"""Kinds drawn for the test only."""
BOTH: Final[Mapping[str, Draw]] = {
    "blank": blank,
    "1/f noise": cloud_noise,
    "textured ellipse": disc_of_noise,
}
"""Kinds of which each part has pictures of its own."""
