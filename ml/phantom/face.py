"""Soft parts, bone and air below the skull base, for the slices that show them."""

import numpy as np

from ml.phantom.canvas import (
    Canvas,
    Controls,
    Field,
    Points,
    closed,
    ellipse,
    open_curve,
    polygon,
    step,
)
from ml.phantom.tissue import (
    AIR,
    BONE,
    FLUID,
    MARROW,
    MUSCLE,
    VESSEL,
    draw_muscle,
    draw_soft_parts,
)


def draw_coronal_face(canvas: Canvas, skin: Points, cavity: Points, vault: Field) -> None:
    """Skull base, sinus, chewing muscles, jaw, pharynx."""
    below = step(canvas.depth(skin) - 2.2, 0.5) * step(-canvas.depth(cavity), 0.5) * (1 - vault)
    draw_soft_parts(canvas, below)
    # Bone of the base: dark tables with patches of marrow.
    base = step(7.5 + 2.5 * canvas.noise(12) + canvas.depth(cavity), 1.0) * below
    canvas.paint(base, BONE * 2)
    canvas.paint(base * step(canvas.noise(6) - 0.4, 0.5), MARROW * 1.1)
    for s in (-1, 1):
        muscles = [
            [(21 * s, 42), (33 * s, 42), (40 * s, 54), (36 * s, 72), (25 * s, 76), (20 * s, 60)],
            [(58 * s, 46), (64 * s, 54), (62 * s, 76), (57 * s, 92), (53 * s, 90), (55 * s, 66)],
            [(16 * s, 80), (34 * s, 84), (42 * s, 100), (30 * s, 122), (14 * s, 122)],
        ]
        for muscle in muscles:
            draw_muscle(canvas, closed(muscle), 1.05)
        ramus = [(46 * s, 44), (51 * s, 42), (54 * s, 60), (52 * s, 86), (46 * s, 98), (45 * s, 70)]
        jaw = canvas.depth(closed(ramus)) + 0.8 * canvas.noise(9)
        canvas.paint(step(jaw, 0.5), BONE)
        canvas.paint(
            step(jaw - 1.4 - 0.7 * canvas.noise(6), 0.5), MARROW * (1.1 + 0.15 * canvas.noise(4))
        )
        # The internal carotid and jugular: flow voids and bright slow flow.
        canvas.paint(canvas.coverage(ellipse((19 * s, 78), (2.4, 2.8))), BONE)
        canvas.paint(canvas.coverage(ellipse((30 * s, 80), (2.6, 2.0))), VESSEL)
    _pharynx(canvas)


def _pharynx(canvas: Canvas) -> None:
    draw_muscle(
        canvas,
        closed([(-20, 84), (0, 78), (20, 84), (24, 104), (16, 126), (-16, 126), (-24, 104)]),
        1.15,
    )
    mucosa = canvas.depth(
        closed([(-12, 42), (12, 42), (13, 56), (10, 72), (0, 76), (-10, 72), (-13, 56)])
    )
    canvas.paint(step(mucosa + 1.5, 0.8), 0.5 * (1 + 0.12 * canvas.noise(4)))
    throat = canvas.depth(closed([(-7, 48), (7, 48), (8, 56), (5, 67), (-5, 67), (-8, 56)]))
    canvas.paint(step(throat + 0.6 * canvas.noise(5), 0.6), AIR + 0.02)
    sinus = canvas.depth(closed([(-13, 28), (0, 25.5), (13, 28), (12, 37), (0, 39), (-12, 37)]))
    canvas.paint(step(sinus + 1.2, 0.6), 0.4)
    canvas.paint(step(sinus + 0.8 * canvas.noise(7), 0.5), AIR + 0.02)
    septum = open_curve([(1.5, 25), (0.4, 32), (-0.5, 39)])
    canvas.paint(canvas.strokes([septum], 0.9), 0.3)


def draw_sagittal_face(canvas: Canvas, skin: Points, cavity: Points, vault: Field) -> None:
    """Skull base, nose, palate, tongue, pharynx, spine and neck."""
    outside = -canvas.depth(cavity)
    below = step(canvas.depth(skin) - 2.2, 0.5) * step(outside, 0.5) * (1 - vault)
    draw_soft_parts(canvas, below)
    base = below * step(3.0 + 0.8 * canvas.noise(12) - outside, 0.6)
    canvas.paint(base, BONE * 2)
    _patch(canvas, [(-10, 22), (-4, 38), (2, 51), (-6, 50), (-15, 40), (-20, 28)], MARROW * 1.25)
    _patch(canvas, [(-103, 38), (-44, 31), (-30, 36), (-30, 52), (-60, 57), (-98, 57)], BONE * 2.5)
    for level, shade in ((34, 0.5), (45, 0.56)):
        concha = canvas.depth(ellipse((-64, level + 2.5), (25, 4.6), -4)) + canvas.noise(8)
        canvas.paint(step(concha, 0.9), shade * (1 + 0.12 * canvas.noise(5)))
    canvas.paint(canvas.strokes([open_curve([(-96, 60), (-70, 58), (-42, 59)])], 2.5), BONE)
    tongue = [(-92, 76), (-70, 64), (-44, 70), (-37, 92), (-46, 116), (-84, 112)]
    draw_muscle(canvas, closed(tongue), 1.15)
    _patch(canvas, [(-99, 63), (-94, 62), (-93, 73), (-97, 75)], BONE * 2)
    _patch(canvas, [(-98, 78), (-93, 78), (-93, 87), (-97, 88)], BONE * 2)
    _patch(canvas, [(-98, 90), (-92, 90), (-88, 104), (-95, 107)], MARROW)
    airway = open_curve([(-34, 42), (-27, 54), (-25, 72), (-29, 92), (-28, 126)])
    canvas.paint(canvas.strokes([airway], 8) * 0.8, 0.42)
    air = canvas.distance([airway])
    canvas.paint(step(2.4 + 0.8 * canvas.noise(12) - air, 0.6), AIR + 0.02)
    _patch(canvas, [(-48, 8), (-27, 13), (-24, 25), (-32, 31), (-46, 27), (-52, 16)], AIR + 0.03)
    canvas.paint(canvas.strokes([open_curve([(-38, 10), (-36, 20), (-37, 30)])], 0.8) * 0.7, 0.25)
    _patch(canvas, [(-97, -16), (-92, -14), (-90, -2), (-96, 4), (-99, -4)], AIR + 0.02)
    _neck(canvas)


def _patch(canvas: Canvas, curve: Controls, level: float) -> None:
    """A smooth area with a ragged edge and the grain of its tissue."""
    edge = step(canvas.depth(closed(curve)) + 0.7 * canvas.noise(6), 0.7)
    canvas.paint(edge, level * (1 + 0.09 * canvas.noise(4)))


def _neck(canvas: Canvas) -> None:
    nape = [(28, 60), (48, 55), (64, 60), (64, 90), (62, 130), (30, 130)]
    draw_muscle(canvas, closed(nape), 1.05)
    # Ligaments and fat between the layers of the nape run downwards.
    for x in (36, 45, 55):
        line = open_curve([(x - 6, 62), (x, 85), (x - 1, 130)])
        canvas.paint(canvas.strokes([line], 1.2) * np.clip(0.5 + 0.4 * canvas.noise(7), 0, 1), 0.5)
    canal = open_curve([(9, 50), (11, 70), (10, 95), (8, 130)])
    canvas.paint(canvas.strokes([canal], 13), FLUID)
    for index in range(5):
        top = 59 + 16.0 * index
        lean = -0.8 * index
        body = polygon(
            [(-13 + lean, top), (1.5 + lean, top), (1.5 + lean, top + 12), (-13 + lean, top + 12)]
        )
        depth = canvas.depth(body)
        canvas.paint(step(depth + 2.2, 0.7), MUSCLE * 0.75)
        canvas.paint(step(depth + 0.6, 0.5), BONE)
        canvas.paint(step(depth - 0.4, 0.6), MARROW * (1 + 0.07 * canvas.noise(4)))
        spine = canvas.depth(
            polygon([(19, top + 7), (33, top + 10), (32, top + 14), (19, top + 12)])
        )
        canvas.paint(step(spine + 0.8, 0.6), BONE * 2)
        canvas.paint(step(spine - 0.3, 0.6), MARROW * 0.95)
    # Dens of the axis reaching up behind the anterior arch.
    _patch(canvas, [(-6, 47), (-1, 47), (0, 60), (-8, 60)], MARROW)
