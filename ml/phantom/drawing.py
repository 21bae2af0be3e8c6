"""One simulated slice: anatomy, tumour, acquisition."""

from dataclasses import dataclass
from types import ModuleType
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ml.labels import CLASSES
from ml.phantom import axial, coronal, lesions, sagittal
from ml.phantom.canvas import FOV_MM, Canvas, Points, Warp, step
from ml.results import BoolArray, FloatArray

_PLANES: Final[dict[str, ModuleType]] = {"axial": axial, "coronal": coronal, "sagittal": sagittal}
PLANES: Final[dict[str, tuple[str, ...]]] = {
    "glioma": ("axial", "coronal", "sagittal"),
    "meningioma": ("axial", "coronal", "sagittal"),
    "no_tumor": ("axial", "coronal", "sagittal"),
    "pituitary": ("coronal", "sagittal"),
}
"""Planes that each class is drawn in; the axial slice lies above the sella."""

# Where each tumour sits when no place is asked for: corners (x, y) of a box in mm, one side.
_GLIOMA_SITES: Final = {
    "axial": ((24.0, -34.0), (36.0, 34.0)),
    "coronal": ((27.0, -46.0), (36.0, -26.0)),
    "sagittal": ((-44.0, -52.0), (34.0, -48.0)),
}
_RENDER_GRID: Final = 640  # least pixels on a side that the anatomy is painted with
_MIN_SIZE, _MAX_SIZE = 64, 1024


@dataclass(frozen=True)
class Phantom:
    """A simulated slice and the truth about it.

    Attributes:
        pixels: (H, W) uint8.
        signal: (H, W) float32 in 0..1, the same before rounding to 8 bits.
        mask: (H, W) bool, the tumour (enhancing part and core, without oedema).
        label: class identifier.
        plane: "axial", "coronal" or "sagittal".
        seed: draws the same picture again.
        spacing_mm: (row, column) distance of pixel centres.
        center_px: (row, column) centroid of the outline, or None without tumour.
        diameter_px: longest diameter of the outline, or None without tumour.
        outline_px: (N, 2) (row, column) outline; empty without tumour.
    """

    pixels: npt.NDArray[np.uint8]
    signal: FloatArray
    mask: BoolArray
    label: str
    plane: str
    seed: int
    spacing_mm: tuple[float, float]
    center_px: tuple[float, float] | None
    diameter_px: float | None
    outline_px: npt.NDArray[np.float64]

    @property
    def area_px(self) -> int:
        """Number of mask pixels."""
        return int(self.mask.sum())


@dataclass(frozen=True)
class _Pose:
    """Similarity transform from the drawn head to the picture, in mm."""

    angle: float
    scale: float
    shift: tuple[float, float]

    def forward(self, points: Points) -> Points:
        c, s = np.cos(self.angle), np.sin(self.angle)
        return np.asarray(self.scale * points @ np.array([[c, s], [-s, c]]) + self.shift)

    def backward(self, points: Points) -> Points:
        c, s = np.cos(self.angle), np.sin(self.angle)
        return np.asarray((points - self.shift) @ np.array([[c, -s], [s, c]]) / self.scale)


def draw(
    label: str,
    *,
    seed: int,
    size: int = 256,
    plane: str | None = None,
    center_px: tuple[float, float] | None = None,
    diameter_px: float | None = None,
) -> Phantom:
    """Draw one contrast-enhanced T1-like slice.

    Args:
        label: one of `ml.labels.CLASSES`.
        seed: same arguments, same picture.
        size: pixels on a side, 64..1024; the field of view is 240 mm.
        plane: one of `PLANES[label]`, by default the first.
        center_px: (row, column) of the tumour's centroid, by default a usual place.
        diameter_px: its longest diameter, by default a usual size.

    Returns:
        The slice with its truth: the mask follows the outline to the pixel.

    Raises:
        ValueError: an unknown class, plane or size, or a tumour asked of "no_tumor".

    Limits: anatomy is schematic and no measurement of accuracy; it serves to show the
    screens and to test measurements.
    """
    plane = _checked(label, size, plane, asked=center_px is not None or diameter_px is not None)
    rng = np.random.default_rng([seed, CLASSES.index(label), len(plane)])
    canvas = Canvas(size * -(-_RENDER_GRID // size), rng)
    head = _PLANES[plane]
    skin, cavity = head.outlines()
    pose = _posed(rng)
    mm = FOV_MM / size
    curve = np.empty((0, 2))
    if label != "no_tumor":
        center = None if center_px is None else _to_mm(center_px, size)
        curve = _place(rng, label, plane, pose, (center, diameter_px and diameter_px * mm))
    head.draw(canvas, skin, cavity, _mass_effect(pose.backward(curve), label))
    _pose_picture(canvas, pose)
    if label != "no_tumor":
        _paint_tumour(canvas, label, curve, pose.forward(cavity))
    signal = _acquire(canvas, size)
    return _with_truth(signal, curve, label=label, plane=plane, seed=seed)


def _with_truth(signal: FloatArray, curve: Points, *, label: str, plane: str, seed: int) -> Phantom:
    """A slice (S, S) with what is true of it; `curve` is its tumour's outline (N, 2) in mm."""
    size = signal.shape[0]
    outline = (curve / FOV_MM + 0.5) * size - 0.5
    return Phantom(
        pixels=np.round(signal * 255).astype(np.uint8),
        signal=signal,
        mask=lesions.inside(outline, (size, size)),
        label=label,
        plane=plane,
        seed=seed,
        spacing_mm=(FOV_MM / size, FOV_MM / size),
        center_px=_row_column(lesions.centroid(outline)) if len(curve) else None,
        diameter_px=lesions.longest(outline) if len(curve) else None,
        outline_px=outline[:, ::-1],
    )


def _checked(label: str, size: int, plane: str | None, *, asked: bool) -> str:
    if label not in CLASSES:
        raise ValueError(f"unknown class {label!r}; the classes are {', '.join(CLASSES)}")
    plane = plane or PLANES[label][0]
    if plane not in PLANES[label]:
        raise ValueError(
            f"{label} is drawn in the planes {', '.join(PLANES[label])}, not {plane!r}"
        )
    if not _MIN_SIZE <= size <= _MAX_SIZE:
        raise ValueError(f"size is {size}; {_MIN_SIZE} to {_MAX_SIZE} pixels can be drawn")
    if label == "no_tumor" and asked:
        raise ValueError("no_tumor has neither centre nor diameter")
    return plane


def _posed(rng: np.random.Generator) -> _Pose:
    """How a head lies in the scanner: a little turned, smaller and off the middle."""
    return _Pose(
        float(np.deg2rad(rng.normal(0, 2.5))),
        float(rng.uniform(0.93, 1.0)),
        (float(rng.normal(0, 2)), float(rng.normal(0, 1.5))),
    )


def _to_mm(center_px: tuple[float, float], size: int) -> Points:
    row, column = center_px
    return ((np.array([column, row]) + 0.5) / size - 0.5) * FOV_MM


def _row_column(point: Points) -> tuple[float, float]:
    return (float(point[1]), float(point[0]))


def _place(
    rng: np.random.Generator,
    label: str,
    plane: str,
    pose: _Pose,
    asked: tuple[Points | None, float | None],
) -> Points:
    """Outline in mm on the picture, of the size and at the place asked for or a usual one."""
    center, diameter = asked
    diameter = diameter or float(rng.uniform(*lesions.USUAL_DIAMETER_MM[label]))
    cavity = pose.forward(_PLANES[plane].outlines()[1])
    if label == "meningioma":
        return _on_dura(rng, plane, cavity, (center, diameter))
    curve = lesions.outline(rng, label, diameter, 0.0)
    if center is None:
        center = pose.forward(_usual_place(rng, label, plane, diameter)[None])[0]
    return curve + center


def _usual_place(rng: np.random.Generator, label: str, plane: str, diameter: float) -> Points:
    if label == "pituitary":
        # The mass fills the fossa and grows upwards out of it.
        sella = np.asarray(_PLANES[plane].SELLA)
        return sella - (0.0, max(0.0, diameter / 2 - 6.5))
    low, high = _GLIOMA_SITES[plane]
    place = rng.uniform(low, high)
    side = 1.0 if plane == "sagittal" else rng.choice([-1.0, 1.0])
    return np.asarray(place * (side, 1.0))


def _on_dura(
    rng: np.random.Generator,
    plane: str,
    cavity: Points,
    asked: tuple[Points | None, float],
) -> Points:
    """A meningioma with its flat side on the nearest dura."""
    center, diameter = asked
    middle = cavity.mean(axis=0)
    if center is None:
        # The vault only: not the skull base of the coronal and sagittal slices.
        floor = 45.0 if plane == "axial" else -25.0
        vault = np.flatnonzero((cavity[:, 1] < floor) & (np.abs(cavity[:, 0]) > 14))
        contact = cavity[int(rng.choice(vault))]
    else:
        contact = cavity[np.hypot(*(cavity - center).T).argmin()]
    outward = (contact - middle) / np.hypot(*(contact - middle))
    curve = lesions.outline(rng, "meningioma", diameter, float(np.arctan2(outward[1], outward[0])))
    if center is None:
        center = contact - outward * ((curve @ outward).max() - 1.2)
    return curve + center


def _mass_effect(curve: Points, label: str) -> Warp:
    """Pushes everything near the tumour aside, less and less with distance."""
    if len(curve) == 0:
        return lambda points: points
    center = lesions.centroid(curve)
    radius = np.hypot(*(curve - center).T).mean() * (0.55 if label == "pituitary" else 0.72)

    def push(points: Points) -> Points:
        away = points - center
        distance = np.maximum(np.hypot(*away.T), 1e-6)
        moved = np.cbrt(distance**3 + radius**3)
        return np.asarray(center + away * (moved / distance)[:, None])

    return push


def _pose_picture(canvas: Canvas, pose: _Pose) -> None:
    """Turn, scale and shift the head, and take its drawn look away."""
    x, y = canvas.axes()
    source = canvas.to_px(
        pose.backward(np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64))
    )
    maps = source.reshape(canvas.grid, canvas.grid, 2).astype(np.float32)
    canvas.resample(maps[..., 0], maps[..., 1])
    canvas.ripple(40, 0.7)
    canvas.ripple(7, 0.28)


def _paint_tumour(canvas: Canvas, label: str, curve: Points, outer: Points) -> None:
    """A tumour inside its outline, with what it does around it; `outer` bounds the brain, in mm."""
    if label == "meningioma":
        lesions.dural_tail(canvas, curve, outer)
    # Oedema spreads in the brain, not in bone or fluid.
    brain = step(canvas.depth(outer) - 2.0, 1.0) * step(canvas.image - 0.21, 0.05)
    lesions.paint(canvas, label, curve, brain)


def _acquire(canvas: Canvas, size: int) -> FloatArray:
    """Coil sensitivity, point spread, sampling and Rician noise; 0..1."""
    rng = canvas.rng
    x, y = canvas.axes()
    tilt = rng.normal(0, 0.06, 2)
    field = 1 + (tilt[0] * x + tilt[1] * y) / 100 + 0.1 * (x**2 + y**2) / 100**2
    # The coil's reach ends at the neck.
    field = field * (1 - 0.8 * step(y - 107, 10))
    canvas.image = (canvas.image * field * np.exp(0.04 * canvas.noise(90))).astype(np.float32)
    canvas.blur(0.5)
    signal = cv2.resize(canvas.image, (size, size), interpolation=cv2.INTER_AREA)
    sigma = rng.uniform(0.008, 0.014)
    # Magnitude of a complex signal with Gaussian noise in both parts (Gudbjartsson and Patz
    # 1995, doi:10.1002/mrm.1910340618).
    real, imaginary = rng.normal(0, sigma, (2, size, size))
    return np.asarray(np.clip(np.hypot(signal + real, imaginary), 0, 1), dtype=np.float32)
