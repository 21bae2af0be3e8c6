"""A stored report as the draft that was signed, so that its other files can be made again.

The text alone has neither the picture nor the probability map of an outline. They come from a
reading of today, which is taken for the one that was signed only where the same networks give the
signed text again, to the last letter.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.reports import as_json
from app.reports.addendum import parsed
from app.reports.draft import Draft, Footer, Piece, Section, Signature
from app.reports.series_result import Reported, named
from app.reports.stored import report_in
from app.store.drawings import KeptDrawing
from app.store.outlines import KeptOutline
from app.store.signed import SignedReport
from ml.errors import DrawingError, StoreError

__all__ = ["addenda_to", "restored"]


def addenda_to(row: SignedReport, rows: Iterable[SignedReport]) -> tuple[SignedReport, ...]:
    """The addenda to a report, the oldest first."""
    return tuple(one for one in rows if one.amends == row.id)


def restored(
    row: SignedReport,
    answer: Reported,
    *,
    rows: Iterable[SignedReport],
    outlines: Sequence[KeptOutline],
    drawings: Sequence[KeptDrawing],
) -> Draft | None:
    """The signed report with its addenda, or None where the reading is not the one signed.

    Args:
        row: a report on the same scan or series.
        answer: what came of reading it today.
        rows: all signed reports on it.
        outlines: all rows of readers' outlines on it.
        drawings: all rows of readers' drawings on it.
    """
    if dict(answer.weights) != dict(row.report.weights):
        return None
    try:
        found = report_in(row.report.document)
        added = tuple(parsed(one.report.document) for one in addenda_to(row, rows))
    except StoreError:  # what is shown of it says so
        return None
    if found["scan"]["sha256"] != named(answer):
        return None
    for draft in _outlined(found, outlines, drawings):
        with suppress(DrawingError):  # a damaged drawing is not the one signed
            if as_json.render(draft, answer).decode() == row.report.document:
                return replace(draft, addenda=added)
    return None


def _outlined(
    found: dict[str, Any], outlines: Sequence[KeptOutline], drawings: Sequence[KeptDrawing]
) -> Iterator[Draft]:
    """What the text says, with each outline or drawing that may be the one it is on."""
    said = _draft(found)
    if found.get("reader_outline") is not None:
        yield from (replace(said, outline=one) for one in outlines)
    elif found.get("reader_drawing") is not None:
        yield from (replace(said, drawing=one) for one in drawings)
    else:
        yield said


def _draft(found: dict[str, Any]) -> Draft:
    """All that the text says."""
    by, made, held_out = found["signature"], found["made_by"], found["held_out"]
    kinds = found["result"].get("conflicts")
    return Draft(
        content_hash=found["scan"]["sha256"],
        sections=tuple(
            Section(
                one["name"],
                tuple(Piece(piece["source"], piece["text"]) for piece in one["pieces"]),
                tuple(one["left_out"]),
            )
            for one in found["sections"]
        ),
        footer=Footer(
            notice=found["notice"],
            software=made["software"],
            weights=tuple(made["weights_sha256"].items()),
            thresholds=found["thresholds"],
            held_out=held_out["figure"],
            protocol=held_out["protocol"],
        ),
        conflicts=None if kinds is None else tuple(kinds),
        signature=Signature(by["name"], datetime.fromisoformat(by["time"])),
    )
