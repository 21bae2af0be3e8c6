"""Sizes of an outlined region on the scan's own pixel grid.

A pixel is a little rectangle, not a point: the outline runs along pixel edges, so that one
pixel has the area 1 and the longest diameter √2. Distances are taken in millimetres along
rows and columns separately, so pixels that are not square are measured right.

Steps, in order:
    1. connected parts (8-neighbourhood); the largest one carries the diameters;
    2. convex hull of that part's pixel outlines;
    3. longest diameter: the two hull corners farthest apart (maximum Feret diameter);
    4. perpendicular diameter: the longest chord of the hull at right angles to it.
"""

import math
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ml.results import BoolArray, Measurement

__all__ = ["measure"]

SQUARE_TOLERANCE = 1e-3
"""Relative difference between row and column spacing up to which pixels count as square."""

Points = npt.NDArray[np.float64]


def measure(mask: BoolArray, spacing_mm: tuple[float, float] | None) -> Measurement:
    """Area, longest and perpendicular diameter, centre and number of parts of a mask.

    Args:
        mask: (H, W) bool.
        spacing_mm: (row, column) distance between pixel centres in mm, or None when the file
            does not say; then nothing is given in mm.

    Returns:
        The sizes; diameters in pixels only where pixels are square or their shape is unknown.
        Ends of a diameter are (row, col) in pixels, with pixel centres at whole numbers, so an
        outline can lie at -0.5.

    Raises:
        ValueError: the mask is not two-dimensional, or a spacing is not a positive number.

    Limits: only the area counts all parts; a tumour in several parts is longer than the
        diameter of its largest part. A hull bridges hollows, as a ruler would.

    Reference: Eisenhauer et al. 2009, doi:10.1016/j.ejca.2008.10.026 (longest diameter);
        Wen et al. 2010, doi:10.1200/JCO.2009.26.3541 (perpendicular diameter).
    """
    if mask.ndim != 2:
        raise ValueError(f"a mask has two dimensions (rows, columns), this one has {mask.ndim}")
    if spacing_mm is not None and not all(math.isfinite(s) and s > 0 for s in spacing_mm):
        raise ValueError(f"spacing must be two positive numbers of mm, found {spacing_mm}")
    area = int(np.count_nonzero(mask))
    if area == 0:
        return _nothing(spacing_mm)
    components, part = _largest_part(mask)
    scale = np.asarray(spacing_mm if spacing_mm is not None else (1.0, 1.0), np.float64)
    hull = _hull(part) * scale
    long_ends = _farthest(hull)
    cross_ends = _longest_chord(hull, long_ends)
    square = math.isclose(scale[0], scale[1], rel_tol=SQUARE_TOLERANCE)
    rows, columns = np.nonzero(mask)
    return Measurement(
        area_px=area,
        area_mm2=None if spacing_mm is None else area * float(scale[0] * scale[1]),
        diameter_px=_length(long_ends / scale) if square else None,
        perpendicular_px=_length(cross_ends / scale) if square else None,
        diameter_mm=None if spacing_mm is None else _length(long_ends),
        perpendicular_mm=None if spacing_mm is None else _length(cross_ends),
        diameter_ends=_as_ends(long_ends / scale),
        perpendicular_ends=_as_ends(cross_ends / scale),
        components=components,
        centroid=(float(rows.mean()), float(columns.mean())),
    )


def _nothing(spacing_mm: tuple[float, float] | None) -> Measurement:
    """Measurement of an empty mask: no area, and no diameter at all rather than zero."""
    return Measurement(
        area_px=0,
        area_mm2=None if spacing_mm is None else 0.0,
        diameter_px=None,
        perpendicular_px=None,
        diameter_mm=None,
        perpendicular_mm=None,
        diameter_ends=None,
        perpendicular_ends=None,
        components=0,
        centroid=None,
    )


def _largest_part(mask: BoolArray) -> tuple[int, BoolArray]:
    """Number of connected parts, and the one with most pixels (the first one in a tie)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return count - 1, np.asarray(labels == largest)


def _hull(part: BoolArray) -> Points:
    """Corners (n, 2) as (row, col) of the convex hull of the pixels' outlines, in pixels.

    Only the first and the last pixel of a row can touch the hull. Corners lie on half pixels;
    doubled they are whole numbers, so the hull is exact.
    """
    rows = np.flatnonzero(part.any(axis=1))
    first = part[rows].argmax(axis=1)
    last = part.shape[1] - 1 - part[rows, ::-1].argmax(axis=1)
    corners = [
        np.stack([2 * rows + down, 2 * columns + side], axis=1)
        for down in (-1, 1)
        for columns, side in ((first, -1), (last, 1))
    ]
    hull = cv2.convexHull(np.concatenate(corners).astype(np.int32))
    return np.asarray(hull.reshape(-1, 2), np.float64) / 2.0


def _farthest(hull: Points) -> Points:
    """The two hull corners (2, 2) farthest apart; the first pair in a tie."""
    apart = np.hypot(*np.moveaxis(hull[:, None, :] - hull[None, :, :], 2, 0))  # (n, n)
    return hull[list(np.unravel_index(int(np.argmax(apart)), apart.shape))]


def _longest_chord(hull: Points, axis_ends: Points) -> Points:
    """Ends (2, 2) of the longest chord of a convex polygon at right angles to an axis.

    Along the axis the chord length is piecewise linear with its knots at the corners, so the
    longest one passes through a corner.
    """
    along = (axis_ends[1] - axis_ends[0]) / _length(axis_ends)
    across = np.array([-along[1], along[0]])
    turned = hull @ np.stack([along, across], axis=1)  # (n, 2): place along, place across
    closed = np.concatenate([turned, turned[:1]])
    low = np.full(len(turned), np.inf)
    high = np.full(len(turned), -np.inf)
    for start, end in pairwise(closed):
        crossing = _crossings(turned[:, 0], start, end)
        low, high = np.fmin(low, crossing), np.fmax(high, crossing)
    low, high = np.fmin(low, turned[:, 1]), np.fmax(high, turned[:, 1])
    best = int(np.argmax(high - low))
    place = turned[best, 0]
    return np.stack([place * along + low[best] * across, place * along + high[best] * across])


def _crossings(places: Points, start: Points, end: Points) -> Points:
    """Where an edge crosses each place along the axis: its position across, NaN where it misses."""
    near, far = sorted((float(start[0]), float(end[0])))
    if far - near == 0.0:
        # an edge at right angles to the axis: its two ends are corners and enter on their own
        return np.full(places.shape, np.nan)
    share = (places - start[0]) / (end[0] - start[0])
    inside = (places >= near) & (places <= far)
    return np.where(inside, start[1] + share * (end[1] - start[1]), np.nan)


def _length(ends: npt.NDArray[Any]) -> float:
    """Distance between two points (2, 2), in their own unit."""
    return math.hypot(*(ends[1] - ends[0]))


def _as_ends(ends: Points) -> tuple[tuple[float, float], tuple[float, float]]:
    """Two points (2, 2) as plain (row, col) pairs."""
    (row_a, col_a), (row_b, col_b) = ends.tolist()
    return (row_a, col_a), (row_b, col_b)
