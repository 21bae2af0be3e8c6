"""Outlines of known size, and how each kind of tumour looks on contrast-enhanced T1."""

from typing import Final

import numpy as np

from ml.phantom.canvas import Canvas, Field, Points, closed, step
from ml.phantom.tissue import FLUID, GREY
from ml.results import BoolArray

USUAL_DIAMETER_MM: Final[dict[str, tuple[float, float]]] = {
    "glioma": (32.0, 46.0),
    "meningioma": (28.0, 42.0),
    "pituitary": (19.0, 28.0),
}
"""Range of the longest diameter that is drawn when none is asked for."""


def outline(rng: np.random.Generator, label: str, diameter_mm: float, facing: float) -> Points:
    """Closed curve about its own centroid, with a given longest diameter.

    Args:
        rng: source of the shape.
        label: "glioma" (irregular), "meningioma" (smooth, flattened on the dura) or
            "pituitary" (round, waisted).
        diameter_mm: longest distance of two points of the curve.
        facing: direction of the dura as an angle on the screen, for a meningioma.

    Returns:
        (N, 2) points in mm; area centroid at the origin.
    """
    t = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    if label == "glioma":
        radius = 1 + _waves(rng, t, {2: 0.13, 3: 0.1, 4: 0.06, 5: 0.05, 7: 0.03, 9: 0.02})
        stretch, turn = 0.82, rng.uniform(0, np.pi)
    elif label == "meningioma":
        radius = 1 + _waves(rng, t, {3: 0.035, 5: 0.02, 6: 0.012})
        # The side against the dura (t = 0) is flattened.
        radius = radius * (1 - 0.26 * np.exp(-((np.angle(np.exp(1j * t)) / 0.75) ** 2)))
        stretch, turn = 1.08, facing
    else:
        radius = 1 + _waves(rng, t, {3: 0.03, 4: 0.03})
        # A waist where the diaphragm of the sella crosses.
        radius = radius * (1 - 0.1 * np.exp(-((np.cos(t - 0.5) / 0.22) ** 2)) * (np.sin(t) > -0.9))
        stretch, turn = 1.0, np.pi / 2
    local = np.stack([radius * np.cos(t), radius * np.sin(t) * stretch], axis=1)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    curve = closed((local @ rotation)[::4], 240)
    curve = curve - centroid(curve)
    return curve * (diameter_mm / longest(curve))


def _waves(rng: np.random.Generator, t: Points, amplitudes: dict[int, float]) -> Points:
    waves = [
        a * rng.uniform(0.5, 1.2) * np.cos(k * t + rng.uniform(0, 2 * np.pi))
        for k, a in amplitudes.items()
    ]
    return np.asarray(np.sum(waves, axis=0))


def centroid(curve: Points) -> Points:
    """Centre of gravity of the area inside a closed curve, (2,)."""
    following = np.roll(curve, -1, axis=0)
    cross = curve[:, 0] * following[:, 1] - following[:, 0] * curve[:, 1]
    return np.asarray(((curve + following) * cross[:, None]).sum(axis=0) / (3 * cross.sum()))


def longest(curve: Points) -> float:
    """Longest distance of two points of a curve."""
    return float(np.hypot(*(curve[:, None] - curve[None]).transpose(2, 0, 1)).max())


def inside(curve: Points, shape: tuple[int, int]) -> BoolArray:
    """Pixels whose centre lies inside a closed curve, by the even-odd rule.

    Args:
        curve: (N, 2) (column, row) in pixels.
        shape: (rows, columns).
    """
    rows, columns = np.indices(shape, dtype=np.float64)
    odd = np.zeros(shape, dtype=np.bool_)
    for (x0, y0), (x1, y1) in zip(curve, np.roll(curve, -1, axis=0), strict=True):
        crosses = (y0 > rows) != (y1 > rows)
        if crosses.any():
            odd ^= crosses & (columns < (x1 - x0) * (rows - y0) / ((y1 - y0) or 1.0) + x0)
    return odd


def paint(canvas: Canvas, label: str, curve: Points, brain: Field) -> None:
    """Paint a tumour of a class within its outline, and what surrounds it.

    Args:
        canvas: painted on.
        label: class identifier.
        curve: outline in mm.
        brain: (grid, grid) 0..1, where oedema may spread.
    """
    depth = canvas.depth(curve)
    {"glioma": _glioma, "meningioma": _meningioma, "pituitary": _pituitary}[label](
        canvas, depth, brain
    )


def _glioma(canvas: Canvas, depth: Field, brain: Field) -> None:
    """Oedema, then an enhancing rim of uneven thickness about a necrotic core."""
    fingers = 9 + 5.5 * canvas.noise(22) + 2.5 * canvas.noise(9)
    oedema = step(depth + np.maximum(fingers, 1.5), 3.5) * brain
    canvas.paint(0.85 * oedema, GREY * 0.74 * (1 + 0.03 * canvas.noise(6)))
    size = float(depth.max())
    rim = np.clip(0.3 * size * (1 + 0.5 * canvas.noise(10)), 1.6, 0.62 * size)
    body = step(depth, 0.55)
    core = FLUID * 1.45 * (1 + 0.22 * canvas.noise(5))
    canvas.paint(body, core)
    # Shreds of living tumour cross the necrosis.
    shreds = step(canvas.noise(7) - 1.1, 0.5) * step(depth - rim, 1.0)
    canvas.paint(0.6 * shreds, 0.36)
    glow = 0.56 * (1 + 0.13 * canvas.noise(5) + 0.07 * canvas.noise(2.5))
    canvas.paint(
        body * step(rim - depth, 1.0) * np.clip(0.9 + 0.13 * canvas.noise(9), 0.45, 1), glow
    )


def _meningioma(canvas: Canvas, depth: Field, brain: Field) -> None:
    """A cleft of fluid, then an even bright body with a darker hilum of vessels."""
    canvas.paint(0.55 * step(1.5 - np.abs(depth + 0.9), 0.7) * brain, FLUID * 1.2)
    halo = step(depth + np.maximum(3 + 4 * canvas.noise(18), 0), 2.5) * brain
    canvas.paint(0.45 * halo, GREY * 0.82)
    level = 0.56 * (1 + 0.035 * canvas.noise(7) + 0.025 * canvas.noise(3))
    level = level * (1 + 0.05 * step(1.8 - depth, 1.2))
    canvas.paint(step(depth, 0.55), level)
    spots = step(canvas.noise(4) - 2.0, 0.3) * step(depth - 4, 1)
    canvas.paint(0.45 * spots, GREY)


def _pituitary(canvas: Canvas, depth: Field, brain: Field) -> None:
    """An even bright body, sometimes with a small cyst; a dark seam against the brain."""
    canvas.paint(0.6 * step(1.3 - np.abs(depth + 0.8), 0.6) * brain, FLUID * 1.2)
    level = 0.5 * (1 + 0.045 * canvas.noise(6) + 0.035 * canvas.noise(2.5))
    canvas.paint(step(depth, 0.6), level)
    cyst = step(canvas.noise(9) - 2.0, 0.4) * step(depth - 2.5, 1)
    canvas.paint(0.6 * cyst, GREY * 0.9)


def dural_tail(canvas: Canvas, curve: Points, cavity: Points) -> None:
    """The thickened, enhancing dura that runs out from a meningioma's base."""
    near = np.hypot(*(cavity[:, None] - curve[None]).transpose(2, 0, 1)).min(axis=1)
    reach = np.flatnonzero(near < 9.0)
    if reach.size == 0:
        return
    taper = np.clip(1 - near / 9.0, 0, 1)
    for index in reach:
        pair = cavity[[index, (index + 1) % len(cavity)]] * 0.99
        canvas.paint(canvas.strokes([pair], 0.6 + 1.8 * taper[index]) * 0.9, 0.54)
