"""Grey levels, masks and heat maps → what a screen can draw. Array in, array out.

Nothing here is seen by a network: the display window changes the picture on screen only.
"""

import base64
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ml.results import BoolArray, DisplayWindow, FloatArray, Scan

Uint8Array = npt.NDArray[np.uint8]
Polyline = npt.NDArray[np.float32]

HEAT_FADE: Final[float] = 0.25
"""Heat-map value from which the colour is fully opaque; below it fades out to 0."""

_OUTLINE_SCALE: Final[int] = 4
_OUTLINE_MAX_SIDE: Final[int] = 1024

_SCALE: Final[Uint8Array] = np.ascontiguousarray(
    cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_VIRIDIS)[:, 0, ::-1]
).astype(np.uint8)


@dataclass(frozen=True)
class Levels:
    """Reach of the sliders of a display window, in grey levels of one scan.

    Attributes:
        low: lowest centre.
        high: highest centre, above `low`.
        narrowest: least width, > 0.
        widest: greatest width.
        step: a power of ten that divides the range into 100 to 1,000 steps.
    """

    low: float
    high: float
    narrowest: float
    widest: float
    step: float


def window(pixels: FloatArray, center: float, width: float) -> Uint8Array:
    """Map grey levels linearly to 0..255 inside a window, clipped outside.

    Args:
        pixels: (H, W) float32, any range.
        center: window centre in the units of `pixels`.
        width: window width, > 0.

    Returns:
        (H, W) uint8.

    Raises:
        ValueError: `width` is not positive.
    """
    if not width > 0:
        raise ValueError(f"the window width must be positive, not {width}")
    scaled = (pixels - np.float32(center - width / 2)) * np.float32(255.0 / width)
    grey: Uint8Array = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return grey


def presets(scan: Scan) -> tuple[DisplayWindow, ...]:
    """Windows to choose from, the scan's own default first.

    MRI grey levels have no fixed unit, so all but the first are percentiles of this picture.

    Returns:
        Windows of positive width; `source` is the name shown.
    """
    ranges = (
        ("full range", 0.0, 100.0),
        ("1–99 percentile", 1.0, 99.0),
        ("bright tissue, 50–99.8 percentile", 50.0, 99.8),
        ("dark tissue, 1–80 percentile", 1.0, 80.0),
    )
    found = [scan.window]
    ends = np.percentile(scan.pixels, [one[1:] for one in ranges])  # (ranges, 2)
    for (source, *_), (bottom, top) in zip(ranges, ends.tolist(), strict=True):
        if top > bottom and source != scan.window.source:
            found.append(DisplayWindow((bottom + top) / 2, top - bottom, source))
    return tuple(found)


def levels(scan: Scan, windows: Sequence[DisplayWindow]) -> Levels:
    """What the window sliders of a scan have to reach: its range and all of its presets."""
    low = min(float(scan.pixels.min()), *(w.center - w.width / 2 for w in windows))
    high = max(float(scan.pixels.max()), *(w.center + w.width / 2 for w in windows))
    step = 10.0 ** math.floor(math.log10((high - low) / 100))
    return Levels(
        low=low,
        high=high,
        narrowest=min(step, *(w.width for w in windows)),
        widest=max(high - low, *(w.width for w in windows)),
        step=step,
    )


def reduce(values: FloatArray, max_side: int) -> FloatArray:
    """Shrink a large picture for the screen by area averaging.

    Args:
        values: (H, W) float32.
        max_side: longest side wanted, in pixels.

    Returns:
        (h, w) float32 with h, w <= `max_side`, showing the same area.
    """
    longest = max(values.shape)
    if longest <= max_side:
        return values
    step = longest / max_side
    size = (max(1, round(values.shape[1] / step)), max(1, round(values.shape[0] / step)))
    return cv2.resize(values, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def reduce_mask(mask: BoolArray, max_side: int) -> BoolArray:
    """Shrink a large mask for the screen as `reduce` shrinks the picture below it.

    Returns:
        (h, w) bool, set where at least half of the scan pixels are.
    """
    if max(mask.shape) <= max_side:
        return mask
    small: BoolArray = reduce(mask.astype(np.float32), max_side) >= 0.5
    return small


def heat(values: FloatArray) -> Uint8Array:
    """Colour a heat map with the viridis scale (perceptually even, colour-blind safe).

    Args:
        values: (H, W) float32 in 0..1.

    Returns:
        (H, W, 4) uint8 RGBA. Alpha rises from 0 to full at `HEAT_FADE`, so that a place
        without evidence leaves the picture as it is.
    """
    clipped = np.clip(values, 0.0, 1.0)
    rgba = np.empty((*values.shape, 4), dtype=np.uint8)
    rgba[..., :3] = _SCALE[np.rint(clipped * 255).astype(np.uint8)]
    rgba[..., 3] = np.rint(np.clip(clipped / HEAT_FADE, 0.0, 1.0) * 255).astype(np.uint8)
    return rgba


def heat_scale(steps: int = 16) -> tuple[str, ...]:
    """The colours of `heat` from 0 to 1 in even steps, as CSS colours."""
    colours = _SCALE[np.rint(np.linspace(0, 255, steps)).astype(np.uint8)]
    return tuple(f"rgb({r} {g} {b})" for r, g, b in colours)


def fill(mask: BoolArray, colour: tuple[int, int, int]) -> Uint8Array:
    """Paint a mask in one colour.

    Args:
        mask: (H, W) bool.
        colour: red, green, blue in 0..255.

    Returns:
        (H, W, 4) uint8 RGBA, alpha 255 inside the mask and 0 outside.
    """
    rgba = np.zeros((*mask.shape, 4), dtype=np.uint8)
    rgba[mask] = (*colour, 255)
    return rgba


def outline(mask: BoolArray) -> tuple[Polyline, ...]:
    """Trace the border of a mask, holes included, near the edges of its pixels.

    Args:
        mask: (H, W) bool.

    Returns:
        Closed polylines, each (N, 2) float32 of (row, column) where a pixel's centre has
        whole-number coordinates. Empty for an empty mask.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return ()
    top, left = int(rows[0]), int(columns[0])
    part = mask[top : rows[-1] + 1, left : columns[-1] + 1].astype(np.uint8)
    # findContours walks through pixel centres; on an enlarged copy those lie near the edges.
    scale = _OUTLINE_SCALE if max(part.shape) <= _OUTLINE_MAX_SIDE else 1
    large = np.kron(part, np.ones((scale, scale), dtype=np.uint8))
    contours, _ = cv2.findContours(large, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    lines = []
    for contour in contours:
        points = (contour[:, 0, ::-1].astype(np.float32) + 0.5) / scale - 0.5
        points += np.array([top, left], dtype=np.float32)
        lines.append(np.concatenate([points, points[:1]]))
    return tuple(lines)


def svg_path(lines: Iterable[Sequence[Sequence[float]] | Polyline]) -> str:
    """Polylines of (row, column) points as the data of one SVG path, in scan pixels."""
    return "".join(
        "M" + "L".join(f"{float(column):.2f} {float(row):.2f}" for row, column in line)
        for line in lines
    )


def png(image: Uint8Array) -> bytes:
    """Encode (H, W) grey or (H, W, 4) RGBA uint8 losslessly as a PNG."""
    swapped = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA)
    done, encoded = cv2.imencode(".png", swapped, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise ValueError(f"cannot encode an array of shape {image.shape} as PNG")
    return encoded.tobytes()


def data_uri(image: Uint8Array) -> str:
    """Encode (H, W) grey or (H, W, 4) RGBA uint8 losslessly as a PNG data URI."""
    return "data:image/png;base64," + base64.b64encode(png(image)).decode("ascii")
