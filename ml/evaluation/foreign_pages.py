"""Pages, charts and screens, drawn by code, for the material that is no MRI."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Drawn = npt.NDArray[np.uint8]

_WORDS = (
    *("report", "patient", "signal", "contrast", "slice", "total", "invoice", "value", "date"),
    *("figure", "method", "result", "normal", "please", "return", "number", "page", "north"),
)


def _page(rng: np.random.Generator, *, colour: bool = False) -> Drawn:
    """An empty bright sheet."""
    rows, columns = int(rng.integers(240, 400)), int(rng.integers(200, 400))
    level = int(rng.integers(225, 256))
    return np.full((rows, columns, 3) if colour else (rows, columns), level, np.uint8)


def _ink(rng: np.random.Generator, picture: Drawn) -> Any:
    """A dark grey, or any colour on a colour sheet."""
    if picture.ndim == 2:
        return int(rng.integers(0, 90))
    return [int(v) for v in rng.integers(0, 230, 3)]


def _write(picture: Drawn, text: str, at: tuple[int, int], size: float, ink: Any) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, ink, 1, cv2.LINE_AA)


def document(rng: np.random.Generator) -> Drawn:
    """A page of lines of words under a heading."""
    page = _page(rng)
    rows, columns = page.shape
    _write(page, str(rng.choice(_WORDS)).upper(), (20, 30), 0.8, 20)
    size = rng.uniform(0.3, 0.5)
    for row in range(50, rows - 12, int(30 * size) + 4):
        words = " ".join(rng.choice(_WORDS, 12))
        _write(page, words[: int((columns - 40) / (18 * size))], (20, row), size, _ink(rng, page))
    return page


def upside_down(rng: np.random.Generator) -> Drawn:
    """A page turned by half a turn, or by a quarter."""
    return np.ascontiguousarray(np.rot90(document(rng), int(rng.integers(1, 4))))


def table_page(rng: np.random.Generator) -> Drawn:
    """A grid of numbers."""
    page = _page(rng)
    rows, columns = page.shape
    high, wide = int(rng.integers(18, 34)), int(rng.integers(40, 80))
    for row in range(10, rows - high, high):
        for column in range(10, columns - wide, wide):
            cv2.rectangle(page, (column, row), (column + wide, row + high), 90, 1)
            number = f"{rng.uniform(0, 100):.1f}"
            _write(page, number, (column + 4, row + high - 6), 0.4, 30)
    return page


def _axes(rng: np.random.Generator) -> Drawn:
    """A sheet with the two axes of a chart."""
    page = _page(rng, colour=rng.random() < 0.5)
    rows, columns = page.shape[:2]
    ink = _ink(rng, page)
    cv2.line(page, (40, 20), (40, rows - 30), ink, 1)
    cv2.line(page, (40, rows - 30), (columns - 10, rows - 30), ink, 1)
    _write(page, str(rng.choice(_WORDS)), (columns // 3, 16), 0.5, ink)
    for tick in range(5):
        row = rows - 30 - tick * (rows - 60) // 5
        _write(page, str(10 * tick), (10, row), 0.35, ink)
    return page


def bar_chart(rng: np.random.Generator) -> Drawn:
    """Columns over an axis."""
    page = _axes(rng)
    rows, columns = page.shape[:2]
    count = int(rng.integers(3, 9))
    wide = (columns - 60) // count
    for number in range(count):
        left = 45 + number * wide
        top = int(rng.integers(30, rows - 40))
        cv2.rectangle(page, (left, top), (left + wide - 6, rows - 31), _ink(rng, page), -1)
    return page


def line_chart(rng: np.random.Generator) -> Drawn:
    """Some curves, or points, over axes."""
    page = _axes(rng)
    rows, columns = page.shape[:2]
    x = np.linspace(45, columns - 15, 40)
    for _ in range(int(rng.integers(1, 5))):
        walk = np.cumsum(rng.normal(0, 12, x.size)) + rows / 2
        points = np.stack([x, np.clip(walk, 25, rows - 35)], axis=1).astype(np.int32)
        ink = _ink(rng, page)
        if rng.random() < 0.7:
            cv2.polylines(page, [points], False, ink, 2, cv2.LINE_AA)
        else:
            for across, down in points.tolist():
                cv2.circle(page, (across, down), 3, ink, -1, cv2.LINE_AA)
    return page


def pie_chart(rng: np.random.Generator) -> Drawn:
    """Sectors of a disc on white: a bright round thing that is no head."""
    page = _page(rng, colour=rng.random() < 0.5)
    rows, columns = page.shape[:2]
    radius = int(min(rows, columns) * rng.uniform(0.3, 0.45))
    ends = np.sort(rng.uniform(0, 360, int(rng.integers(3, 7))))
    for start, end in zip(ends, [*ends[1:], ends[0] + 360], strict=True):
        ink = int(rng.integers(0, 220)) if page.ndim == 2 else _ink(rng, page)
        middle, axes = (columns // 2, rows // 2), (radius, radius)
        cv2.ellipse(page, middle, axes, 0, float(start), float(end), ink, -1, cv2.LINE_AA)
    return page


def screenshot(rng: np.random.Generator) -> Drawn:
    """A window with a title bar, a menu at its side and panels; dark or bright."""
    dark = rng.random() < 0.5
    rows, columns = int(rng.integers(240, 400)), int(rng.integers(280, 400))
    back, front = (24, 210) if dark else (245, 40)
    screen = np.full((rows, columns, 3), back, np.uint8)
    accent = [int(v) for v in rng.integers(40, 230, 3)]
    cv2.rectangle(screen, (0, 0), (columns, 22), accent, -1)
    _write(screen, str(rng.choice(_WORDS)).title(), (8, 16), 0.45, (255, 255, 255))
    grey = [back + (18 if dark else -20)] * 3
    cv2.rectangle(screen, (0, 22), (80, rows), grey, -1)
    for row in range(44, rows - 10, 22):
        _write(screen, str(rng.choice(_WORDS)), (6, row), 0.4, [front] * 3)
    for top in range(36, rows - 60, 84):
        cv2.rectangle(screen, (94, top), (columns - 12, top + 70), grey, -1)
        for line in range(3):
            words = " ".join(rng.choice(_WORDS, 3))
            _write(screen, words, (102, top + 20 + 20 * line), 0.4, [front] * 3)
    return screen
