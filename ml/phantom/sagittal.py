"""Midline sagittal head slice, the face to the left of the screen."""

import numpy as np

from ml.phantom.canvas import (
    Canvas,
    Controls,
    Points,
    Warp,
    closed,
    ellipse,
    open_curve,
    step,
)
from ml.phantom.face import draw_sagittal_face
from ml.phantom.tissue import (
    BONE,
    FLUID,
    GREY,
    VESSEL,
    WHITE,
    Brain,
    draw_brain,
    draw_shell,
    draw_vessels,
    fold,
    fold_line,
)

_SKIN = [
    (-20, -99),
    (20, -100),
    (58, -87),
    (84, -59),
    (95, -20),
    (94, 18),
    (85, 46),
    (76, 72),
    (75, 98),
    (78, 140),
    (0, 150),
    (-84, 140),
    (-93, 118),
    (-103, 108),
    (-98, 96),
    (-106, 88),
    (-102, 80),
    (-108, 71),
    (-104, 60),
    (-116, 51),
    (-111, 36),
    (-104, 18),
    (-100, 4),
    (-102, -12),
    (-98, -36),
    (-84, -67),
    (-55, -90),
]
_STEM = [
    (-8, -1),
    (-5, 6),
    (-9, 14),
    (-8, 25),
    (-2, 33),
    (2, 44),
    (6, 58),
    (8, 90),
    (7, 135),
    (13, 135),
    (14, 90),
    (13, 58),
    (12, 44),
    (13, 32),
    (15, 20),
    (14, 8),
    (16, -4),
    (6, -6),
]
_LOBE = [
    (17, 18),
    (20, 6),
    (32, 3),
    (48, 10),
    (64, 16),
    (72, 22),
    (64, 33),
    (48, 44),
    (34, 50),
    (22, 50),
    (17, 40),
    (21, 29),
]
_CAVITY = [
    (-20, -85),
    (20, -86),
    (54, -73),
    (74, -49),
    (83, -18),
    (80, 12),
    (66, 33),
    (48, 47),
    (30, 54),
    (15, 55),
    (4, 50),
    (-3, 38),
    (-9, 24),
    (-12, 14),
    (-16, 20),
    (-21, 20),
    (-25, 11),
    (-45, 8),
    (-66, 7),
    (-81, -3),
    (-87, -22),
    (-78, -53),
    (-52, -77),
]
_CEREBRUM = [
    (-20, -81),
    (20, -82),
    (52, -70),
    (71, -47),
    (79.5, -18),
    (77, 8),
    (62, 13),
    (45, 7),
    (33, 0),
    (22, -8),
    (0, -10),
    (-18, -2),
    (-28, 5),
    (-45, 5),
    (-65, 3.5),
    (-79, -5),
    (-84, -22),
    (-75, -51),
    (-50, -74),
]
SELLA = (-18.5, 15.5)
"""Middle of the pituitary fossa in mm."""


def outlines() -> tuple[Points, Points]:
    """Skin (leaving the picture at the neck) and inner table, closed curves in mm."""
    return closed(_SKIN, 600), closed(_CAVITY, 500)


def draw(canvas: Canvas, skin: Points, cavity: Points, warp: Warp) -> None:
    """Paint the slice; the arguments are those of `ml.phantom.axial.draw`."""
    x, y = canvas.axes()
    front = -2 - 0.02 * x - y
    back = np.where(x > 15, 48 - 0.15 * x - y, front)
    vault = step(back + 3 * canvas.noise(18), 5)
    draw_shell(canvas, skin, cavity, vault)
    draw_sagittal_face(canvas, skin, cavity, vault)
    canvas.paint(step(canvas.depth(cavity) - 0.4, 0.5), FLUID)
    surface = warp(closed(_CEREBRUM, 500))
    cingulate = warp(
        open_curve([(-44, -8), (-53, -20), (-45, -38), (-14, -52), (18, -50), (34, -60)])
    )
    parietal = warp(open_curve([(62, -58), (52, -40), (44, -24), (38, -14)]))
    calcarine = warp(open_curve([(77, -2), (62, -6), (48, -14), (42, -20)]))
    below = warp(
        np.array([(x, y) for x, y in _CEREBRUM if y > -12 and -32 < x < 60], dtype=np.float64)
    )
    sulci = fold(canvas, surface, spacing_mm=11.5, depth_mm=17, skip=below)
    small = fold_line(canvas, cingulate, spacing_mm=13, depth_mm=7)
    fissures = [cingulate, parietal, calcarine]
    draw_brain(canvas, Brain(surface, [*sulci, *small], fissures), cavity)
    draw_vessels(canvas, [*sulci, *small, *fissures], share=0.35)
    _middle(canvas, warp)
    _hindbrain(canvas, cavity, warp)
    _veins(canvas, cavity, warp)
    _sella(canvas, warp)


def _middle(canvas: Canvas, warp: Warp) -> None:
    """Callosum, septum and lateral ventricle, fornix, thalamus."""
    rise = canvas.rng.uniform(0, 3)
    _soft(
        canvas,
        warp,
        [(-33, -18), (-29, -27), (-8, -35), (14, -31), (22, -21), (8, -17), (-8, -17), (-22, -9)],
        FLUID,
    )
    callosum = warp(
        open_curve(
            [
                (-30, -8),
                (-38, -14),
                (-38, -24),
                (-26, -33),
                (-4, -39),
                (16, -36),
                (28, -26),
                (26, -18),
                (21, -18),
            ]
        )
    )
    canvas.paint(canvas.strokes([callosum], 6.2), WHITE * 1.04)
    fornix = warp(open_curve([(22, -22), (6, -24 + rise), (-8, -19), (-13, -8)]))
    canvas.paint(canvas.strokes([fornix], 2.2), WHITE)
    _soft(canvas, warp, [(-12, -8), (-4, -17), (10, -17), (16, -9), (6, -1), (-8, 0)], GREY * 1.05)
    tuft = warp(open_curve([(-9, -17), (2, -21), (13, -20)]))
    canvas.paint(canvas.strokes([tuft], 1.8) * np.clip(0.6 + 0.4 * canvas.noise(4), 0, 1), VESSEL)


def _soft(canvas: Canvas, warp: Warp, curve: Controls, level: float) -> None:
    texture = level * (1 + 0.02 * canvas.noise(5))
    canvas.paint(step(canvas.depth(warp(closed(curve))), 0.7), texture)


def _hindbrain(canvas: Canvas, cavity: Points, warp: Warp) -> None:
    """Midbrain, pons, medulla, cord; cerebellum with its folia; fourth ventricle."""
    _soft(canvas, warp, _STEM, WHITE * 0.97)
    cerebellum = warp(closed(_LOBE))
    hilum = warp(np.array([[21.0, 28.0]]))[0]
    folia = []
    for index in range(3, len(cerebellum), 11):
        edge = cerebellum[index]
        inner = edge + (hilum - edge) * canvas.rng.uniform(0.25, 0.7)
        bend = (edge + inner) / 2 + canvas.rng.normal(0, 1.1, 2)
        folia.append(open_curve(np.array([edge, bend, inner]), 20))
    draw_brain(canvas, Brain(cerebellum, folia, [], 0.1), cavity)
    _soft(canvas, warp, [(14.5, 19), (21, 27.5), (15, 37), (13.5, 28)], FLUID)
    _soft(canvas, warp, [(12.5, 3), (13.8, 3), (15, 20), (13.5, 20)], FLUID)


def _veins(canvas: Canvas, cavity: Points, warp: Warp) -> None:
    lit = np.clip(0.7 + 0.35 * canvas.noise(9), 0, 1)
    deep = warp(
        open_curve([(-6, -13.5), (10, -14.5), (24, -13), (33, -5), (48, 3.5), (64, 12), (77, 12)])
    )
    canvas.paint(canvas.strokes([deep], 1.5) * lit, VESSEL)
    upper = np.vstack([cavity[-20:], cavity[: int(np.argmax(cavity[:, 1] > 8))]])
    canvas.paint(canvas.strokes([upper * 0.985], 2.2) * np.clip(lit - 0.2, 0, 1), VESSEL)
    confluence = warp(ellipse((78, 11), (3.2, 4.5), 20))
    canvas.paint(step(canvas.depth(confluence), 0.7), VESSEL)


def _sella(canvas: Canvas, warp: Warp) -> None:
    _soft(canvas, warp, [(-24, -1), (-18, 0), (-15, 4), (-20, 4.5), (-25, 3)], WHITE)
    canvas.paint(canvas.strokes([warp(open_curve([(-17, 4), (-17.6, 8), (-18, 12)]))], 1.3), 0.5)
    gland = canvas.depth(warp(ellipse((-18.5, 16), (4.8, 3.0))))
    canvas.paint(step(gland, 0.6), 0.5 * (1 + 0.05 * canvas.noise(3)))
    basilar = warp(open_curve([(-9, 8), (-11, 18), (-9, 28), (-3, 40)]))
    canvas.paint(canvas.strokes([basilar], 1.6) * 0.8, BONE)
