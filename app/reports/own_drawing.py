"""What the reader drew in a report: a line marked as the reader's, a picture, plain numbers.

The AI's outline stays beside it as it was.
"""

from dataclasses import replace
from typing import Any

from app import drawing_texts as words
from app.reports.draft import Draft
from app.reports.result import sizes
from app.reports.series_result import Reported, SeriesResult
from app.store.drawings import KeptDrawing
from ml.drawing import Drawing, series_size, unpacked
from ml.results import BoolArray, Measurement
from ml.study import StudySize

__all__ = ["drawing_of", "facts", "mask_of", "size_in", "with_drawing"]


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


def drawing_of(draft: Draft) -> Drawing | None:
    """What the reader drew, or None where the report has no drawing."""
    return None if draft.drawing is None else _drawn(draft.drawing)


def mask_of(draft: Draft, number: int) -> BoolArray | None:
    """What the reader drew on a slice, from 1, or None where that is nothing."""
    drawn = drawing_of(draft)
    return drawn.mask(number) if drawn is not None and number in drawn.slices else None


def size_in(answer: Reported, drawn: Drawing) -> Measurement | StudySize:
    """Sizes of a drawing, on a picture or on a series."""
    if isinstance(answer, SeriesResult):
        return series_size(drawn, answer.volume)
    return drawn.measured(1, answer.scan.spacing_mm)


def facts(draft: Draft, answer: Reported) -> dict[str, Any] | None:
    """The reader's drawing as "reader_drawing" of `report.schema.json`, or None."""
    kept, drawn = draft.drawing, drawing_of(draft)
    if kept is None or drawn is None:
        return None
    found, size = kept.outline, size_in(answer, drawn)
    decoded = answer.volume if isinstance(answer, SeriesResult) else answer.scan
    return {
        "reader": found.reader,
        "time": kept.at.replace(microsecond=0).isoformat(),
        "begun": found.begun,
        "slices": list(drawn.slices),
        **sizes(found),
        "volume_ml": found.volume_ml,
        "diameter_slice": size.number if isinstance(size, StudySize) else 1,
        "by_slice": [
            {"number": number, **sizes(drawn.measured(number, decoded.spacing_mm))}
            for number in drawn.slices
        ],
    }


def _drawn(kept: KeptDrawing) -> Drawing:
    return unpacked(kept.outline.mask)
