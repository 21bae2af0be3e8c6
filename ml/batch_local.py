"""The same batch in several processes of this machine: `python -m ml.batch PATH… --workers N`.

This process alone writes the table, the resume notes and the masks; workers read the files and run
the networks. Rows come in the order of the files, so the table is that of a single process.

* Back-pressure: a worker holds at most `GROUPS_AHEAD` groups of files, and none is handed out that
  lies `WINDOW` groups a worker or more after the next one to be written. A group is read as in one
  process, so what a worker holds is bounded too.
* A worker that ends is replaced, and the group that it was reading is read again, `RETRIES` times
  at most: a file that ends every process that opens it ends the run with the reason.
* However the run ends, its workers end with it: their pipe is closed, which the system does too
  where this process is killed. Ctrl+C, which a terminal sends to all of them, is for this one.

Workers start from nothing and share no lock and no queue, so one that is killed harms no other.
"""

import os
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from ml.batch import GROUP_SCANS, Read
from ml.batch_worker import GO_ON, RETRIES, Worker
from ml.errors import EngineError, SulcusError
from ml.inference.engine import Engine
from ml.pipeline import default_engine

__all__ = ["Crew", "cores", "default_workers", "read_with"]

GROUPS_AHEAD: Final = 2
"""Groups that a worker holds: the next one waits while one is read."""
WINDOW: Final = 4
"""Groups a worker between the next row to be written and the last one handed out."""
WORKER_BYTES: Final = 2 * 2**30
"""Memory of the machine for each worker that is started without being asked for."""
PATIENCE_S: Final = 2.0
"""After this a worker that does not end by itself is ended."""
_SPAWN: Final = get_context("spawn")

Group = list[tuple[str, str]]
"""Files, each with the path of its mask."""


@dataclass(frozen=True)
class Crew:
    """Worker processes of this machine.

    Attributes:
        workers: how many.
        make_engine: called once in each of them.
    """

    workers: int
    make_engine: Callable[[], Engine] = default_engine


def cores() -> int:
    """Processor cores that this process may use."""
    able = getattr(os, "sched_getaffinity", None)
    return len(able(0)) if able is not None else os.cpu_count() or 1


def default_workers() -> int:
    """One worker a core, and no more than there is memory for.

    docs/experiments.md, Part 6, says what that gave on two cores.
    """
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # a system that does not say
        return cores()
    return max(1, min(cores(), memory // WORKER_BYTES))


def read_with(
    crew: Crew, files: Sequence[str], masks: Mapping[str, str], networks: str
) -> Iterator[Read]:
    """Read files in processes of this machine; see `ml.batch.Reader`.

    Args:
        crew: how many, and what they read with.
        files: paths.
        masks: mask path of each.
        networks: `ml.batch.networks_mark` of this process; workers must have the same.

    Yields:
        Each file once, in their order.

    Raises:
        EngineError: a worker cannot read with the same networks, or a group was lost too often.
    """
    named = [(file, masks[file]) for file in files]
    groups = [named[start : start + GROUP_SCANS] for start in range(0, len(named), GROUP_SCANS)]
    with closing(_Shift(crew, groups, networks)) as shift:
        yield from shift.answers()


class _Hand:
    """A worker process, as the one that started it sees it."""

    def __init__(self, crew: Crew, networks: str) -> None:
        """Start it."""
        self.line, theirs = _SPAWN.Pipe()
        threads = max(1, cores() // crew.workers)
        self.process: Any = _SPAWN.Process(
            target=_work, args=(theirs, crew.make_engine, networks, threads), daemon=True
        )
        with _interrupts_held():
            self.process.start()
        theirs.close()  # then the pipe is at its end when the worker is
        self.held: deque[int] = deque()

    def end(self, until: float) -> None:
        """Wait for it until a time of the monotonic clock, then end it."""
        self.process.join(max(0.0, until - time.monotonic()))
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class _Shift:
    """One run of a crew: which groups wait, which are held by whom, and what has come back."""

    def __init__(self, crew: Crew, groups: Sequence[Group], networks: str) -> None:
        self._crew = crew
        self._groups = groups
        self._networks = networks
        self._waiting = deque(range(len(groups)))
        self._lost: Counter[int] = Counter()
        self._done: dict[int, list[Read]] = {}
        self._hands: list[_Hand] = []

    def answers(self) -> Iterator[Read]:
        """What comes of every file, in order."""
        for number in range(len(self._groups)):
            while number not in self._done:
                self._hand_out(before=number + WINDOW * self._crew.workers)
                self._take()
            yield from self._done.pop(number)

    def close(self) -> None:
        """End every worker."""
        for hand in self._hands:
            hand.line.close()
        until = time.monotonic() + PATIENCE_S
        for hand in self._hands:
            hand.end(until)

    def _hand_out(self, before: int) -> None:
        """Give groups below a number to the workers that hold least."""
        while len(self._hands) < min(self._crew.workers, len(self._waiting)):
            self._hands.append(_Hand(self._crew, self._networks))
        while self._waiting and self._waiting[0] < before:
            hand = min(self._hands, key=lambda one: len(one.held))
            if len(hand.held) == GROUPS_AHEAD:
                return
            number = self._waiting.popleft()
            hand.held.append(number)
            with suppress(OSError):  # it has ended; whoever listens to it next finds out
                hand.line.send(self._groups[number])

    def _take(self) -> None:
        """Wait until workers answer or end."""
        ready = wait([hand.line for hand in self._hands])
        for hand in [one for one in self._hands if one.line in ready]:
            try:
                answer: list[Read] | str = hand.line.recv()
            except (EOFError, OSError):
                self._replace(hand)
                continue
            if isinstance(answer, str):
                raise EngineError(f"A worker stopped: {answer} {GO_ON}")
            self._done[hand.held.popleft()] = answer

    def _replace(self, hand: _Hand) -> None:
        """Put back what a worker held that has ended; `_hand_out` starts another one.

        Raises:
            EngineError: the group that it was reading was lost too often.
        """
        self._hands.remove(hand)
        hand.line.close()
        hand.end(time.monotonic() + PATIENCE_S)
        self._waiting.extendleft(reversed(hand.held))
        for number in list(hand.held)[:1]:
            self._lost[number] += 1
            if self._lost[number] > RETRIES:
                raise EngineError(self._why(number, hand.process.exitcode))

    def _why(self, number: int, status: int) -> str:
        """What is told of a group that ended too many workers."""
        first = number * GROUP_SCANS + 1
        last = first + len(self._groups[number]) - 1
        return (
            f"{self._lost[number]} workers ended while they read the files {first} to {last} of "
            f"those that were left, the last one with status {status}. Take out the file that "
            f"ends them; where memory is short (status -9), take fewer --workers. {GO_ON}"
        )


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """A process that is started here never sees Ctrl+C; for this one it comes a little later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its start would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(line: Connection, make_engine: Callable[[], Engine], networks: str, threads: int) -> None:
    """In a worker: read the groups that come until the other side is gone."""
    worker = Worker(make_engine, networks, threads=threads)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            group: Group = line.recv()
            line.send(_answer(worker, group))


def _answer(worker: Worker, group: Group) -> list[Read] | str:
    """What came of the files, or what is wrong with the networks."""
    try:
        return worker.read([file for file, _ in group], dict(group))
    except SulcusError as error:
        return str(error)
