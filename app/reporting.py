"""The report on a scan as it stands in this session: the AI's draft and the reader's words."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from app import held_out, report_session, services, state, writing
from app import report_texts as words
from app.archive import archive
from app.readers_outline import last_kept
from app.reports import series_compose
from app.reports.compose import Measured, compose
from app.reports.draft import Draft, edited
from app.reports.own_drawing import with_drawing
from app.reports.own_outline import with_outline
from app.reports.restored import restored
from app.reports.series_result import Reported, SeriesResult, named
from ml.errors import DrawingError, MetricsError, StoreError
from ml.results import Analysis, Refused

T = TypeVar("T")


def current(draft: Draft, answer: Reported) -> Draft:
    """The signed report, or the draft with what the reader wrote, took out and outlined so far.

    Args:
        draft: as the AI proposes it.
        answer: what came of reading the slice or series that it is on.
    """
    return signed(answer) or _edited(draft, answer)


def signed(answer: Reported) -> Draft | None:
    """The last report on a scan whose signature stands; None where there is none.

    Also None where the reading is not the one that was signed, or the store cannot be read.
    """
    name = named(answer)
    try:
        kept = archive()
        rows = kept.reports.of_scan(name)
        outlines, drawings = kept.outlines.of_scan(name), kept.drawings.of_scan(name)
    except StoreError:
        return None
    found = [row for row in rows if row.amends is None and row.standing and row.intact]
    if not found:
        return None
    return restored(found[-1], answer, rows=rows, outlines=outlines, drawings=drawings)


def signed_texts(content_hash: str) -> tuple[str, ...]:
    """The JSON of the reports on a scan whose signatures stand, and of the addenda to them."""
    try:
        rows = archive().reports.of_scan(content_hash)
    except StoreError:
        return ()
    return tuple(row.report.document for row in rows if row.standing and row.intact)


def _edited(draft: Draft, answer: Reported) -> Draft:
    digest = draft.content_hash
    written = {name: report_session.written(digest, name) for name in words.SECTIONS}
    said = {piece.text for section in draft.sections for piece in section.pieces}
    left_out = {text for text in said if not report_session.ticked(digest, part(text))}
    done = edited(draft, written, left_out)
    moved, drawn = last_kept(digest)
    if drawn is not None:
        with suppress(DrawingError):
            return with_drawing(done, drawn)
    if moved is None or not isinstance(answer, Analysis):
        return done
    return with_outline(done, answer, moved)


def proposed(answer: Analysis | Refused) -> Draft:
    """The AI's draft, with the figures that are published here."""
    figures = _known(held_out.conflict_figures)
    measured = Measured(
        summary=_known(services.summary),
        reached=held_out.reached(),
        gate=_known(services.gate),
        membership=_known(services.membership),
        conflicts=figures,
    )
    kinds = None
    if figures is not None and isinstance(answer, Analysis):
        kinds = services.conflicts(answer, figures.least_heat_ratio)
    return compose(answer, measured, kinds).with_note(writing.note(answer.scan))


def proposed_series(read: SeriesResult) -> Draft:
    """The AI's draft on a series that was read as a whole."""
    return series_compose.compose(read).with_note(writing.note(read.volume))


def part(sentence: str) -> str:
    """The name of an AI sentence in the session's keys: another sentence has another one."""
    return state.opened_hash(sentence.encode())[:16]


def _known(load: Callable[[], T]) -> T | None:
    try:
        return load()
    except MetricsError:
        return None
