"""An earlier examination beside the current one: which slices belong together, what changed.

A change is arithmetic on two measurements. What it means is for the reader: nothing here speaks of
the course of a disease.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.results import Measurement
from ml.volume import Volume

__all__ = ["BY_FRACTION", "BY_MM", "MEASURES", "Change", "Linked", "Sizes", "changes", "linked"]

BY_MM: Final = "mm"
BY_FRACTION: Final = "fraction"
MEASURES: Final = ("diameter_mm", "perpendicular_mm", "area_mm2", "volume_ml")
"""What is compared, by its name and unit in `Sizes`."""
_PARALLEL: Final = 0.985
"""Cosine of about 10°: stacks that are turned further are not linked by their positions."""


@dataclass(frozen=True)
class Sizes:
    """What was measured in one examination; None where the file does not allow it.

    Attributes:
        diameter_mm: longest diameter.
        perpendicular_mm: perpendicular diameter.
        area_mm2: area.
        volume_ml: volume, of a series only.
    """

    diameter_mm: float | None = None
    perpendicular_mm: float | None = None
    area_mm2: float | None = None
    volume_ml: float | None = None

    @classmethod
    def of(cls, found: Measurement, volume_ml: float | None) -> "Sizes":
        """Sizes of an outline, none of them where nothing is outlined."""
        if not found.area_px:
            return cls()
        return cls(found.diameter_mm, found.perpendicular_mm, found.area_mm2, volume_ml)


@dataclass(frozen=True)
class Change:
    """Two measurements of the same kind.

    Attributes:
        prior: the earlier one, > 0.
        current: the later one, > 0.
    """

    prior: float
    current: float

    @property
    def difference(self) -> float:
        """Current minus prior, in their own unit."""
        return self.current - self.prior

    @property
    def factor(self) -> float:
        """Current over prior."""
        return self.current / self.prior

    def within(self, factor: float) -> bool:
        """Whether a measurement that varies by a factor (>= 1) could give this by itself."""
        return max(self.factor, 1.0 / self.factor) <= factor


@dataclass(frozen=True)
class Linked:
    """The prior's slice that is shown beside one of the current examination.

    Attributes:
        number: its place, from 1.
        by: `BY_MM` or `BY_FRACTION`.
        apart_mm: how far it lies from the place that was looked for, None by fraction.
    """

    number: int
    by: str
    apart_mm: float | None = None


def changes(prior: Sizes, current: Sizes) -> Mapping[str, Change | None]:
    """[name of `MEASURES`] → change, None where either is not known or nothing is outlined."""
    found: dict[str, Change | None] = {}
    for name in MEASURES:
        before, after = getattr(prior, name), getattr(current, name)
        found[name] = Change(before, after) if before and after else None
    return found


def linked(current: Volume, number: int, prior: Volume, *, shift_mm: float = 0.0) -> Linked:
    """The slice of the prior that lies where a slice of the current examination does.

    By the positions along the current slices' normal where both files state them and the stacks
    are parallel to within about 10°, else by the same fraction of the way through.

    Args:
        current: the series that is scrolled.
        number: slice of it, from 1.
        prior: the series that follows.
        shift_mm: how much further along the normal the same anatomy lies in the prior.

    Limits: positions count from each examination's own origin; the head may have lain otherwise.
    """
    places = _places_mm(current, prior)
    if places is None:
        share = (number - 1) / max(len(current.slices) - 1, 1)
        return Linked(1 + round(share * (len(prior.slices) - 1)), BY_FRACTION)
    here, there = places
    apart = np.abs(there - (here[number - 1] + shift_mm))
    nearest = int(np.argmin(apart))
    return Linked(nearest + 1, BY_MM, float(apart[nearest]))


def _places_mm(current: Volume, prior: Volume) -> tuple[npt.NDArray[np.float64], ...] | None:
    """Places of both stacks' slices along the current normal, or None where there is none."""
    one, other = current.orientation, prior.orientation
    if one is None or other is None:
        return None
    if current.positions_mm is None or prior.positions_mm is None:
        return None
    if abs(float(np.dot(one.normal, other.normal))) < _PARALLEL:
        return None
    return tuple(
        np.array([one.offset_mm(place) for place in volume.positions_mm or ()], np.float64)
        for volume in (current, prior)
    )
