"""Layers shared by the three planes: scalp and skull, cortex, vessels.

Levels follow contrast-enhanced T1: fat brightest, enhancing vessels and dura bright, white
matter a little brighter than grey, fluid dark, cortical bone and air black.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ml.phantom.canvas import Canvas, Field, Points, closed, step

AIR: Final = 0.0
BONE: Final = 0.05
FLUID: Final = 0.12
GREY: Final = 0.285
WHITE: Final = 0.33
MUSCLE: Final = 0.25
MARROW: Final = 0.42
SKIN: Final = 0.5
FAT: Final = 0.78
VESSEL: Final = 0.62
DURA: Final = 0.36


@dataclass
class Brain:
    """Where the cortex folds.

    Attributes:
        surface: closed curve of the pial surface in mm.
        sulci: lines from the surface into the brain.
        fissures: lines of fluid with cortex on both sides (interhemispheric, Sylvian …).
        width_mm: half width of a sulcus at its floor.
    """

    surface: Points
    sulci: list[Points] = field(default_factory=list)
    fissures: list[Points] = field(default_factory=list)
    width_mm: float = 0.35


def draw_shell(canvas: Canvas, skin: Points, cavity: Points, skull: Field) -> None:
    """Skin, fat, galea, outer table, marrow, inner table, dura, fluid, from outside inwards.

    Args:
        canvas: painted on.
        skin: closed curve of the skin.
        cavity: closed curve of the inner table.
        skull: (grid, grid) 0..1, where a vault of bone is drawn (0 at the base and face).
    """
    head = canvas.depth(skin)
    bone = -canvas.depth(cavity)  # mm outside the inner table
    rough = canvas.noise(14)
    canvas.paint(step(head, 0.4), SKIN)
    fat = FAT * (1 + 0.07 * canvas.noise(9) + 0.05 * canvas.noise(3))
    canvas.paint(step(head - 1.7, 0.4), fat)
    # Fibrous strands and vessels darken the scalp in places.
    strands = step(canvas.noise(5) - 1.5, 0.5) * step(head - 2.5, 0.5)
    canvas.paint(0.45 * strands, MUSCLE)
    thick = 6.2 + 0.9 * rough
    canvas.paint(skull * step(thick + 1.0 - bone, 0.5), BONE)
    marrow = MARROW * (0.85 + 0.25 * canvas.noise(6))
    inside = step(bone - 1.9, 0.5) * step(thick - 1.6 - bone, 0.6) * step(rough + 0.9, 0.9)
    canvas.paint(skull * 0.85 * inside, marrow)
    canvas.paint(step(0.4 - bone, 0.4), DURA)
    canvas.paint(step(-0.7 - bone, 0.35), FLUID)


def draw_brain(canvas: Canvas, brain: Brain, cavity: Points) -> None:
    """Cortical ribbon, white matter and fluid in the sulci.

    Args:
        canvas: painted on.
        brain: outline and folds.
        cavity: inner table, which the brain never crosses however a tumour pushes it.
    """
    surface = np.minimum(canvas.depth(brain.surface), canvas.depth(cavity) - 1.0)
    folds = canvas.distance(brain.sulci)
    clefts = canvas.distance(brain.fissures)
    ribbon = 2.9 + 0.5 * canvas.noise(7)
    nearest = np.minimum(np.minimum(folds, clefts), np.maximum(surface, 0))
    white = step(nearest - ribbon, 0.9)
    tissue = GREY + (WHITE - GREY) * white
    tissue = tissue * (1 + 0.018 * canvas.noise(12) + 0.012 * canvas.noise(4))
    inside = step(surface, 0.5)
    canvas.paint(inside, tissue)
    # Sulci open towards the surface; some are closed by touching gyri.
    gape = brain.width_mm + 0.75 * np.exp(-np.maximum(surface, 0) / 4.5)
    gape = gape * np.clip(1 + 0.45 * canvas.noise(11), 0.25, 1.9)
    canvas.paint(inside * step(gape - folds, 0.55), FLUID * 1.15)
    canvas.paint(inside * step(0.65 + 0.25 * canvas.noise(9) - clefts, 0.5), FLUID)


def fold(
    canvas: Canvas,
    surface: Points,
    *,
    spacing_mm: float,
    depth_mm: float,
    skip: Points | None = None,
) -> list[Points]:
    """Sulci: winding lines from a closed surface inwards, some of them branching.

    Args:
        canvas: source of randomness.
        surface: closed curve, (N, 2).
        spacing_mm: mean distance of neighbouring sulci along the surface.
        depth_mm: mean depth.
        skip: points near which no sulcus begins (within 9 mm).
    """
    rng = canvas.rng
    edges = np.roll(surface, -1, axis=0) - surface
    along = np.r_[0, np.cumsum(np.hypot(*edges.T))]
    inward = _inward_normals(surface)
    lines: list[Points] = []
    at = rng.uniform(0, spacing_mm)
    while at < along[-1] - spacing_mm / 2:
        index = int(np.searchsorted(along, at)) % len(surface)
        start = surface[index]
        at += spacing_mm * rng.uniform(0.6, 1.4)
        length = depth_mm * rng.choice([0.45, 0.8, 1.0, 1.35])
        if skip is not None and np.hypot(*(skip - start).T).min() < 9:
            continue
        line = _wander(rng, start - 1.5 * inward[index], inward[index], length)
        lines.append(line)
        if length > 9 and rng.random() < 0.4:
            lines.append(_branch(rng, line, length))
    return lines


def fold_line(canvas: Canvas, line: Points, *, spacing_mm: float, depth_mm: float) -> list[Points]:
    """Sulci on both sides of an open line, such as the interhemispheric fissure."""
    rng = canvas.rng
    edges = np.diff(line, axis=0)
    along = np.r_[0, np.cumsum(np.hypot(*edges.T))]
    lines: list[Points] = []
    for side in (-1.0, 1.0):
        at = rng.uniform(0, spacing_mm)
        while at < along[-1]:
            index = min(int(np.searchsorted(along, at)), len(edges) - 1)
            heading = edges[index] / np.hypot(*edges[index])
            normal = side * np.array([-heading[1], heading[0]])
            lines.append(_wander(rng, line[index], normal, depth_mm * rng.uniform(0.4, 1.2)))
            at += spacing_mm * rng.uniform(0.6, 1.5)
    return lines


def draw_vessels(
    canvas: Canvas, lines: list[Points], *, share: float, level: float = VESSEL
) -> None:
    """Short stretches of enhancing vessel lying in some of the sulci."""
    rng = canvas.rng
    chosen = []
    for line in lines:
        if rng.random() < share:
            length = max(4, int(len(line) * rng.uniform(0.15, 0.5)))
            start = int(rng.integers(0, max(1, len(line) - length)))
            chosen.append(line[start : start + length])
    strength = np.clip(0.5 + 0.35 * canvas.noise(8), 0.1, 0.95)
    canvas.paint(canvas.strokes(chosen, 0.75) * strength, level)


def draw_sinus(canvas: Canvas, tip: Points, reach_mm: float, sign: float) -> None:
    """Superior sagittal sinus in cross-section: a triangle on the vault, point inwards.

    Args:
        canvas: painted on.
        tip: point of the inner table in the midline.
        reach_mm: how far it reaches inwards.
        sign: 1 when inwards is down the screen, -1 when it is up.
    """
    half = 0.8 * reach_mm
    corners = [
        (-half, -0.8),
        (0, -1.2),
        (half, -0.8),
        (0.18 * half, 0.8 * reach_mm),
        (0, reach_mm),
        (-0.18 * half, 0.8 * reach_mm),
    ]
    curve = tip + np.array(corners) * (1, sign)
    depth = canvas.depth(closed(curve))
    canvas.paint(step(depth + 0.5 * canvas.noise(5), 0.7), VESSEL * (0.95 + 0.12 * canvas.noise(3)))


def draw_soft_parts(canvas: Canvas, where: Field) -> None:
    """Fat and muscle of face and neck, interleaved in strands."""
    # Ridges of smooth noise make sheets and strands instead of clouds.
    strands = 1 - np.abs(canvas.noise(11)) * 1.5
    fine = 1 - np.abs(canvas.noise(5)) * 1.6
    mix = np.clip(0.55 + 0.28 * strands + 0.22 * fine - 0.25 * canvas.noise(16), 0, 1)
    canvas.paint(where, MUSCLE + (0.72 * FAT - MUSCLE) * mix * mix)


def draw_muscle(canvas: Canvas, curve: Points, shade: float = 1.0) -> None:
    """A muscle belly: dark, with fine bright septa and a ragged edge."""
    septa = np.clip(1 - np.abs(canvas.noise(9)) * 3.5, 0, 1) * np.clip(canvas.noise(14), 0, 1)
    grain = 0.06 * canvas.noise(12) + 0.05 * canvas.noise(4) + 0.04 * canvas.noise(2)
    level = MUSCLE * shade * (1 + grain) + 0.12 * septa
    canvas.paint(step(canvas.depth(curve) + 1.3 * canvas.noise(6), 0.9), level)


def _inward_normals(surface: Points) -> Points:
    tangent = np.roll(surface, -3, axis=0) - np.roll(surface, 3, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    normal /= np.hypot(*normal.T)[:, None]
    return normal if _area(surface) > 0 else -normal


def _area(curve: Points) -> float:
    following = np.roll(curve, -1, axis=0)
    return float((curve[:, 0] * following[:, 1] - following[:, 0] * curve[:, 1]).sum() / 2)


def _wander(rng: np.random.Generator, start: Points, heading: Points, length_mm: float) -> Points:
    """A line that keeps its heading on the whole and meanders, one point a millimetre."""
    count = max(4, round(length_mm))
    phase, bend = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.75)
    turn = rng.normal(0, 0.02) * np.arange(count) + bend * np.sin(
        np.arange(count) / rng.uniform(3.0, 5.5) + phase
    )
    turn -= turn[0]
    angle = np.arctan2(heading[1], heading[0]) + turn + rng.normal(0, 0.22)
    moves = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(start + np.vstack([np.zeros((1, 2)), np.cumsum(moves, axis=0)]))


def _branch(rng: np.random.Generator, line: Points, length_mm: float) -> Points:
    index = int(rng.integers(len(line) // 3, 2 * len(line) // 3))
    heading = line[index + 1] - line[index]
    turn = rng.choice([-1, 1]) * rng.uniform(0.7, 1.3)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return _wander(rng, line[index], rotation @ heading, length_mm * rng.uniform(0.3, 0.6))
