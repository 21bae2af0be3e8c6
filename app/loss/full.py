"""A disk that gets full at every page in turn.

What cannot be done is refused in a sentence, and what was acknowledged stays. The same step is
tried with no page left, with one, with two, until it is done. Where a small disk of its own cannot
be mounted (Linux, as root), the largest size of a file is limited instead.
"""

import itertools
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app.archive import open_archive
from app.loss.counts import Row, Tally
from app.loss.files import Backup, Batch, Restore, Upgrade, at, filled, first_version
from app.loss.killing import Case
from app.loss.whole import closed, problems
from app.loss.work import LOOPS, Ack, Loop
from ml.errors import SulcusError
from ml.hostile.watch import is_sentence

__all__ = ["FULL", "Disk", "full", "unclear"]

FULL: Final = "full"
_PAGE: Final = 4096
_DISK_BYTES: Final = 64 << 20
_MOST_PAGES: Final = 1000


@dataclass(frozen=True)
class Disk:
    """A disk whose room can be taken.

    Attributes:
        folder: on it.
        mounted: it is a file system of its own.
    """

    folder: Path
    mounted: bool

    @contextmanager
    def left(self, pages: int) -> Iterator[None]:
        """So many pages are left meanwhile, or in every file."""
        if not self.mounted:
            before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (pages * _PAGE, hard))
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))
            return
        ballast = self.folder / "ballast"
        room = os.statvfs(self.folder)
        with ballast.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, max(1, room.f_bavail - pages) * room.f_frsize)
        try:
            yield
        finally:
            ballast.unlink()


@contextmanager
def small_disk(place: Path) -> Iterator[Disk]:
    """A disk of 64 MB in memory where one can be mounted, else a folder."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "none", str(place)]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield Disk(place, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(place)], check=True)  # whoever holds it


@dataclass(frozen=True)
class Before:
    """A store that was there before.

    Attributes:
        home: where it is.
        told: what was acknowledged in it.
    """

    home: Path
    told: list[Ack]


class Running:
    """A program that runs when the disk gets full.

    Args:
        loop: what it does.
        before: what is in its store.
        folder: where that is copied to.
    """

    def __init__(self, loop: Loop, before: Before, folder: Path) -> None:
        shutil.copytree(before.home, folder / "home")
        self._found, self._step, self._before = at(folder / "home"), loop.step, before.told
        self._store = open_archive(self._found)

    def work(self, name: str) -> Iterator[Ack]:
        """One step."""
        return self._step(self._store, name)

    def problems(self, name: str, told: list[Ack]) -> Iterator[str]:  # noqa: ARG002
        """What is wrong after a new start."""
        closed(self._store)
        yield from problems(self._found, [*self._before, *told])


class Starting:
    """A program that is started on a full disk.

    Args:
        folder: where its store is.
        prepare: makes what is there before, and says what is in it.
    """

    def __init__(
        self, folder: Path, *, prepare: Callable[[Path], list[Ack]] = lambda _: []
    ) -> None:
        self._found, self._before = at(folder / "home"), prepare(folder / "home")

    def work(self, name: str) -> Iterator[Ack]:  # noqa: ARG002  it starts once
        """Start."""
        closed(open_archive(self._found))
        yield ["started"]

    def problems(self, name: str, told: list[Ack]) -> Iterator[str]:  # noqa: ARG002
        """What is wrong after a new start."""
        yield from problems(self._found, self._before)


_STEPS: Final = 2
"""Acknowledgements of a trial of what has no end."""


def full(seed: int, every: int = 1) -> Iterator[Row]:
    """A row for every case, tried with every number of pages left.

    Args:
        seed: for the rows; nothing is drawn by chance.
        every: tries only each so many number of pages.
    """
    with TemporaryDirectory(prefix="sulcus-loss-") as kept:
        before = Before(Path(kept) / "home", filled(Path(kept) / "home"))
        for title, make in _cases(before).items():
            tally = Tally(FULL, title, seed)
            for pages in range(0, _MOST_PAGES, every):
                with TemporaryDirectory(prefix="sulcus-loss-") as folder:
                    with small_disk(Path(folder)) as disk:
                        refused = _tried(make(disk.folder), disk, pages=pages, tally=tally)
                    if not refused:
                        break
            yield tally.row


def _cases(before: Before) -> dict[str, Callable[[Path], Case]]:
    """[title] → what makes a case in a folder."""
    return {
        **{loop.title: partial(Running, loop, before) for loop in LOOPS.values()},
        "Starting for the first time": Starting,
        Upgrade.title: partial(Starting, prepare=first_version),
        Batch.title: Batch,
        Backup.title: Backup,
        Restore.title: Restore,
    }


def _tried(case: Case, disk: Disk, *, pages: int, tally: Tally) -> bool:
    """Whether anything was refused with so many pages left."""
    told: list[Ack] = []
    wrong: list[str] = []
    refused = False
    with disk.left(pages):
        try:
            endless = isinstance(case, Batch | Backup | Restore)
            told += itertools.islice(case.work("full"), _STEPS if endless else None)
        except SulcusError as error:
            refused = True
            wrong = unclear(error)
        except Exception as error:  # a crash of any kind is what is looked for
            refused = True
            wrong = [f"crash: {type(error).__name__}"]
    wrong += case.problems("full", told)
    tally.trial(wrong, acknowledged=len(told), refused=int(refused))
    return refused


def unclear(error: object) -> list[str]:
    """What is wrong with the words of a refusal."""
    return [] if is_sentence(str(error)) else [f"no sentence: {error}"]
