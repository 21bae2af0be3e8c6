"""A drawing surface in millimetres: closed curves, strokes, smooth noise.

Coordinates are (x, y) in mm from the middle of the picture, x to the right of the screen and
y down. Everything is drawn larger than it is kept, so that edges come out with partial volume.
"""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ml.results import FloatArray

Points = npt.NDArray[np.float64]
"""(N, 2) points (x, y) in mm."""
Warp = Callable[[Points], Points]
"""A smooth displacement of points in mm."""
Controls = Sequence[tuple[float, float]] | Points
"""Control points of a curve, (x, y) in mm."""
Field = npt.NDArray[np.floating[Any]]
"""(grid, grid) values on the canvas; arithmetic may widen float32."""

FOV_MM = 240.0
"""Side of the square field of view."""
_SUBPIXEL = 4  # bits of sub-pixel precision in cv2's fixed-point coordinates


def closed(controls: Controls, steps: int = 400) -> Points:
    """Smooth closed curve through control points, (steps, 2)."""
    points = np.asarray(controls, dtype=np.float64)
    ring = np.vstack([points, points[:1]])
    along = np.r_[0, np.cumsum(np.hypot(*np.diff(ring, axis=0).T))]
    from scipy.interpolate import CubicSpline  # here: 35 MB that an app which draws none can save

    spline = CubicSpline(along, ring, bc_type="periodic")
    return np.asarray(spline(np.linspace(0, along[-1], steps, endpoint=False)))


def open_curve(controls: Controls, steps: int = 80) -> Points:
    """Smooth open curve through control points, (steps, 2)."""
    points = np.asarray(controls, dtype=np.float64)
    along = np.r_[0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    from scipy.interpolate import CubicSpline

    return np.asarray(CubicSpline(along, points)(np.linspace(0, along[-1], steps)))


def mirrored(points: Controls) -> Points:
    """The same points on the other side of the midline x = 0."""
    return np.asarray(points, dtype=np.float64) * (-1.0, 1.0)


def ellipse(center: tuple[float, float], radii: tuple[float, float], degrees: float = 0) -> Points:
    """Closed curve of an ellipse, turned clockwise on the screen."""
    t = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    turn = np.deg2rad(degrees)
    x, y = radii[0] * np.cos(t), radii[1] * np.sin(t)
    return np.stack(
        [
            center[0] + x * np.cos(turn) - y * np.sin(turn),
            center[1] + x * np.sin(turn) + y * np.cos(turn),
        ],
        axis=1,
    )


def polygon(corners: Controls) -> Points:
    """Closed curve with straight sides and slightly rounded corners."""
    points = np.asarray(corners, dtype=np.float64)
    cut = 0.2
    after, before = np.roll(points, -1, axis=0), np.roll(points, 1, axis=0)
    ends = np.stack([points + cut * (before - points), points + cut * (after - points)], axis=1)
    return ends.reshape(-1, 2)


def step(x: Field, width: float) -> FloatArray:
    """0 below -width, 1 above width, smooth between."""
    t = np.clip(x / (2 * width) + 0.5, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


class Canvas:
    """A square picture that is painted layer on layer.

    Attributes:
        grid: pixels on a side.
        image: (grid, grid) float32 signal, 0 = air, about 1 = the brightest fat.
        rng: source of all randomness.
    """

    def __init__(self, grid: int, rng: np.random.Generator) -> None:
        self.grid = grid
        self.image: FloatArray = np.zeros((grid, grid), dtype=np.float32)
        self.rng = rng

    def to_px(self, points: Points) -> Points:
        """(x, y) mm → (column, row) pixels; pixel centres are whole numbers."""
        return (points / FOV_MM + 0.5) * self.grid - 0.5

    def _fixed(self, points: Points) -> npt.NDArray[np.int32]:
        return np.asarray(np.round(self.to_px(points) * 2**_SUBPIXEL), dtype=np.int32)

    def coverage(self, *curves: Points) -> FloatArray:
        """Share of each pixel inside the curves, 0..1."""
        mask = np.zeros((self.grid, self.grid), dtype=np.uint8)
        for curve in curves:
            cv2.fillPoly(mask, [self._fixed(curve)], 255, cv2.LINE_AA, _SUBPIXEL)
        return np.asarray(mask / np.float32(255), dtype=np.float32)

    def strokes(self, lines: list[Points], width_mm: float) -> FloatArray:
        """Share of each pixel under lines of a width, 0..1."""
        mask = np.zeros((self.grid, self.grid), dtype=np.uint8)
        thickness = max(1, round(width_mm / FOV_MM * self.grid))
        for line in lines:
            cv2.polylines(mask, [self._fixed(line)], False, 255, thickness, cv2.LINE_AA, _SUBPIXEL)
        return np.asarray(mask / np.float32(255), dtype=np.float32)

    def depth(self, curve: Points) -> FloatArray:
        """Signed distance to a closed curve in mm, positive inside."""
        inside = (self.coverage(curve) > 0.5).astype(np.uint8)
        inward = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        outward = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return np.asarray((inward - outward) * (FOV_MM / self.grid), dtype=np.float32)

    def distance(self, lines: list[Points]) -> FloatArray:
        """Distance to the nearest of some lines in mm; far away where there is none."""
        mask = np.ones((self.grid, self.grid), dtype=np.uint8)
        for line in lines:
            cv2.polylines(mask, [self._fixed(line)], False, 0, 1, cv2.LINE_8, _SUBPIXEL)
        if mask.all():
            return np.full(mask.shape, FOV_MM, dtype=np.float32)
        away = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return np.asarray(away * (FOV_MM / self.grid), dtype=np.float32)

    def axes(self) -> tuple[FloatArray, FloatArray]:
        """x and y of every pixel centre in mm, each (grid, grid)."""
        line = ((np.arange(self.grid) + 0.5) / self.grid - 0.5) * FOV_MM
        x, y = np.meshgrid(line, line)
        return x.astype(np.float32), y.astype(np.float32)

    def noise(self, scale_mm: float) -> FloatArray:
        """Smooth Gaussian field of unit standard deviation and a correlation length."""
        # Drawn on a coarse lattice whose size depends on mm only: the same anatomy whatever
        # the grid.
        cells = max(4, round(FOV_MM / scale_mm * 1.5))
        lattice = self.rng.standard_normal((cells, cells)).astype(np.float32)
        smooth = cv2.GaussianBlur(lattice, (0, 0), 0.8)
        field = cv2.resize(smooth, (self.grid, self.grid), interpolation=cv2.INTER_CUBIC)
        return np.asarray((field - field.mean()) / field.std(), dtype=np.float32)

    def paint(self, alpha: Field, value: float | Field) -> None:
        """Blend a level over what is there, by a share 0..1 per pixel."""
        self.image += (alpha * (value - self.image)).astype(np.float32)

    def ripple(self, scale_mm: float, amplitude_mm: float) -> None:
        """Shift the picture's pixels by a smooth random field: takes away the drawn look."""
        rows, columns = np.indices((self.grid, self.grid), dtype=np.float32)
        shift = amplitude_mm / FOV_MM * self.grid
        self.resample(columns + shift * self.noise(scale_mm), rows + shift * self.noise(scale_mm))

    def resample(self, columns: FloatArray, rows: FloatArray) -> None:
        """Take every pixel from another place, given in pixels, each (grid, grid)."""
        moved = cv2.remap(
            self.image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        self.image = np.asarray(moved, dtype=np.float32)

    def blur(self, sigma_mm: float) -> None:
        """Point spread of the acquisition."""
        blurred = cv2.GaussianBlur(self.image, (0, 0), sigma_mm / FOV_MM * self.grid)
        self.image = np.asarray(blurred, dtype=np.float32)
