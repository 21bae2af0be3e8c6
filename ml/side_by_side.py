"""Two pictures of one patient to lay side by side: one scale where both are in mm, one window.

The display window is chosen in percentiles of each picture's own levels, because levels of MRI
have no unit that two examinations share. No network sees it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ml import display
from ml.display import Uint8Array
from ml.results import BoolArray, DisplayWindow, FloatArray, Scan

__all__ = ["SIDE_PX", "Mark", "common_field_mm", "drawn", "levels_between"]

SIDE_PX: Final = 640
"""Longest side of a picture that is laid beside another one."""
_LINE_PX: Final = 2
_DASH_PX: Final = 6


@dataclass(frozen=True)
class Mark:
    """One outline on a picture.

    Attributes:
        mask: (H, W) bool to outline.
        colour: of the line; red, green, blue in 0..255.
        dashed: the line is broken, so that two outlines are told apart without their colours.
    """

    mask: BoolArray
    colour: tuple[int, int, int]
    dashed: bool = False


def levels_between(scan: Scan, low: float, high: float) -> DisplayWindow:
    """The window from one percentile of a picture's signal to another.

    Args:
        scan: decoded slice; its lowest level (air) is left out, as in the default window.
        low: percentile, 0..100.
        high: percentile, not below `low`.
    """
    lowest = scan.pixels.min()
    signal = scan.pixels[scan.pixels > lowest]
    ends = np.percentile(signal if signal.size else scan.pixels, (low, high))
    bottom, top = (float(v) for v in ends)
    width = top - bottom if top > bottom else 1.0
    return DisplayWindow((bottom + top) / 2, width, f"{low:g}–{high:g} percentile")


def common_field_mm(one: Scan, other: Scan) -> tuple[float, float] | None:
    """(height, width) in mm that holds both pictures, or None where either has no spacing."""
    if one.spacing_mm is None or other.spacing_mm is None:
        return None
    sizes = [
        (scan.shape[0] * scan.spacing_mm[0], scan.shape[1] * scan.spacing_mm[1])
        for scan in (one, other)
        if scan.spacing_mm is not None
    ]
    return max(size[0] for size in sizes), max(size[1] for size in sizes)


def drawn(
    scan: Scan,
    window: DisplayWindow,
    *,
    marks: Sequence[Mark],
    field_mm: tuple[float, float] | None,
) -> Uint8Array:
    """A picture in its true shape, with outlines on it.

    Args:
        scan: decoded slice.
        window: display window.
        marks: what is outlined.
        field_mm: (height, width) of the field that the picture is put in the middle of, so that
            two of them have one scale; None fills the picture's own field.

    Returns:
        (h, w, 4) uint8 RGBA, opaque, the longer side `SIDE_PX`.
    """
    rows, columns = scan.shape
    row_mm, column_mm = scan.spacing_mm or (1.0, 1.0)
    tall, wide = field_mm or (rows * row_mm, columns * column_mm)
    scale = SIDE_PX / max(tall, wide)
    size = (max(1, round(columns * column_mm * scale)), max(1, round(rows * row_mm * scale)))
    grey = display.window(_resized(scan.pixels, size), window.center, window.width)
    picture = np.ascontiguousarray(np.repeat(grey[..., None], 3, axis=2))
    for mark in marks:
        lines = [_on_picture(line, scan.shape, size) for line in display.outline(mark.mask)]
        pieces = [piece for line in lines for piece in _dashes(line)] if mark.dashed else lines
        cv2.polylines(picture, pieces, False, mark.colour, _LINE_PX, cv2.LINE_AA)
    canvas = np.zeros((max(1, round(tall * scale)), max(1, round(wide * scale)), 4), np.uint8)
    canvas[..., 3] = 255
    height, width = min(size[1], canvas.shape[0]), min(size[0], canvas.shape[1])
    top, left = (canvas.shape[0] - height) // 2, (canvas.shape[1] - width) // 2
    canvas[top : top + height, left : left + width, :3] = picture[:height, :width]
    return canvas


def _resized(pixels: FloatArray, size: tuple[int, int]) -> FloatArray:
    """(H, W) levels at (columns, rows) of the screen; averaged where it shrinks."""
    shrinks = size[0] * size[1] < pixels.size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.float32)


def _on_picture(
    line: display.Polyline, shape: tuple[int, int], size: tuple[int, int]
) -> npt.NDArray[np.int32]:
    """Points (row, column) of the scan as points (x, y) of the resized picture."""
    scale = np.array([size[0] / shape[1], size[1] / shape[0]])
    points = (line[:, ::-1] + 0.5) * scale - 0.5
    return np.asarray(np.rint(points), np.int32)


def _dashes(line: npt.NDArray[np.int32]) -> list[npt.NDArray[np.int32]]:
    """Every other stretch of a line (N, 2), each of one length along it."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    places = np.arange(0.0, along[-1] + 1.0)
    points = np.stack([np.interp(places, along, axis) for axis in line.T], axis=1)
    whole = np.asarray(np.rint(points), np.int32)
    return [whole[start : start + _DASH_PX] for start in range(0, len(whole), 2 * _DASH_PX)]
