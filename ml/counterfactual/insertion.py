"""Blend the tumour of one prepared picture into another."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from ml.counterfactual.heads import brain_of, head_of
from ml.counterfactual.regions import RIM, Region
from ml.counterfactual.texture import grain_of, smooth, spread, trusted, with_grain
from ml.results import BoolArray, FloatArray

SCALE: Final[float] = 0.15
"""Largest relative change of the tumour's size against the head."""
TILT_DEG: Final[float] = 20.0
"""Largest rotation of the tumour, degrees."""
LARGEST: Final[float] = 0.15
"""Largest share of the host's brain that the tumour takes."""
SMALLEST_PX: Final[int] = 12
"""Least area of a tumour that still shows, pixels."""
WITHIN: Final[float] = 0.93
"""Share of the tumour that must lie in the brain."""
NEAR: Final[float] = 0.15
"""Spread of the place about the one the tumour had in its own head, share of the side."""
SHOWS: Final[float] = 0.12
"""Least mean difference of a tumour from the level around it, as a share of that level."""
TOP: Final[float] = 0.97
"""Brightest level that a pasted tumour reaches, so that nothing saturates."""


@dataclass(frozen=True)
class Tumour:
    """A tumour on its own picture.

    Attributes:
        mask: (S, S) float32 coverage.
        centre: (row, column) of its centroid, pixels.
        relative: (row, column) of the centroid in the box of the head, 0..1.
        head_px: square root of its head's area, pixels.
    """

    mask: FloatArray
    centre: tuple[float, float]
    relative: tuple[float, float]
    head_px: float


def blend_in(
    host: FloatArray,
    donor: FloatArray,
    donor_mask: FloatArray,
    rng: np.random.Generator,
    *,
    place: tuple[float, float] | None = None,
    must_show: bool = True,
) -> tuple[FloatArray, FloatArray]:
    """A tumour-free prepared picture with the tumour of another picture.

    The tumour keeps about its size against the head and its place in it, is tilted a little and
    mirrored or not. Its levels are scaled with the brain around it, bent onto the host's border
    by a smooth field and faded in over a soft edge.

    Args:
        host: (S, S) float32 in 0..1, without tumour.
        donor: (S, S) float32 in 0..1, with tumour.
        donor_mask: (S, S) float32 coverage of that tumour.
        rng: draws size, tilt, mirror, place and grain.
        place: (row, column) of the tumour's centroid on the host, pixels; drawn where None.
        must_show: refuse a tumour that hardly differs from what is around it.

    Returns:
        Picture and mask, both (S, S) float32 in 0..1; the picture is identical to the host away
        from the tumour.

    Raises:
        ValueError: a shape or the mask is wrong, no brain is found on the host, it is not large
            enough for the tumour (at the place asked for), or the tumour would not show.

    Limits: it displaces nothing and brings no oedema beyond its edge; the host's sequence is the
    host's, so an enhancing tumour may appear where none was given contrast.
    """
    tumour, brain = _checked(host, donor, donor_mask)
    head = head_of(host)
    matrix = _pose(tumour, head, brain, rng, place)
    moved, mask, known = (
        _warped(a, matrix) for a in (donor, donor_mask, head_of(donor).astype(np.float32))
    )
    # no wider than the outline: what lies just outside a tumour may be the donor's skull
    region = Region.around(np.asarray(mask > 0.5, np.bool_), head, gap=RIM)
    values = _matched(host, moved, region, known > 0.99)
    level = float(np.median(host[region.border]))
    if must_show and float(np.abs(values[region.core] - level).mean()) < SHOWS * level:
        raise ValueError("the tumour hardly differs from the brain around it: it would not show")
    values = _same_grain(values, host, region, brain, rng)
    alpha = np.where(region.core, 1.0, region.alpha * _continued(values - host, region))
    image = host + alpha.astype(np.float32) * (np.clip(values, 0.0, 1.0) - host)
    return np.asarray(image, np.float32), np.asarray(np.clip(mask, 0.0, 1.0) * head, np.float32)


def _checked(host: FloatArray, donor: FloatArray, mask: FloatArray) -> tuple[Tumour, BoolArray]:
    """The tumour to paste and the host's brain."""
    if host.ndim != 2 or host.shape[0] != host.shape[1]:
        raise ValueError(f"a square host picture is wanted, not {host.shape}")
    if donor.shape != host.shape or mask.shape != host.shape:
        raise ValueError(
            f"host, donor and mask must be of one size, not {host.shape}, {donor.shape} and "
            f"{mask.shape}"
        )
    if (mask > 0.5).sum() < SMALLEST_PX:
        raise ValueError(f"the mask is empty or below {SMALLEST_PX} pixels: no tumour to paste")
    brain, head = brain_of(host), head_of(donor)
    if brain.sum() < 0.15 * max(1, int(head_of(host).sum())):
        raise ValueError("no brain is found on the host: it is not large or not even enough")
    if not (head & (mask > 0.5)).any():
        raise ValueError("the mask lies off the donor's head: it does not belong to this picture")
    rows, columns = np.nonzero(mask > 0.5)
    centre = (float(rows.mean()), float(columns.mean()))
    (top, height), (left, width) = _box(head)
    relative = ((centre[0] - top) / height, (centre[1] - left) / width)
    return Tumour(mask, centre, relative, float(head.sum()) ** 0.5), brain


def _box(mask: BoolArray) -> tuple[tuple[int, int], tuple[int, int]]:
    """(top, height), (left, width) of what a mask covers."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (int(rows[0]), int(rows[-1] - rows[0] + 1)), (
        int(columns[0]),
        int(columns[-1] - columns[0] + 1),
    )


def _warped(picture: FloatArray, matrix: FloatArray) -> FloatArray:
    size = picture.shape[0]
    return np.asarray(
        cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_LINEAR), np.float32
    )


def _pose(
    tumour: Tumour,
    head: BoolArray,
    brain: BoolArray,
    rng: np.random.Generator,
    place: tuple[float, float] | None,
) -> FloatArray:
    """(2, 3) matrix from the donor's picture to the host's."""
    mirrored = bool(rng.random() < 0.5)
    tilt = float(rng.uniform(-1, 1)) * TILT_DEG
    scale = float(head.sum()) ** 0.5 / tumour.head_px * (1.0 + float(rng.uniform(-1, 1)) * SCALE)
    scale *= min(1.0, (LARGEST * brain.sum() / (tumour.mask.sum() * scale**2)) ** 0.5)
    pick = float(rng.random())
    middle = (brain.shape[0] // 2,) * 2
    for shrink in (1.0, 0.85, 0.7):
        if tumour.mask.sum() * (scale * shrink) ** 2 < SMALLEST_PX:
            break
        turn = _turn(tumour.centre, scale * shrink, tilt, mirrored=mirrored)
        fits = fitting(_warped(tumour.mask, _to(turn, middle)), middle, brain)
        if place is not None:
            row, column = (round(v) for v in place)
            inside = 0 <= row < fits.shape[0] and 0 <= column < fits.shape[1]
            if inside and fits[row, column]:
                return _to(turn, place)
        elif fits.any():
            return _to(turn, _drawn(fits, head, tumour.relative, pick, mirrored=mirrored))
    raise ValueError(
        "the host is not large enough for this tumour"
        + ("" if place is None else f" at row {place[0]:.0f}, column {place[1]:.0f}")
    )


def _turn(
    centre: tuple[float, float], scale: float, tilt_deg: float, *, mirrored: bool
) -> FloatArray:
    """(2, 3) matrix that turns and scales about a centre and moves that centre to (0, 0)."""
    angle = np.deg2rad(tilt_deg)
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    side = -1.0 if mirrored else 1.0
    turn = np.array([[c * side, s], [-s * side, c]])
    return np.column_stack([turn, -turn @ np.array(centre[::-1])]).astype(np.float32)


def _to(turn: FloatArray, place: tuple[float, float]) -> FloatArray:
    """The same with the centre moved to (row, column)."""
    return np.asarray(turn + np.array([[0, 0, place[1]], [0, 0, place[0]]]), np.float32)


def fitting(mask: FloatArray, centre: tuple[int, int], brain: BoolArray) -> BoolArray:
    """Places (S, S) to which a centre can be moved so that enough of a mask lies in the brain.

    Args:
        mask: (S, S) float32 coverage.
        centre: (row, column) of the pixel that is moved.
        brain: (S, S).
    """
    size = brain.shape[0]
    rows, columns = np.nonzero(mask > 0.5)
    if not rows.size:
        return np.zeros(brain.shape, np.bool_)
    reach = int(max(np.abs(rows - centre[0]).max(), np.abs(columns - centre[1]).max()))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    kernel[rows - centre[0] + reach, columns - centre[1] + reach] = 1.0 / rows.size
    inside = cv2.filter2D(brain.astype(np.float32), -1, kernel, borderType=cv2.BORDER_CONSTANT)
    return np.asarray((inside[:size, :size] >= WITHIN) & brain, np.bool_)


def _drawn(
    fits: BoolArray,
    head: BoolArray,
    relative: tuple[float, float],
    pick: float,
    *,
    mirrored: bool,
) -> tuple[float, float]:
    """One of the fitting places, those near the place in the tumour's own head preferred."""
    (top, height), (left, width) = _box(head)
    across = 1.0 - relative[1] if mirrored else relative[1]
    rows, columns = np.nonzero(fits)
    away = np.hypot(rows - top - relative[0] * height, columns - left - across * width)
    weight = np.exp(-0.5 * (away / (NEAR * fits.shape[0])) ** 2) + 1e-6
    at = int(np.searchsorted(np.cumsum(weight), pick * float(weight.sum())))
    at = min(at, len(rows) - 1)
    return float(rows[at]), float(columns[at])


def _matched(host: FloatArray, moved: FloatArray, region: Region, known: BoolArray) -> FloatArray:
    """The moved donor at the host's levels: one gain, then a smooth field along the border."""
    border = region.border & known
    if not border.any():
        border = region.border
    here = float(np.median(host[region.border]))
    there = float(np.median(moved[border]))
    values = moved * np.float32(np.clip(here / max(there, 1e-3), 0.4, 2.5))
    off = host - values
    values = values + spread(off, trusted(off, border))
    brightest = float(np.quantile(values[region.core], 0.99))
    if brightest > TOP > here:
        squeeze = (TOP - here) / (brightest - here)
        values = np.where(values > here, here + (values - here) * np.float32(squeeze), values)
    return np.asarray(values, np.float32)


def _continued(off: FloatArray, region: Region) -> FloatArray:
    """Weights (S, S) of the fade: low where the donor brings an edge that the host has not."""
    fade = (region.alpha > 0) & ~region.core
    return smooth(trusted(off, fade), 0.7)


def _same_grain(
    values: FloatArray,
    host: FloatArray,
    region: Region,
    brain: BoolArray,
    rng: np.random.Generator,
) -> FloatArray:
    """Softened where the donor is grainier than the host, grained where it is smoother."""
    wanted = min(grain_of(host, region.border), grain_of(host, brain))
    if grain_of(values, region.core) > 1.5 * wanted + 0.004:
        values = smooth(values, 0.7)
    return with_grain(values, region.core, wanted, rng)
