"""Where the head and the brain lie on a prepared picture, and the line that mirrors the head.

All by threshold, morphology and correlation: nothing learnt, so that what edits training and
test pictures has seen neither.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from ml.results import BoolArray, FloatArray

AIR: Final[float] = 0.05
"""Blurred levels below this are air."""
FRAME: Final[float] = 0.04
"""Outermost part that is never head, share of the side: some copies have a line around them."""
ENOUGH_BRAIN: Final[float] = 0.3
"""Share of the head that a believable brain takes."""
SYMMETRY_SIDE: Final[int] = 52
"""Side at which the mirror line is sought, pixels."""


@dataclass(frozen=True)
class Mirror:
    """A line that mirrors the head, on a square of side 1.

    Attributes:
        angle: direction of the line, radians, 0 along the rows, in 0..π.
        row: of a point on the line, share of the side.
        column: likewise.
        likeness: correlation of the head with its mirror image away from the tumour, −1..1.
    """

    angle: float
    row: float
    column: float
    likeness: float

    def matrix(self, size: int) -> FloatArray:
        """(2, 3) affine matrix of the reflection on a picture of side `size` pixels."""
        return _reflection(self.angle, (self.column * size - 0.5, self.row * size - 0.5))


def disc(radius: float) -> cv2.typing.MatLike:
    """Structuring element of a radius in pixels."""
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def dilate(mask: BoolArray, radius: float) -> BoolArray:
    """Mask (S, S) grown by a radius in pixels; 0.5 and less changes nothing."""
    if radius <= 0.5:
        return mask
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disc(radius)), np.bool_)


def largest(mask: BoolArray) -> BoolArray:
    """The largest connected part of a mask, its holes filled; empty stays empty."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return np.zeros(mask.shape, np.bool_)
    part = parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    outside = np.pad((~part).astype(np.uint8), 1, constant_values=1)
    _, spaces = cv2.connectedComponents(outside, connectivity=4)
    return np.asarray(spaces[1:-1, 1:-1] != spaces[0, 0], np.bool_)


def head_of(image: FloatArray) -> BoolArray:
    """The head (S, S): the largest part that is not air, closed and filled."""
    size = image.shape[0]
    soft = cv2.GaussianBlur(image, (0, 0), max(0.7, size / 160))
    bright = (np.asarray(soft) > AIR).astype(np.uint8)
    edge = round(FRAME * size)
    bright[:edge] = bright[-edge:] = bright[:, :edge] = bright[:, -edge:] = 0
    closed = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, disc(size * 0.02))
    return largest(np.asarray(closed, np.bool_))


def depth_of(mask: BoolArray) -> FloatArray:
    """Distance (S, S) of every pixel of a mask to its edge, pixels; the frame is an edge too."""
    padded = np.pad(mask, 1).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 3), np.float32)[1:-1, 1:-1]


def brain_of(image: FloatArray) -> BoolArray:
    """The brain (S, S), roughly: the largest even-grey part inside the skull.

    Limits: cautious rather than complete: cortex and skull base are partly left out, and the
    muscles of face and neck come along where nothing dark parts them from the brain.
    """
    size = image.shape[0]
    head = head_of(image)
    depth = depth_of(head) / size
    if not (depth > 0.15).any():
        return np.zeros(head.shape, np.bool_)
    soft = np.asarray(cv2.GaussianBlur(image, (0, 0), size / 110), np.float32)
    inner, level = depth > 0.05, _usual_level(soft, depth)
    slope = np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    best = np.zeros(head.shape, np.bool_)
    # crisp pictures have steep folds, so the limit is loosened until enough of the head is brain
    for steepest in (0.9, 1.8, 9.0):
        even = inner & (soft > 0.55 * level) & (soft < 1.6 * level)
        even &= slope * size / 208 < steepest * level
        part = _opened(even, size)
        best = part & inner if part.sum() > best.sum() else best
        if best.sum() >= ENOUGH_BRAIN * head.sum():
            break
    return best


def _usual_level(soft: FloatArray, depth: FloatArray) -> float:
    """Commonest level deep in the upper part of the head, where most pictures show brain."""
    rows = np.flatnonzero((depth > 0).any(axis=1))
    upper = depth[: int(rows[0] + 0.6 * (rows[-1] - rows[0])) + 1]
    deep = upper > min(0.15, 0.5 * float(upper.max()))
    counts, edges = np.histogram(soft[: len(upper)][deep], 64, (0.0, 1.0))
    smooth = np.convolve(counts, np.hanning(9), "same")
    smooth[edges[:-1] < AIR] = 0.0
    return float(edges[int(np.argmax(smooth))] + 1 / 128)


def _opened(even: BoolArray, size: int) -> BoolArray:
    """The largest part of a mask that is wide enough, without the necks that lead out of it."""
    closed = cv2.morphologyEx(even.astype(np.uint8), cv2.MORPH_CLOSE, disc(size * 0.012))
    wide = cv2.morphologyEx(closed, cv2.MORPH_OPEN, disc(size * 0.05))
    part = largest(np.asarray(wide, np.bool_)).astype(np.uint8)
    return largest(np.asarray(cv2.morphologyEx(part, cv2.MORPH_CLOSE, disc(size * 0.05)), np.bool_))


def mirror_of(image: FloatArray, head: BoolArray, tumour: BoolArray) -> Mirror:
    """The line about which a head is most alike on both sides.

    Args:
        image: (S, S) float32 in 0..1.
        head: (S, S).
        tumour: (S, S), left out of the comparison together with its mirror image.
    """
    side = SYMMETRY_SIDE
    small, inside, free = (
        np.asarray(cv2.resize(a.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA))
        for a in (image, head, ~tumour)
    )
    small = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32)
    # bright scalp alone must not decide
    stack = np.dstack([np.minimum(small, 0.7), (inside > 0.5) * 1.0, (free > 0.99) * 1.0])
    rows, columns = np.nonzero(inside > 0.5)
    if rows.size < 9:
        return Mirror(np.pi / 2, 0.5, 0.5, -1.0)
    centre = (float(columns.mean()), float(rows.mean()))
    best = (-2.0, np.pi / 2, 0.0)
    for step, reach, pitch in ((np.pi / 24, 4.0, 2.0), (np.pi / 72, 1.0, 1.0), (0.011, 0.5, 0.5)):
        wide = step > 0.1
        angles = np.arange(24) * step if wide else best[1] + step * np.arange(-2, 3)
        offsets = (0.0 if wide else best[2]) + np.arange(-reach, reach + 0.01, pitch)
        tried = [
            (_likeness(stack.astype(np.float32), a, _aside(centre, a, d)), float(a), float(d))
            for a in angles
            for d in offsets
        ]
        best = max([best, *tried])
    column, row = _aside(centre, best[1], best[2])
    return Mirror(best[1] % np.pi, (row + 0.5) / side, (column + 0.5) / side, best[0])


def _aside(centre: tuple[float, float], angle: float, distance: float) -> tuple[float, float]:
    """(x, y) of a point beside a centre, at right angles to a direction."""
    return centre[0] - float(np.sin(angle)) * distance, centre[1] + float(np.cos(angle)) * distance


def _reflection(angle: float, point: tuple[float, float]) -> FloatArray:
    c, s = np.cos(2 * angle), np.sin(2 * angle)
    turn = np.array([[c, s], [s, -c]])
    shift = np.array(point) - turn @ np.array(point)
    return np.column_stack([turn, shift]).astype(np.float32)


def _likeness(stack: FloatArray, angle: float, point: tuple[float, float]) -> float:
    """Correlation of a head with its mirror image, less what does not overlap."""
    side = stack.shape[0]
    other = cv2.warpAffine(stack, _reflection(angle, point), (side, side), flags=cv2.INTER_LINEAR)
    both = (stack[..., 1] > 0.5) & (other[..., 1] > 0.5)
    either = (stack[..., 1] > 0.5) | (other[..., 1] > 0.5)
    seen = both & (stack[..., 2] > 0.5) & (other[..., 2] > 0.5)
    if seen.sum() < 0.3 * either.sum():
        return -1.0
    a, b = stack[..., 0][seen], other[..., 0][seen]
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    overlap = float(both.sum()) / float(either.sum())
    return float((a * b).sum()) / max(scale, 1e-6) * min(1.0, overlap / 0.9)
