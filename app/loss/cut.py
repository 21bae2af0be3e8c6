"""The power fails while the database is written, and a disk that lies about what it has written.

A process that writes stops after each acknowledgement, and once more at a random moment of what it
does next. At both moments the database and its log are copied: between them lies one transaction.
Of the pieces of 512 bytes that differ some had reached the disk and others had not. Which ones may
have, the order says in which SQLite waits for the disk (synchronous = FULL): the head of a log that
begins anew, then pages in the log, then pages in the database. From such a state the app must
start by itself, with all that was acknowledged before.

A disk that says that it has written and has not keeps no order: its copies are cut short, or have
pieces of nothing or of another time anywhere. Then the app starts with what is whole, or says in a
sentence why it does not; what was acknowledged may be gone.

Reference: SQLite, Atomic Commit; WAL-mode file format, 2 and 4.3.
"""

import os
import shutil
import signal
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from app.archive import open_archive
from app.loss.counts import Row, Tally
from app.loss.files import at
from app.loss.processes import forked, said
from app.loss.whole import closed, half, lost, problems
from app.loss.work import LOOPS, Ack
from app.store.backup import DATABASE
from app.store.places import Places
from ml.errors import StoreError
from ml.hostile.watch import is_sentence

__all__ = ["CUT", "LYING", "cuts"]

CUT: Final = "cut"
LYING: Final = "lying"
_PIECE: Final = 512
"""Bytes that a disk writes whole or not at all."""
_CHECKPOINT_PAGES: Final = 25
"""Pages in the log after which they go into the database; SQLite's own 1,000 are rarely reached."""
_LONGEST_S: Final = 0.012
"""Latest moment of the second copy: a transaction takes about as long."""
_HEAD: Final = 32
"""Bytes of the head of a log."""
_STEPS: Final = 40
"""Acknowledgements of one process."""


@dataclass(frozen=True)
class State:
    """The files of a database at one moment.

    Attributes:
        database: its bytes.
        log: those of its write-ahead log, b"" where there is none.
    """

    database: bytes
    log: bytes


def cuts(seed: int, trials: int) -> Iterator[Row]:
    """Rows of both parts.

    Args:
        seed: of the moments.
        trials: of each case.
    """
    lawful = [Tally(CUT, title, seed) for title in _LAWFUL]
    lying = [Tally(LYING, title, seed) for title in _LYING]
    chance = Random(f"{seed}/cut")
    done = 0
    while done < trials:
        with TemporaryDirectory(prefix="sulcus-loss-") as folder:
            for before, after, told in _moments(Path(folder), chance, min(_STEPS, trials - done)):
                done += 1
                copy = partial(_copied, Path(folder))
                for tally, make in zip(lawful, _LAWFUL.values(), strict=True):
                    found = copy(make(before, after, chance))
                    tally.trial(problems(found, told), acknowledged=len(told))
                for tally, spoil in zip(lying, _LYING.values(), strict=True):
                    _lie(copy(spoil(after, chance)), told, tally)
    yield from (tally.row for tally in (*lawful, *lying))


def _moments(folder: Path, chance: Random, steps: int) -> Iterator[tuple[State, State, list[Ack]]]:
    """Both copies, and what was acknowledged before the first one."""
    found = at(folder / "home")
    closed(open_archive(found))
    child, pipe = forked(partial(_write, found))
    told: list[Ack] = []
    try:
        for _ in range(steps):
            _stopped(child)
            told += said(pipe)
            before = _state(found)
            os.kill(child, signal.SIGCONT)
            time.sleep(chance.uniform(0.0, _LONGEST_S))
            os.kill(child, signal.SIGSTOP)
            _stopped(child)
            yield before, _state(found), list(told)
            os.kill(child, signal.SIGCONT)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(pipe)


def _stopped(child: int) -> None:
    """Wait until a process stands still."""
    _, status = os.waitpid(child, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        raise RuntimeError("the process that writes has ended")


def _write(found: Places) -> Iterator[Ack]:
    """Sign, say and draw; stop after each acknowledgement."""
    store = open_archive(found)
    with store.trail.engine.connect() as connection:  # the only one, which the pool keeps
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    for number in range(_STEPS):
        for name in ("sign", "word", "draw"):
            for told in LOOPS[name].step(store, f"{name}/{number}"):
                yield told
                os.kill(os.getpid(), signal.SIGSTOP)


def _state(found: Places) -> State:
    database = Path(str(found.url.database))
    log = database.with_name(f"{database.name}-wal")
    return State(database.read_bytes(), log.read_bytes() if log.exists() else b"")


def _copied(folder: Path, state: State) -> Places:
    """A store with these files, and the secret of the first one."""
    home = folder / "copy"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    shutil.copy(folder / "home" / "secret", home)
    (home / DATABASE).write_bytes(state.database)
    (home / f"{DATABASE}-wal").write_bytes(state.log)
    (home / f"{DATABASE}-shm").write_bytes(os.urandom(_PIECE * 64))  # of no worth after a cut
    return at(home)


def _differing(before: bytes, after: bytes) -> list[int]:
    """Numbers of the pieces that differ."""
    places = range(-(-max(len(before), len(after)) // _PIECE))
    return [n for n in places if _piece(before, n) != _piece(after, n)]


def _piece(data: bytes, number: int) -> bytes:
    return data[number * _PIECE : (number + 1) * _PIECE]


def _mixed(before: bytes, after: bytes, arrived: Collection[int]) -> bytes:
    """The first bytes with these pieces of the second; what lies between is nothing."""
    mixed = bytearray(before)
    for number in arrived:
        mixed.extend(bytes(max(0, number * _PIECE - len(mixed))))
        mixed[number * _PIECE : (number + 1) * _PIECE] = _piece(after, number)
    return bytes(mixed)


def _log(before: State, after: State, arrived: Collection[int]) -> State:
    """Pieces of the log; without its new head, for which SQLite waits, there are none of it."""
    anew = before.log[:_HEAD] != after.log[:_HEAD]
    if anew and 0 not in arrived:
        arrived = ()
    return State(before.database, _mixed(before.log, after.log, arrived))


def _nothing(before: State, after: State, chance: Random) -> State:  # noqa: ARG001  a case's own
    return before


def _short(before: State, after: State, chance: Random) -> State:
    pieces = _differing(before.log, after.log)
    return _log(before, after, pieces[: chance.randint(0, len(pieces))])


def _torn(before: State, after: State, chance: Random) -> State:
    pieces = _differing(before.log, after.log)
    share = chance.random()
    return _log(before, after, [n for n in pieces if n == 0 or chance.random() < share])


def _pages(before: State, after: State, chance: Random) -> State:
    pieces = _differing(before.database, after.database)
    arrived = [n for n in pieces if chance.random() < 0.5]
    return State(_mixed(before.database, after.database, arrived), after.log)


def _cut_off(data: bytes, chance: Random) -> bytes:
    return data[: chance.randint(0, len(data))]


def _blank(data: bytes, chance: Random) -> bytes:
    """A few neighbouring pieces of nothing."""
    start = chance.randrange(max(1, len(data) // _PIECE)) * _PIECE
    end = min(len(data), start + chance.randint(1, 16) * _PIECE)
    return data[:start] + bytes(end - start) + data[end:]


def _half_page(data: bytes, chance: Random) -> bytes:
    """The last page, of which only the beginning was written."""
    rest = chance.randrange(1, 8) * _PIECE
    return data[:-rest] + bytes(rest)


_LAWFUL: Final[dict[str, Callable[[State, State, Random], State]]] = {
    "Nothing of a transaction on the disk": _nothing,
    "The log cut short": _short,
    "The log torn: any of its pieces": _torn,
    "The database torn while the log goes into it": _pages,
}
_LYING: Final[dict[str, Callable[[State, Random], State]]] = {
    "No log": lambda one, _: replace(one, log=b""),
    "The log cut short": lambda one, chance: replace(one, log=_cut_off(one.log, chance)),
    "Nothing in a part of the log": lambda one, chance: replace(one, log=_blank(one.log, chance)),
    "The last page of the database half written": lambda one, chance: replace(
        one, database=_half_page(one.database, chance)
    ),
    "The database cut short": lambda one, chance: replace(
        one, database=_cut_off(one.database, chance)
    ),
    "Nothing in a part of the database": lambda one, chance: replace(
        one, database=_blank(one.database, chance)
    ),
}


def _lie(found: Places, told: list[Ack], tally: Tally) -> None:
    """Count what the app does with a copy of a disk that lied."""
    gone: list[str] = []
    try:
        store = open_archive(found)
        try:
            wrong, explained = list(half(store)), bool(store.trail.verify().breaks)
            gone = list(lost(store, told))
        finally:
            closed(store)
        if explained:
            wrong = []  # the page Monitoring and `make trail` say so
    except StoreError as error:
        explained = is_sentence(str(error))
        wrong = [] if explained else [f"no sentence: {error}"]
    except Exception as error:  # a crash of any kind is what is looked for
        wrong, explained = [f"crash: {type(error).__name__}"], False
    tally.trial(wrong, acknowledged=len(told), refused=int(explained), lost=len(gone))
