"""Two programs on one database at once, and a clock that is set back between two steps."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

from app.archive import open_archive
from app.loss.counts import Row, Tally
from app.loss.files import at, first_version
from app.loss.processes import finished
from app.loss.whole import closed, problems
from app.loss.work import FAILED, LOOPS, Ack
from app.store import chain, own_rows, repository, signed
from app.store.lists import BY_ARRIVAL, ordered
from app.store.places import Places

__all__ = ["CLOCK", "TOGETHER", "clock", "together"]

CLOCK: Final = "clock"
TOGETHER: Final = "together"
_PROGRAMS: Final = 2
_BACK: Final = timedelta(days=1)


class Behind(datetime):
    """The time of a clock that was set back."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """What it shows."""
        return super().now(tz) - _BACK


def together(seed: int, rounds: int) -> Iterator[Row]:
    """Rows for programs that start and write at once, on no database and on one of old.

    Args:
        seed: for the rows; nothing is drawn by chance.
        rounds: of all steps, that each of them does.
    """
    for title, old in (
        ("Two programs start on an empty folder and write", False),
        ("Two programs start on a database of the first version and write", True),
    ):
        tally = Tally(TOGETHER, title, seed)
        with TemporaryDirectory(prefix="sulcus-loss-") as folder:
            home = Path(folder) / "home"
            before = first_version(home) if old else []
            works = [partial(_all, at(home), f"{number}", rounds) for number in range(_PROGRAMS)]
            _count(tally, at(home), before, finished(*works))
        yield tally.row


def clock(seed: int) -> Iterator[Row]:
    """A row for a clock that is set back by a day while the program runs."""
    tally = Tally(CLOCK, "The clock is set back by a day while the program runs", seed)
    with TemporaryDirectory(prefix="sulcus-loss-") as folder:
        found = at(Path(folder) / "home")
        told = finished(partial(_set_back, found))
        _count(tally, found, [], told)
    yield tally.row


def _count(tally: Tally, found: Places, before: list[Ack], told: list[Ack]) -> None:
    done = [ack for ack in told if ack[0] != FAILED]
    failed = [str(ack[1]) for ack in told if ack[0] == FAILED]
    wrong = [*failed, *problems(found, [*before, *done])]
    tally.trial(wrong, acknowledged=len(done))


def _all(found: Places, name: str, rounds: int) -> Iterator[Ack]:
    store = open_archive(found)
    for number in range(rounds):
        for kind, loop in LOOPS.items():
            yield from loop.step(store, f"{name}/{kind}/{number}")


def _set_back(found: Places) -> Iterator[Ack]:
    """Every step before and after; then the order and what is said of it."""
    yield from _all(found, "before", 1)
    for module in (chain, own_rows, repository, signed):
        vars(module)["datetime"] = Behind
    yield from _all(found, "after", 1)
    for wrong in _out_of_order(found):
        yield [FAILED, wrong]


def _out_of_order(found: Places) -> Iterator[str]:
    """What does not stand in the order in which it was written, or is not said."""
    store = open_archive(found)
    lines = store.worklist()
    if ordered(lines, BY_ARRIVAL) != lines[::-1]:
        yield "the newest scan does not come first"
    if lines[0].added_at < lines[-1].added_at:
        yield "the clock was not set back"
    if not store.trail.verify().set_back:
        yield "that the clock was set back is not said"
    closed(store)
