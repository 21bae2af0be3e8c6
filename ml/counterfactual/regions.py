"""What is replaced in a picture, what borders on it, and from where it can be replaced."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ml.counterfactual.heads import dilate
from ml.results import BoolArray, FloatArray

COVERED: Final[float] = 0.1
"""Coverage above which a pixel belongs to the tumour."""
RIM: Final[float] = 0.015
"""How far the tumour's blurred edge reaches beyond its outline, share of the side."""
FEATHER: Final[float] = 0.02
"""Width over which a filling fades into the picture, share of the side."""
BORDER: Final[float] = 0.035
"""Width of the border that levels are matched on, share of the side."""
SAMPLED: Final[int] = 160
"""Most pixels of core and border that a source is tried on."""
Shifts = npt.NDArray[np.int64]
"""(K, 2) displacements (rows, columns) in pixels."""


@dataclass(frozen=True)
class Region:
    """What is replaced.

    Attributes:
        core: (S, S) bool, replaced wholly.
        border: (S, S) bool, what surrounds it and is believed.
        alpha: (S, S) float32, 1 in the core, fading to exactly 0.
    """

    core: BoolArray
    border: BoolArray
    alpha: FloatArray

    @classmethod
    def around(cls, core: BoolArray, head: BoolArray, *, gap: float = 0.0) -> "Region":
        """A region with its border and fade; nothing outside the head takes part.

        Args:
            core: (S, S), what is replaced wholly.
            head: (S, S).
            gap: distance from the core at which the border begins, share of the side.
        """
        size = core.shape[0]
        core = core & head
        away = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 5)
        away = np.asarray(away, np.float32)
        ramp = np.clip(1.0 - away / max(1.5, FEATHER * size), 0.0, 1.0)
        near, far = gap * size, gap * size + max(3.0, BORDER * size)
        border = (away > near) & (away <= far) & head
        return cls(core, border, np.asarray(ramp * ramp * (3.0 - 2.0 * ramp) * head, np.float32))


def tumour_core(mask: FloatArray) -> BoolArray:
    """Coverage (S, S) → the pixels that show any of the tumour."""
    return dilate(np.asarray(mask > COVERED, np.bool_), max(1.0, RIM * mask.shape[0]))


def square(reach: int, step: int) -> Shifts:
    """All displacements up to a reach on a grid of a step, nearest first."""
    ticks = np.arange(-reach, reach + 1) * step
    shifts = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.asarray(shifts[np.argsort((shifts**2).sum(axis=1), kind="stable")], np.int64)


@dataclass(frozen=True)
class Fit:
    """How well a displaced source continues a region's border.

    Attributes:
        shift: (rows, columns) from a pixel of the region to its source.
        misfit: mean robust difference along the border, in units of the border's own spread.
        usable: share of the core that has a usable source.
    """

    shift: tuple[int, int]
    misfit: float
    usable: float


def best_fit(
    image: FloatArray,
    region: Region,
    source: FloatArray,
    usable: BoolArray,
    *,
    shifts: Shifts,
    least: float,
) -> Fit | None:
    """The displacement of a source that continues the border best, up to one level.

    Args:
        image: (S, S), the border is read here.
        region: what is to be replaced.
        source: (S, S), what could replace it.
        usable: (S, S), where the source may be taken from.
        shifts: displacements to try.
        least: least share of the core with a usable source.

    Returns:
        The best, or None where no displacement has enough usable source.
    """
    size = image.shape[0]
    core, border = _sample(region.core), _sample(region.border)
    if not len(core) or not len(border):
        return None
    share = _at(usable, core, shifts, 0).mean(axis=1)
    kept = np.flatnonzero(share >= least)
    if not kept.size:
        return None
    here = image[border[:, 0], border[:, 1]]
    off = here[None] - _at(source, border, shifts[kept], np.nan)
    known = np.isfinite(off).mean(axis=1) > 0.7
    if not known.any():
        return None
    kept, misfit = kept[known], _misfit(off[known], float(here.std()) + 0.02)
    # a little less fit is accepted for being nearer: tissue varies with place
    far = np.hypot(*shifts[kept].T) / size
    pick = int(np.argmin(misfit + 0.2 * far))
    row, column = (int(v) for v in shifts[kept[pick]])
    return Fit((row, column), float(misfit[pick]), float(share[kept[pick]]))


def _misfit(off: FloatArray, spread: float) -> FloatArray:
    """Mean robust size (K,) of differences (K, N) about their median, in units of `spread`."""
    size = np.abs(off - np.nanmedian(off, axis=1, keepdims=True))
    return np.asarray(np.nanmean(np.minimum(size, 2.0 * spread), axis=1) / spread)


def _sample(mask: BoolArray) -> Shifts:
    """(N, 2) pixels of a mask, thinned evenly."""
    found = np.argwhere(mask)
    return found[:: max(1, len(found) // SAMPLED)]


def _at(
    picture: npt.NDArray[np.generic], pixels: Shifts, shifts: Shifts, outside: float
) -> FloatArray:
    """Values (K, N) of a picture at pixels moved by each displacement."""
    size = picture.shape[0]
    moved = pixels[None] + shifts[:, None]
    within = ((moved >= 0) & (moved < size)).all(axis=-1)
    moved = np.clip(moved, 0, size - 1)
    found = picture[moved[..., 0], moved[..., 1]].astype(np.float32)
    return np.asarray(np.where(within, found, np.float32(outside)), np.float32)


def displaced(picture: FloatArray, shift: tuple[int, int]) -> FloatArray:
    """A picture (S, S) fetched from a whole-pixel displacement; zero from outside."""
    matrix = np.array([[1, 0, -shift[1]], [0, 1, -shift[0]]], np.float32)
    size = picture.shape[0]
    moved = cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_NEAREST)
    return np.asarray(moved, np.float32)
