"""What the reader drew in a report: a line marked as the reader's, a picture, plain numbers.

The AI's outline stays beside it as it was.
"""

from dataclasses import replace
from typing import Any

from app import drawing_texts as words
from app.reports.draft import Draft
from app.store.drawings import KeptDrawing
from ml.drawing import Drawing, unpacked
from ml.results import BoolArray

__all__ = ["facts", "mask_of", "with_drawing"]


def with_drawing(draft: Draft, kept: KeptDrawing) -> Draft:
    """The draft with a reader's drawing in it.

    Args:
        draft: without one.
        kept: drawing on the same scan or series.

    Raises:
        ValueError: the drawing is on another one.
        DrawingError: it is damaged.
    """
    draft.check_of(kept.content_hash)
    said = words.in_report(kept, tuple(_drawn(kept).slices))
    return replace(draft.with_finding(said), drawing=kept)


def mask_of(draft: Draft, number: int) -> BoolArray | None:
    """What the reader drew on a slice, from 1, or None where that is nothing."""
    if draft.drawing is None:
        return None
    drawn = _drawn(draft.drawing)
    return drawn.mask(number) if number in drawn.slices else None


def facts(draft: Draft) -> dict[str, Any] | None:
    """The reader's drawing as "reader_drawing" of `report.schema.json`, or None."""
    kept = draft.drawing
    if kept is None:
        return None
    found = kept.outline
    return {
        "reader": found.reader,
        "time": kept.at.replace(microsecond=0).isoformat(),
        "begun": found.begun,
        "slices": list(_drawn(kept).slices),
        "area_px": found.area_px,
        "area_mm2": found.area_mm2,
        "volume_ml": found.volume_ml,
        "diameter_px": found.diameter_px,
        "diameter_mm": found.diameter_mm,
        "perpendicular_px": found.perpendicular_px,
        "perpendicular_mm": found.perpendicular_mm,
    }


def _drawn(kept: KeptDrawing) -> Drawing:
    return unpacked(kept.outline.mask)
