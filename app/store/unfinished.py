"""Files on their way to their place: there whole and on the disk, or not there at all.

What is written lies in a folder of its own, which its process holds locked (flock(2)). The kernel
lets go of the lock when the process ends, however it ends: so a later start can tell what a killed
process left from what another one is writing, and removes it.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

__all__ = ["PREFIX", "alone", "flush", "folder_in", "sweep", "write_new", "write_whole"]

PREFIX: Final = ".unfinished-"


@contextmanager
def folder_in(place: Path) -> Iterator[Path]:
    """A folder for what is on its way, for its owner only; gone when the block ends.

    Raises:
        OSError: it cannot be made.
    """
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))  # 0700
        with alone(folder) as there:
            if there:  # not swept before it was locked
                try:
                    yield folder
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
                return


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Wait until nobody else works in a folder, and hold it; False where it is gone by then."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder.exists()
    finally:
        os.close(handle)


def write_whole(file: Path, data: bytes) -> None:
    """Write a file for its owner only, in place of one that is there.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    with folder_in(file.parent) as folder:
        part = folder / file.name
        write_new(part, data)
        part.replace(file)
        flush(file.parent)


def write_new(file: Path, data: bytes) -> None:
    """Write a file that is not there yet, for its owner only, through to the disk.

    Raises:
        OSError: it cannot be written, or is there.
    """
    handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def flush(folder: Path) -> None:
    """Wait until the names in a folder are on the disk: a file that was moved there stays there."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(place: Path) -> int:
    """Remove what processes left in a folder that were ended while they wrote there.

    Returns:
        How many times something was left; what cannot be removed is tried again next time.
    """
    removed = 0
    with suppress(OSError):
        for folder in [one for one in place.iterdir() if one.name.startswith(PREFIX)]:
            with suppress(OSError):  # locked: somebody writes there; or another one was faster
                handle = os.open(folder, os.O_RDONLY)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder)
                    removed += 1
                finally:
                    os.close(handle)
    return removed
