"""Outlines that readers made their own by moving the threshold; the AI's stays what it was.

An outline is named by its threshold: the probability map that it is drawn on is that of the
answer, by the networks that the row names.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from app.store.own_rows import Kept, OwnRows
from app.store.tables import ReaderOutlineRow
from ml.errors import StoreError

__all__ = ["HIGHEST", "LOWEST", "KeptOutline", "NewOutline", "Outlines"]

LOWEST: Final = 0.05
HIGHEST: Final = 0.95
"""Thresholds between which a reader may choose."""


@dataclass(frozen=True)
class NewOutline:
    """An outline that a reader keeps as their own.

    Attributes:
        reader: name or initials.
        threshold: lowest probability that is outlined.
        ai_threshold: that of the AI's outline at the same time.
        area_px: outlined pixels.
        area_mm2: the same in mm², or None without spacing.
        diameter_px: longest diameter, see `ml.results.Measurement`.
        diameter_mm: likewise in mm.
        perpendicular_px: perpendicular diameter.
        perpendicular_mm: likewise in mm.
    """

    reader: str
    threshold: float
    ai_threshold: float
    area_px: int
    area_mm2: float | None
    diameter_px: float | None
    diameter_mm: float | None
    perpendicular_px: float | None
    perpendicular_mm: float | None

    def check(self) -> None:
        """See that it makes sense.

        Raises:
            StoreError: a threshold out of bounds, or nothing outlined.
        """
        if not LOWEST <= self.threshold <= HIGHEST or self.area_px < 1:
            raise StoreError(
                f"The outline has the threshold {self.threshold:g} and {self.area_px} "
                f"pixels. Accepted are thresholds from {LOWEST:g} to {HIGHEST:g} that outline "
                "something: move the slider."
            )


KeptOutline = Kept[NewOutline]
"""One row of the readers' outlines by threshold, as stored."""


class Outlines(OwnRows[NewOutline]):
    """The readers' own outlines by threshold."""

    _table: ClassVar = ReaderOutlineRow
    _record: ClassVar = NewOutline
