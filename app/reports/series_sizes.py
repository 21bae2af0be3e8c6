"""Sizes of the reader's drawing on a series beside those of the AI's outline, as lines of words."""

from app import drawing_texts
from app import series_texts as words
from app.reports.draft import Draft
from app.reports.own_drawing import drawing_of
from app.reports.series_result import SeriesResult
from ml.drawing import of_masks, series_size

__all__ = ["rows"]


def rows(draft: Draft, read: SeriesResult) -> list[list[str]]:
    """(what, AI, reader): of the whole series, then of each slice that the reader drew on.

    Returns:
        Nothing where the report has no drawing; mm and mL only where the series states them.
    """
    drawn = drawing_of(draft)
    if drawn is None:
        return []
    volume, ai = read.volume, of_masks(read.masks, read.volume)
    size, spacing = series_size(drawn, volume), volume.spacing_mm
    whole = drawing_texts.series_rows(read.found.size, size, drawn, len(read.masks))
    slices = (
        words.slice_row(number, ai.measured(number, spacing), drawn.measured(number, spacing))
        for number in drawn.slices
    )
    return [*whole, *slices]
