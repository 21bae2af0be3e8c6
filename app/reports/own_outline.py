"""The reader's own outline in a report: a line marked as the reader's, a picture, plain numbers.

It is drawn anew from the reading's probability map at the kept threshold; the AI's outline stays
beside it as it was.
"""

from dataclasses import replace
from typing import Any

from app import outline_texts as words
from app.reports.draft import Draft
from app.reports.result import sizes
from app.store.outlines import KeptOutline
from ml.inference.segment import outlined_at
from ml.results import Analysis, Refused, Segmentation

__all__ = ["facts", "outline_of", "with_outline"]


def with_outline(draft: Draft, read: Analysis, kept: KeptOutline) -> Draft:
    """The draft with a reader's outline in it.

    Args:
        draft: without one.
        read: the reading that it is about.
        kept: outline on the probability map of that reading.

    Raises:
        ValueError: the report or the outline is of another scan.
    """
    draft.check_of(read.scan.content_hash)
    draft.check_of(kept.content_hash)
    said = words.in_report(kept, _drawn(read, kept).measurement)
    return replace(draft.with_finding(said), outline=kept)


def outline_of(draft: Draft, answer: Analysis | Refused) -> Segmentation | None:
    """What the reader outlined, or None where the report has no outline of a reader."""
    if draft.outline is None or isinstance(answer, Refused):
        return None
    return _drawn(answer, draft.outline)


def facts(draft: Draft, answer: Analysis | Refused) -> dict[str, Any] | None:
    """The reader's outline as "reader_outline" of `report.schema.json`, or None."""
    found = outline_of(draft, answer)
    if draft.outline is None or found is None:
        return None
    kept = draft.outline
    return {
        "reader": kept.outline.reader,
        "time": kept.at.replace(microsecond=0).isoformat(),
        "threshold": kept.outline.threshold,
        **sizes(found.measurement),
    }


def _drawn(read: Analysis, kept: KeptOutline) -> Segmentation:
    return outlined_at(read.segmentation, kept.outline.threshold, read.scan.spacing_mm)
