"""`kill -9` at random moments of everything that writes."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final, Protocol

from app.loss.counts import Row, Tally
from app.loss.files import Backup, Batch, Restore, Upgrade, at
from app.loss.processes import killed
from app.loss.whole import problems
from app.loss.work import FAILED, LOOPS, Ack, Loop, run
from app.store.unfinished import PREFIX
from ml.errors import SulcusError

__all__ = ["PART", "killings"]

PART: Final = "kill"
_ROUND: Final = 20
"""Kills after which a fresh folder is begun: until then each start finds what the last one left."""
_MOST_STEPS: Final = 5
"""Acknowledgements after which a kill comes at the latest."""
_LONGEST_S: Final = 0.06
"""Latest moment of a kill after an acknowledgement; a step takes about so long."""
_START_S: Final = 0.3
"""And after the process began: so long takes its start."""


class Case(Protocol):
    """Work in a folder, and what is looked at after it was killed."""

    def work(self, name: str) -> Iterator[Ack]:
        """Do it without an end; a name is used once."""
        ...

    def problems(self, name: str, told: list[Ack]) -> Iterator[str]:
        """What is wrong now."""
        ...


class InStore:
    """A loop in one store.

    Args:
        loop: what is done.
        folder: where the store is made.
    """

    def __init__(self, loop: Loop, folder: Path) -> None:
        self._loop, self._found = loop, at(folder / "home")

    def work(self, name: str) -> Iterator[Ack]:
        """See `Case`."""
        return run(self._loop, self._found, name)

    def problems(self, name: str, told: list[Ack]) -> Iterator[str]:  # noqa: ARG002  the same store
        """See `Case`."""
        yield from problems(self._found, told)


_CASES: Final[dict[str, Callable[[Path], Case]]] = {
    **{loop.title: partial(InStore, loop) for loop in LOOPS.values()},
    Upgrade.title: Upgrade,
    Batch.title: Batch,
    Backup.title: Backup,
    Restore.title: Restore,
}


def killings(seed: int, trials: int) -> Iterator[Row]:
    """A row for every kind of work.

    Args:
        seed: of the moments.
        trials: kills of each.
    """
    for title, make in _CASES.items():
        tally, chance = Tally(PART, title, seed), Random(f"{seed}/{title}")
        for begun in range(0, trials, _ROUND):
            with TemporaryDirectory(prefix="sulcus-loss-") as folder:
                case, left = make(Path(folder)), min(_ROUND, trials - begun)
                _round(case, Path(folder), tally=tally, chance=chance, trials=left)
        yield tally.row


def _round(case: Case, folder: Path, *, tally: Tally, chance: Random, trials: int) -> None:
    told: list[Ack] = []
    for number in range(trials):
        name = f"{number}"
        after = chance.randint(0, _MOST_STEPS)
        then_s = chance.uniform(0.0, _LONGEST_S if after else _START_S)
        now = killed(partial(case.work, name), after=after, then_s=then_s)
        failed = [str(ack[1]) for ack in now if ack[0] == FAILED]
        told += [ack for ack in now if ack[0] != FAILED]
        done = len(now) - len(failed)
        left = any(folder.rglob(f"{PREFIX}*")) or any(folder.rglob(".writing-*"))
        try:
            failed += case.problems(name, told)
        except SulcusError as error:
            failed.append(f"does not start: {error}")
        tally.trial(failed, acknowledged=done, left=left)
