"""Outlines that readers drew by hand, on a slice or a series; the AI's stays what it was."""

from dataclasses import dataclass
from typing import ClassVar, Final

from app.store.own_rows import Kept, OwnRows
from app.store.tables import ReaderDrawingRow
from ml.errors import StoreError

__all__ = ["BEGUN", "FROM_AI", "FROM_NOTHING", "Drawings", "KeptDrawing", "NewDrawing"]

FROM_AI: Final = "ai"
FROM_NOTHING: Final = "empty"
BEGUN: Final = (FROM_AI, FROM_NOTHING)
"""What a drawing may have started from."""
LONGEST_MASK: Final = 16_000_000
"""Bytes of a stored mask; its runs are compressed, so that this is more than anybody draws."""


@dataclass(frozen=True)
class NewDrawing:
    """A drawing that a reader keeps as their own.

    Attributes:
        reader: name or initials.
        begun: one of `BEGUN`.
        mask: see `ml.drawing.packed`.
        slices: how many slices have something on them.
        area_px: pixels inside, of all slices together.
        area_mm2: the same in mm² for a single slice, None for a series or without spacing.
        volume_ml: of a series whose geometry is known, else None.
        diameter_px: longest diameter within a slice, see `ml.results.Measurement`.
        diameter_mm: likewise in mm.
        perpendicular_px: perpendicular diameter of a single slice, None for a series.
        perpendicular_mm: likewise in mm.
    """

    reader: str
    begun: str
    mask: bytes
    slices: int
    area_px: int
    area_mm2: float | None
    volume_ml: float | None
    diameter_px: float | None
    diameter_mm: float | None
    perpendicular_px: float | None
    perpendicular_mm: float | None

    def check(self) -> None:
        """See that it makes sense.

        Raises:
            StoreError: nothing drawn, an unknown start, or too much.
        """
        if self.begun not in BEGUN or self.area_px < 1 or self.slices < 1:
            raise StoreError(
                f"The drawing has {self.area_px} pixels in {self.slices} slices and started "
                f"from “{self.begun}”. Accepted are drawings of something that started from "
                f"{' or '.join(BEGUN)}: draw with the pen first."
            )
        if len(self.mask) > LONGEST_MASK:
            raise StoreError(
                f"The drawing has {len(self.mask):,} bytes; at most {LONGEST_MASK:,} are kept. "
                "Draw a smoother line."
            )


KeptDrawing = Kept[NewDrawing]
"""One row of the readers' drawings, as stored."""


class Drawings(OwnRows[NewDrawing]):
    """The readers' own drawings."""

    _table: ClassVar = ReaderDrawingRow
    _record: ClassVar = NewDrawing
