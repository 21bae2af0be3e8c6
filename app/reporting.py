"""The report on a scan as it stands in this session: the AI's draft and the reader's words."""

from collections.abc import Callable
from typing import TypeVar

from app import held_out, own_outline, report_session, services, state
from app import report_texts as words
from app.reports.compose import Measured, compose
from app.reports.draft import Draft, edited
from app.reports.own_outline import with_outline
from app.store.outlines import KeptOutline
from ml.errors import MetricsError, StoreError
from ml.results import Analysis, Refused

T = TypeVar("T")


def current(draft: Draft, answer: Analysis | Refused | None = None) -> Draft:
    """The signed report, or the draft with what the reader wrote, took out and outlined so far.

    Args:
        draft: as the AI proposes it.
        answer: what came of reading the slice that it is on; None for a series.
    """
    digest = draft.content_hash
    done = report_session.signed(digest)
    if done is not None:
        return done
    written = {name: report_session.written(digest, name) for name in words.SECTIONS}
    said = {piece.text for section in draft.sections for piece in section.pieces}
    left_out = {text for text in said if not report_session.ticked(digest, part(text))}
    done = edited(draft, written, left_out)
    if not isinstance(answer, Analysis):
        return done
    kept = _kept_outline(answer)
    return done if kept is None else with_outline(done, answer, kept)


def _kept_outline(answer: Analysis) -> KeptOutline | None:
    """The outline that this reader kept of the scan, or None; a store that fails has none."""
    try:
        return own_outline.mine(answer.scan.content_hash)
    except StoreError:
        return None


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
    if figures is None or isinstance(answer, Refused):
        return compose(answer, measured, None)
    return compose(answer, measured, services.conflicts(answer, figures.least_heat_ratio))


def part(sentence: str) -> str:
    """The name of an AI sentence in the session's keys: another sentence has another one."""
    return state.opened_hash(sentence.encode())[:16]


def _known(load: Callable[[], T]) -> T | None:
    try:
        return load()
    except MetricsError:
        return None
