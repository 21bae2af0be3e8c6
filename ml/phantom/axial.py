"""Axial head slice at the level of the lateral ventricles."""

from collections.abc import Sequence

import numpy as np

from ml.phantom.canvas import Canvas, Points, Warp, closed, ellipse, mirrored, open_curve, step
from ml.phantom.tissue import (
    BONE,
    DURA,
    FLUID,
    GREY,
    MUSCLE,
    VESSEL,
    WHITE,
    Brain,
    draw_brain,
    draw_shell,
    draw_sinus,
    draw_vessels,
    fold,
    fold_line,
)

# Half outlines, front (nose) up, right half of the screen.
_SKIN = [
    (0, -97),
    (28, -92),
    (52, -74),
    (66, -45),
    (74, -8),
    (76, 22),
    (68, 55),
    (46, 82),
    (20, 94),
]
_CAVITY = [
    (0, -83),
    (26, -78),
    (46, -61),
    (58, -36),
    (65, -4),
    (66, 22),
    (58, 50),
    (38, 72),
    (15, 81),
]


def _whole(half: Sequence[tuple[float, float]], bottom: float) -> Points:
    """A closed outline from its right half, the point in the midline below added."""
    left = [(-x, y) for x, y in half[:0:-1]]
    return closed([*half, (0.0, bottom), *left])


def outlines() -> tuple[Points, Points]:
    """Skin and inner table, closed curves in mm before any warp."""
    return _whole(_SKIN, 97), _whole(_CAVITY, 83)


def draw(canvas: Canvas, skin: Points, cavity: Points, warp: Warp) -> None:
    """Paint the slice.

    Args:
        canvas: painted on.
        skin: warped skin curve.
        cavity: warped inner table.
        warp: moves the points of everything inside the skull.
    """
    draw_shell(canvas, skin, cavity, np.ones_like(canvas.image))
    _temporal_muscles(canvas, cavity)
    surface = warp(_whole([(x * 0.965, y * 0.967) for x, y in _CAVITY], 80.5))
    falx = warp(open_curve([(0, -82), (0.8, -50), (-0.6, -10), (0.6, 30), (0, 81)], 160))
    front, back = falx[:68], falx[104:]
    sylvian = [
        warp(open_curve([(64 * s, 2), (54 * s, -4), (45 * s, -2), (40 * s, 8), (41 * s, 22)]))
        for s in (-1, 1)
    ]
    sulci = fold(
        canvas, surface, spacing_mm=9.0, depth_mm=14, skip=warp(np.array([[0, -80.0], [0, 80]]))
    )
    medial = fold_line(canvas, front, spacing_mm=11, depth_mm=9)
    medial += fold_line(canvas, back, spacing_mm=11, depth_mm=11)
    opercular = [p for s in sylvian for p in fold_line(canvas, s[10:55], spacing_mm=9, depth_mm=8)]
    brain = Brain(surface, [*sulci, *medial, *opercular], [front, back, *sylvian])
    draw_brain(canvas, brain, cavity)
    _deep_grey(canvas, warp)
    _ventricles(canvas, warp)
    canvas.paint(
        canvas.strokes([front, back], 1.0) * np.clip(0.65 + 0.25 * canvas.noise(12), 0, 1),
        DURA * 1.35,
    )
    draw_vessels(canvas, [*sulci, *medial, *opercular, *sylvian], share=0.4)
    draw_sinus(canvas, cavity[np.argmax(cavity[:, 1])], 7.5, -1.0)
    draw_sinus(canvas, cavity[np.argmin(cavity[:, 1])], 4.5, 1.0)


def _temporal_muscles(canvas: Canvas, cavity: Points) -> None:
    outside = -canvas.depth(cavity)
    x, y = canvas.axes()
    flank = step(np.abs(x) - 44, 6) * step(22 - np.abs(y + 40), 9)
    band = step(outside - 7.2, 0.6) * step(10.8 - outside, 0.8)
    canvas.paint(0.9 * flank * band, MUSCLE * (1 + 0.1 * canvas.noise(3)))
    canvas.paint(flank * step(0.7 - np.abs(outside - 7.0), 0.4), BONE)


def _deep_grey(canvas: Canvas, warp: Warp) -> None:
    """Caudate, lentiform nucleus and thalamus: grey, with the internal capsule left between."""
    for side in (-1, 1):
        shapes = [
            closed([(12 * side, -27), (17 * side, -24), (16 * side, -12), (11 * side, -9)]),
            closed([(20 * side, -14), (31 * side, -12), (33 * side, 4), (25 * side, 12)]),
            closed(
                [(6 * side, 4), (15 * side, 2), (20 * side, 16), (14 * side, 25), (6 * side, 20)]
            ),
        ]
        for shape in shapes:
            soft = step(canvas.depth(warp(shape)), 1.6)
            canvas.paint(0.8 * soft, GREY * (1 + 0.02 * canvas.noise(5)))


def _ventricles(canvas: Canvas, warp: Warp) -> None:
    wide = canvas.rng.uniform(0.8, 1.35)
    horns = [
        (2.2, -13),
        (4, -22),
        (10, -32),
        (13.5, -33),
        (12.5, -25),
        (9, -15),
        (5.5, -7),
        (3, -2),
    ]
    atrium = [(13, 27), (18, 30), (24, 40), (25.5, 51), (22, 55), (18.5, 46), (14, 37), (11, 30)]
    for half in (horns, atrium):
        right = np.asarray(half, dtype=np.float64)
        middle = right.mean(axis=0)
        right = middle + (right - middle) * (wide, 1.0)
        for curve in (closed(right), closed(mirrored(right))):
            depth = canvas.depth(warp(curve))
            canvas.paint(step(depth + 1.3, 0.7) * 0.5, WHITE)
            canvas.paint(step(depth, 0.5), FLUID)
    third = warp(closed([(0, -1), (1.6, 5), (1.3, 14), (0, 18), (-1.3, 14), (-1.6, 5)]))
    canvas.paint(canvas.coverage(third), FLUID)
    # Choroid plexus in the atria and the internal cerebral veins enhance.
    for side in (-1, 1):
        tuft = warp(open_curve([(15 * side, 33), (17.5 * side, 38), (20 * side, 45)]))
        lit = np.clip(0.75 + 0.3 * canvas.noise(4), 0, 1)
        canvas.paint(canvas.strokes([tuft], 2.4) * lit, VESSEL * 0.9)
        canvas.paint(canvas.coverage(warp(ellipse((1.8 * side, 20.5), (1.0, 1.3)))), VESSEL)
    canvas.paint(canvas.strokes([warp(open_curve([(0, 21), (0.3, 28), (0, 36)]))], 1.5), VESSEL)
