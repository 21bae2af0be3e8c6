"""Four cheap looks at a picture before any network is believed.

    blank       hardly a pixel is brighter than the background;
    colour      many pixels are strongly coloured: a photograph, a chart, a colour map;
    levels      nearly black and white: a page, a mask, a hard threshold;
    corners     no dark corners: the field of an MR scanner is black around the head.

All but the share of colour look at the grey levels after `ml.preprocess.normalise`, so bit depth
and units do not matter. `limits_of` sets the limits just outside what training pictures have.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.preprocess import HEAD_LEVEL, normalise
from ml.results import FloatArray, Scan

__all__ = ["COLOUR_LIMIT", "PixelChecks", "PixelLimits", "checks_of", "checks_of_grey", "limits_of"]

COLOUR_LIMIT: Final[float] = 0.10
"""Largest share of strongly coloured pixels: room for a coloured label or scale, no more."""
SLACK: Final[float] = 0.10
"""How far a limit lies beyond the most extreme training picture, as a share of its value."""
_LEVELS: Final[int] = 256
_CORNER: Final[float] = 0.06
"""Side of a corner, share of the picture's shorter side."""


@dataclass(frozen=True)
class PixelChecks:
    """What the pixels of one picture are like.

    Attributes:
        bright: share of pixels brighter than the background, 0..1.
        colour: share of strongly coloured pixels, 0..1.
        levels: how many of 256 grey levels the bright pixels use: the exponential of their
            entropy, so that a few stray pixels do not count; 0 where none is bright.
        corners: median over the four corners of the median grey level there, 0..1.
    """

    bright: float
    colour: float
    levels: float
    corners: float


@dataclass(frozen=True)
class PixelLimits:
    """Where a picture stops being like any training picture.

    Attributes:
        bright: least share of bright pixels.
        levels: fewest levels.
        corners: brightest corners.
        colour: largest share of strongly coloured pixels.
    """

    bright: float
    levels: float
    corners: float
    colour: float = COLOUR_LIMIT

    def broken(self, found: PixelChecks) -> tuple[str, float, float] | None:
        """(check, value, limit) of the first check that a picture fails, or None."""
        checks = (
            ("blank", found.bright, self.bright, found.bright < self.bright),
            ("colour", found.colour, self.colour, found.colour > self.colour),
            ("levels", found.levels, self.levels, found.levels < self.levels),
            ("corners", found.corners, self.corners, found.corners > self.corners),
        )
        return next(((name, value, limit) for name, value, limit, bad in checks if bad), None)


def checks_of(scan: Scan) -> PixelChecks:
    """Look at one picture of any size and range."""
    return checks_of_grey(normalise(scan.pixels), scan.colour)


def checks_of_grey(grey: FloatArray, colour: float = 0.0) -> PixelChecks:
    """Look at a picture (H, W) in 0..1 as `ml.preprocess.normalise` gives it."""
    bright = grey[grey > HEAD_LEVEL]
    share = np.bincount((bright * (_LEVELS - 1)).astype(np.int64)) / max(bright.size, 1)
    used = share[share > 0]
    side = max(1, round(_CORNER * min(grey.shape)))
    ends = (slice(None, side), slice(-side, None))
    corners = [float(np.median(grey[rows, columns])) for rows in ends for columns in ends]
    return PixelChecks(
        bright=bright.size / grey.size,
        colour=colour,
        levels=float(np.exp(-(used * np.log(used)).sum())) if used.size else 0.0,
        corners=float(np.median(corners)),
    )


def limits_of(found: Iterable[PixelChecks]) -> PixelLimits:
    """Limits just outside the most extreme of some training pictures.

    Raises:
        ValueError: there is none.
    """
    values: npt.NDArray[np.float64] = np.array([(o.bright, o.levels, o.corners) for o in found])
    if not values.size:
        raise ValueError("no training picture to set the limits by")
    return PixelLimits(
        bright=float((1.0 - SLACK) * values[:, 0].min()),
        levels=float((1.0 - SLACK) * values[:, 1].min()),
        corners=float((1.0 + SLACK) * values[:, 2].max()),
    )
