"""The pictures of a report: the raw one and, beside it, the same with the outline and a scale.

The outline is drawn as lines over the pixels, so that the picture below stays what it was.
"""

import io
from dataclasses import dataclass
from typing import Any, Final

from reportlab.lib.colors import Color, black, white
from reportlab.lib.utils import ImageReader

from app import report_texts as words
from app import theme
from app.orientation_texts import hanging
from app.reports import fonts
from ml import display
from ml.results import Analysis, BoolArray, Refused, Scan

__all__ = ["Scale", "draw", "scale"]

MAX_SIDE: Final = 1024
"""Longest side of a picture in the file, in pixels; a larger scan is averaged down."""

_MASK: Final = Color(*(part / 255 for part in theme.MASK_RGB))
_OWN: Final = Color(*(part / 255 for part in theme.OWN_RGB))
_LONGEST_BAR: Final = 1 / 3  # of the picture's width
_CAPTION: Final = 8.0
_GAP: Final = 10.0


@dataclass(frozen=True)
class Scale:
    """A scale bar.

    Attributes:
        size: its length, in `unit`.
        unit: "mm" where the file has the pixel spacing, else "px".
        share: its length as a share of the picture's width.
    """

    size: int
    unit: str
    share: float


def scale(scan: Scan) -> Scale:
    """The longest bar of a round length that takes no more than a third of the width."""
    columns = scan.shape[1]
    unit = "px" if scan.spacing_mm is None else "mm"
    width = columns * (1.0 if scan.spacing_mm is None else scan.spacing_mm[1])
    lengths = [step * 10**power for power in range(5) for step in (1, 2, 5)]
    size = max((one for one in lengths if one <= width * _LONGEST_BAR), default=1)
    return Scale(size, unit, size / width)


def draw(
    canvas: Any,
    answer: Analysis | Refused,
    box: tuple[float, float, float, float],
    *,
    own: BoolArray | None = None,
    hung: str | None = None,
) -> None:
    """Draw both pictures side by side.

    Args:
        canvas: reportlab canvas.
        answer: what came of reading the scan; a refused one has its raw picture only.
        box: (left, bottom, width, height) of the place, in points; captions are inside.
        own: mask of the reader's own outline, dashed and in another colour than the AI's.
        hung: how the picture hangs, and its place in a series; None says what its own file does.
    """
    left, bottom, width, height = box
    scan = answer.scan
    half = (width - _GAP) / 2
    size = _fitted(scan, half, height - 2 * (_CAPTION + 4))
    top = bottom + height - _CAPTION - 4 - size[1]
    picture = _as_windowed(scan)
    refused = isinstance(answer, Refused)
    outlined = words.OUTLINED if own is None else words.BOTH_OUTLINED
    captions = (words.RAW, words.REFUSED_PICTURE if refused else outlined)
    said = hanging(scan.letters) if hung is None else hung
    canvas.setFillColor(black)
    for number, caption in enumerate(captions):
        x = left + number * (half + _GAP)
        canvas.setFont(fonts.BOLD, _CAPTION)
        canvas.drawString(x, bottom + height - _CAPTION, caption)
        if number == 0 or not refused:
            canvas.drawImage(picture, x, top, width=size[0], height=size[1])
            _bar(canvas, scale(scan), (x, top - 5, size[0]), said)
            _letters(canvas, scan, (x, top, *size))
        if number == 1 and isinstance(answer, Analysis):
            _outline(canvas, answer.segmentation.mask, (x, top, *size))
            if own is not None:
                _outline(canvas, own, (x, top, *size), own=True)


def _fitted(scan: Scan, width: float, height: float) -> tuple[float, float]:
    """The largest (width, height) within a place at which the scan keeps its own shape, points."""
    rows, columns = scan.shape
    row_mm, column_mm = scan.spacing_mm or (1.0, 1.0)
    zoom = min(width / (columns * column_mm), height / (rows * row_mm))
    return columns * column_mm * zoom, rows * row_mm * zoom


def _as_windowed(scan: Scan) -> ImageReader:
    pixels = display.reduce(scan.pixels, MAX_SIDE)
    grey = display.window(pixels, scan.window.center, scan.window.width)
    return ImageReader(io.BytesIO(display.png(grey)))


def _outline(
    canvas: Any, mask: BoolArray, box: tuple[float, float, float, float], *, own: bool = False
) -> None:
    """The border of a mask: a dark line with a bright one on it, seen on any grey.

    A reader's own is dashed: nothing is said by colour alone.
    """
    left, bottom, width, height = box
    rows, columns = mask.shape
    path = canvas.beginPath()
    for line in display.outline(mask):
        for number, (row, column) in enumerate(line.tolist()):
            # pixel centres have whole-number coordinates, the picture begins at -0.5
            x = left + (column + 0.5) * width / columns
            y = bottom + height - (row + 0.5) * height / rows
            (path.lineTo if number else path.moveTo)(x, y)
        path.close()
    canvas.saveState()
    if own:
        canvas.setDash(3, 3)
    for colour, thickness in ((black, 2.2), (_OWN if own else _MASK, 1.1)):
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(thickness)
        canvas.drawPath(path, stroke=1, fill=0)
    canvas.restoreState()


def _letters(canvas: Any, scan: Scan, box: tuple[float, float, float, float]) -> None:
    """The letters of the four edges, inside the picture, where the file states them."""
    if scan.letters is None:
        return
    left, bottom, width, height = box
    middle = bottom + height / 2 - _CAPTION / 3
    canvas.setFont(fonts.BOLD, _CAPTION)
    canvas.setFillColor(white)
    canvas.drawString(left + 2, middle, scan.letters.left)
    canvas.drawRightString(left + width - 2, middle, scan.letters.right)
    canvas.drawCentredString(left + width / 2, bottom + height - _CAPTION, scan.letters.top)
    canvas.drawCentredString(left + width / 2, bottom + 3, scan.letters.bottom)
    canvas.setFillColor(black)


def _bar(canvas: Any, found: Scale, place: tuple[float, float, float], hung: str) -> None:
    """The bar with its ends below a picture, its length beside it, and how the picture hangs."""
    left, y, width = place
    right = left + found.share * width
    canvas.setStrokeColor(black)
    canvas.setLineWidth(1)
    canvas.line(left, y, right, y)
    for x in (left, right):
        canvas.line(x, y - 2.5, x, y + 2.5)
    canvas.setFont(fonts.REGULAR, _CAPTION - 1)
    said = f"{words.bar(found.size, found.unit)}   {hung}"
    canvas.drawString(right + 4, y - 2.5, said)
