"""Coronal head slice through the sella turcica."""

import numpy as np

from ml.phantom.canvas import (
    Canvas,
    Points,
    Warp,
    closed,
    ellipse,
    mirrored,
    open_curve,
    step,
)
from ml.phantom.face import draw_coronal_face
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

# Right halves, vertex up.
_SKIN = [
    (0, -99),
    (29, -95),
    (54, -79),
    (69, -50),
    (75, -15),
    (76, 12),
    (75, 38),
    (73, 62),
    (69, 88),
    (62, 116),
]
_CAVITY = [
    (0, -85),
    (26, -81),
    (48, -65),
    (61, -38),
    (65, -10),
    (63, 14),
    (54, 28),
    (41, 34),
    (27, 30),
    (17, 20),
    (10, 16),
]
SELLA = (0.0, 19.0)
"""Middle of the pituitary fossa in mm."""


def outlines() -> tuple[Points, Points]:
    """Skin (leaving the picture at the neck) and inner table, closed curves in mm."""
    skin = closed([*_SKIN, (50, 150), (-50, 150), *[(-x, y) for x, y in _SKIN[:0:-1]]])
    cavity = closed([*_CAVITY, (0, 17.5), *[(-x, y) for x, y in _CAVITY[:0:-1]]])
    return skin, cavity


def draw(canvas: Canvas, skin: Points, cavity: Points, warp: Warp) -> None:
    """Paint the slice; the arguments are those of `ml.phantom.axial.draw`."""
    _, y = canvas.axes()
    vault = step(12 - y + 4 * canvas.noise(20), 7)
    draw_shell(canvas, skin, cavity, vault)
    draw_coronal_face(canvas, skin, cavity, vault)
    _flanks(canvas, cavity)
    inner = np.asarray(_CAVITY, dtype=np.float64) * (0.962, 0.972)
    lower = [(21, 27), (16, 17), (13, 8), (6, 5)]
    half = [*map(tuple, inner[:-2]), *lower]
    surface = warp(closed([*half, *[(-px, py) for px, py in half[:0:-1]]]))
    falx = warp(open_curve([(0, -83), (0.7, -60), (-0.5, -40), (0, -31)]))
    sylvian = [
        warp(open_curve([(63 * s, -4), (54 * s, -7), (45 * s, -5), (40 * s, -9), (37 * s, -16)]))
        for s in (-1, 1)
    ]
    base = warp(np.array([[0.0, 5], [14, 10], [-14, 10], [0, -82]]))
    sulci = fold(canvas, surface, spacing_mm=10.5, depth_mm=12, skip=base)
    medial = fold_line(canvas, falx, spacing_mm=10, depth_mm=10)
    opercular = [p for s in sylvian for p in fold_line(canvas, s[8:60], spacing_mm=10, depth_mm=7)]
    draw_brain(canvas, Brain(surface, [*sulci, *medial, *opercular], [falx, *sylvian]), cavity)
    _deep(canvas, warp)
    lit = np.clip(0.6 + 0.3 * canvas.noise(12), 0, 1)
    canvas.paint(canvas.strokes([falx], 1.0) * lit, DURA * 1.3)
    draw_vessels(canvas, [*sulci, *medial, *opercular, *sylvian], share=0.35)
    _sella(canvas, warp)
    draw_sinus(canvas, cavity[np.argmin(cavity[:, 1])], 6.5, 1.0)


def _flanks(canvas: Canvas, cavity: Points) -> None:
    """Temporal muscles between skull and scalp."""
    outside = -canvas.depth(cavity)
    x, y = canvas.axes()
    place = step(np.abs(x) - 50, 5) * step(y + 34, 9) * step(34 - y, 6)
    bulge = 8.5 + 3.0 * np.exp(-(((y - 16) / 22) ** 2))
    band = step(outside - 6.4, 0.5) * step(bulge - outside, 0.7)
    canvas.paint(0.92 * place * band, MUSCLE * (1 + 0.09 * canvas.noise(3)))


def _deep(canvas: Canvas, warp: Warp) -> None:
    """Deep grey matter, callosum, ventricles, temporal horns."""
    wide = canvas.rng.uniform(0.8, 1.35)
    for s in (-1, 1):
        for shape in (
            [(15 * s, -21), (21 * s, -22), (22 * s, -12), (15 * s, -8)],
            [(24 * s, -12), (33 * s, -10), (31 * s, 3), (22 * s, 5)],
            [(4 * s, -5), (12 * s, -6), (14 * s, 1), (6 * s, 3)],
        ):
            canvas.paint(0.8 * step(canvas.depth(warp(closed(shape))), 1.5), GREY * 0.99)
    callosum = warp(open_curve([(-24, -33), (-11, -30), (0, -28), (11, -30), (24, -33)]))
    canvas.paint(canvas.strokes([callosum], 4.5) * 0.8, WHITE * 1.03)
    horn = np.array(
        [(1.3, -24), (8, -26.5), (16, -29), (19, -26.5), (14, -17), (9, -9), (4, -9.5), (1.6, -15)]
    )
    horn = (horn - horn[0]) * (wide, 0.6 + 0.4 * wide) + horn[0]
    for half in (horn, mirrored(horn)):
        depth = canvas.depth(warp(closed(half)))
        canvas.paint(step(depth, 0.5), FLUID)
    third = warp(closed([(0, -5), (1.5, -1), (1.2, 4), (0, 7), (-1.2, 4), (-1.5, -1)]))
    canvas.paint(canvas.coverage(third), FLUID)
    for s in (-1, 1):
        canvas.paint(canvas.coverage(warp(ellipse((31 * s, 16), (3.6, 1.1), 20 * s))), FLUID * 1.1)
        canvas.paint(canvas.coverage(warp(ellipse((4.0 * s, -11), (1.3, 1.0)))), VESSEL * 0.8)


def _sella(canvas: Canvas, warp: Warp) -> None:
    """Suprasellar cistern, chiasm, stalk, gland, cavernous sinuses and carotids."""
    cistern = warp(
        closed([(-19, 14), (-9, 5), (0, 4), (9, 5), (19, 14), (9, 16.5), (0, 16), (-9, 16.5)])
    )
    canvas.paint(step(canvas.depth(cistern), 0.7), FLUID)
    canvas.paint(canvas.coverage(warp(ellipse((0, 8.5), (7.0, 1.5)))), WHITE)
    canvas.paint(canvas.strokes([warp(open_curve([(0, 9.5), (0.3, 13), (0, 17)]))], 1.3), 0.5)
    gland = canvas.depth(warp(ellipse((0, 19.5), (7.0, 3.6))))
    canvas.paint(step(gland, 0.5), 0.5 * (1 + 0.05 * canvas.noise(3)))
    for s in (-1, 1):
        cavernous = warp(
            closed([(8 * s, 14), (15 * s, 15), (18 * s, 21), (14 * s, 27), (8 * s, 25)])
        )
        canvas.paint(step(canvas.depth(cavernous), 0.6), 0.5 * (1 + 0.1 * canvas.noise(3)))
        canvas.paint(canvas.coverage(warp(ellipse((11.5 * s, 21.5), (2.5, 2.3)))), BONE)
        canvas.paint(canvas.coverage(warp(ellipse((11.0 * s, 14.8), (1.9, 1.7)))), BONE)
        middle = warp(open_curve([(11 * s, 12), (17 * s, 9.5), (24 * s, 9), (30 * s, 6)]))
        canvas.paint(canvas.strokes([middle], 1.0) * 0.55, BONE)
