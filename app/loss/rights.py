"""A folder that may only be read: what cannot be done is refused in a sentence."""

import ctypes
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app.archive import Archive, open_archive
from app.loss.counts import Row, Tally
from app.loss.files import at, filled
from app.loss.full import unclear
from app.loss.processes import finished
from app.loss.whole import problems
from app.loss.work import FAILED, LOOPS, Ack
from app.store.backup import back_up
from app.store.restore import restore
from ml.errors import SulcusError

__all__ = ["READ_ONLY", "read_only"]

READ_ONLY: Final = "read-only"
_REFUSED: Final = "refused"
_CAPABILITIES: Final = 0x20080522
"""Version of the form in which Linux is told of them."""


@dataclass(frozen=True)
class Rights:
    """What may be done in a folder.

    Attributes:
        folders: mode of its folders.
        files: mode of its files.
        running: the program was started before.
    """

    folders: int
    files: int
    running: bool = False


_RIGHTS: Final = {
    "A folder and files that may only be read": Rights(0o555, 0o444),
    "A folder that may only be read, files that may be written": Rights(0o555, 0o666),
    "A folder that may only be read from now on, while the program runs": Rights(
        0o555, 0o444, running=True
    ),
}


def read_only(seed: int) -> Iterator[Row]:
    """A row for each way in which a folder may not be written to."""
    for title, rights in _RIGHTS.items():
        tally = Tally(READ_ONLY, title, seed)
        with TemporaryDirectory(prefix="sulcus-loss-") as folder:
            home, backup = Path(folder) / "home", Path(folder) / "backup.zip"
            before = filled(home)
            back_up(at(home), backup)
            try:
                told = finished(partial(_visit, home, backup, rights))
            finally:
                _allow(home, Rights(0o700, 0o600))
            refused = [ack[1] for ack in told if ack[0] == _REFUSED]
            done = [ack for ack in told if ack[0] not in (_REFUSED, FAILED)]
            wrong = [str(ack[1]) for ack in told if ack[0] == FAILED]
            wrong += [text for said in refused for text in unclear(said)]
            wrong += problems(at(home), [*before, *done])
            tally.trial(wrong, acknowledged=len(done), refused=len(refused))
        yield tally.row


def _allow(home: Path, rights: Rights) -> None:
    for one in (home, *home.rglob("*")):
        one.chmod(rights.folders if one.is_dir() else rights.files)


def _visit(home: Path, backup: Path, rights: Rights) -> Iterator[Ack]:
    """Everything that a program does, by somebody without the right to write there."""
    opened = open_archive(at(home)) if rights.running else None
    _allow(home, rights)
    _give_up_rights()
    steps: list[Callable[[], Iterator[Ack]]] = [
        partial(_listed, home, opened),
        *(partial(_step, home, opened, name) for name in LOOPS),
        partial(_backed_up, home),
        partial(_restored, home, backup),
    ]
    for step in steps:
        try:
            yield from step()
        except SulcusError as error:
            yield [_REFUSED, str(error)]
        except Exception as error:  # a crash of any kind is what is looked for
            yield [FAILED, f"crash: {type(error).__name__}"]


def _give_up_rights() -> None:
    """Root may write everywhere; without its capabilities it may do what the modes allow.

    Reference: capset(2), capabilities(7).
    """
    if os.geteuid() == 0:
        header, none = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
        if ctypes.CDLL(None).capset(header, none):
            raise RuntimeError("the rights of root cannot be given up here")


def _listed(home: Path, opened: Archive | None) -> Iterator[Ack]:
    """The worklist, and removing a kept picture."""
    store = opened or open_archive(at(home))
    for one in store.worklist():
        store.pictures.forget(one.scan.content_hash)
    yield from ()


def _step(home: Path, opened: Archive | None, name: str) -> Iterator[Ack]:
    yield from LOOPS[name].step(opened or open_archive(at(home)), f"visit/{name}")


def _backed_up(home: Path) -> Iterator[Ack]:
    back_up(at(home), home / "backup.zip")
    yield [FAILED, "a backup was written where nothing may be"]


def _restored(home: Path, backup: Path) -> Iterator[Ack]:
    restore(at(home / "again"), backup)
    yield [FAILED, "a backup was restored where nothing may be written"]
