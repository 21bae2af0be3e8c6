"""The worklist in order, filtered, and the way through what is unread."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from app.store.records import FLAGS, NEW, READ, SIGNED, Entry

BY_FLAG: Final = "flag"
BY_UNCERTAINTY: Final = "uncertainty"
BY_DATE: Final = "date"
BY_ARRIVAL: Final = "arrival"
ORDERS: Final = (BY_FLAG, BY_UNCERTAINTY, BY_DATE, BY_ARRIVAL)
BLIND_ORDERS: Final = (BY_DATE, BY_ARRIVAL)
"""Orders that do not give away what the AI says."""


def ordered(entries: Sequence[Entry], by: str) -> tuple[Entry, ...]:
    """Entries in an order; equal ones the least certain first, then the newest.

    Args:
        entries: in the order of coming.
        by: one of `ORDERS`: the most pressing flag, the highest uncertainty, the newest study
            (those without a date last) or the newest arrival first.
    """
    newest = entries[::-1]  # not by their times: a clock may have been set back
    if by == BY_ARRIVAL:
        return tuple(newest)
    if by == BY_DATE:
        return tuple(sorted(newest, key=_study_date, reverse=True))
    doubtful = sorted(newest, key=_uncertainty, reverse=True)
    if by == BY_UNCERTAINTY:
        return tuple(doubtful)
    return tuple(sorted(doubtful, key=lambda entry: FLAGS.index(entry.flag)))


def of_status(entries: Sequence[Entry], status: str | None) -> tuple[Entry, ...]:
    """The entries of one status, or all of them."""
    return tuple(entry for entry in entries if status in (None, entry.status))


def progress(entries: Sequence[Entry]) -> tuple[int, int]:
    """How many entries are read or signed, and how many there are."""
    return sum(entry.status in (READ, SIGNED) for entry in entries), len(entries)


def unread(entries: Sequence[Entry], content_hash: str, step: int) -> str | None:
    """The next unread scan.

    Args:
        entries: in the order on screen.
        content_hash: where to start; one that is not in the list stands before its first line.
        step: 1 for the one below, -1 for the one above.

    Returns:
        Content hash, or None where there is none in that direction.
    """
    hashes = [entry.scan.content_hash for entry in entries]
    place = hashes.index(content_hash) if content_hash in hashes else -1
    way = entries[place + 1 :] if step > 0 else entries[: max(place, 0)][::-1]
    return next((entry.scan.content_hash for entry in way if entry.status == NEW), None)


def _study_date(entry: Entry) -> date:
    return entry.scan.study_date or date.min


def _uncertainty(entry: Entry) -> float:
    return -1.0 if entry.uncertainty is None else entry.uncertainty
