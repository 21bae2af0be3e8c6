"""Instances on their way in: one folder a series on the disk, until nothing more of it comes.

What was confirmed to its sender is on the disk and outlives a kill: the next start finds it. The
files have their whole header; they stay here only until the series is whole.
"""

import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

from app.store.unfinished import flush, write_whole
from ml.errors import SizeOutOfBounds, StoreError, UnknownFormat
from ml.io.dicom_stack import frames_of
from ml.io.limits import MAX_ARCHIVE_BYTES, MAX_SERIES_FILES
from ml.io.series import find_series

__all__ = ["MAX_WAITING_BYTES", "Incoming"]

MAX_WAITING_BYTES: Final = 2 * 1024**3
"""Most bytes of all series that are not whole yet."""
_SUFFIX: Final = ".dcm"


class Incoming:
    """The folder of what is on its way in.

    Args:
        folder: made with the first instance, for its owner only.
        idle_s: seconds without a new slice after which a series is whole.
        clock: seconds that only grow.
    """

    def __init__(
        self, folder: Path, idle_s: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._idle_s = idle_s
        self._clock = clock
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}
        self._sizes: dict[str, dict[str, int]] = {}
        self._senders: dict[int, set[str]] = {}
        known = [one for one in folder.iterdir() if one.is_dir()] if folder.is_dir() else []
        for series in known:  # what an earlier process confirmed and did not finish
            self._last[series.name] = clock() - idle_s
            self._sizes[series.name] = {
                file.name: file.stat().st_size for file in series.glob(f"*{_SUFFIX}")
            }

    def add(self, data: bytes, sender: int) -> None:
        """Look at one instance and write it to the disk.

        Args:
            data: the whole file.
            sender: the connection that it came by.

        Raises:
            ScanError: it cannot be read, decoded or told to belong to a series, or its series is
                too large.
            StoreError: it cannot be written.
        """
        key = frames_of(data)[0].series_key
        if not key:
            raise UnknownFormat(
                "The instance states no series. Accepted are images with a Series Instance UID."
            )
        for part in find_series([data]).series:
            part.read()
        name = f"{hashlib.sha256(data).hexdigest()}{_SUFFIX}"
        with self._lock:
            mine = self._sizes.setdefault(key, {})
            if name not in mine:
                self._check_room(mine, len(data))
                _write(self._folder / key / name, data)
                mine[name] = len(data)
            self._last[key] = self._clock()
            self._senders.setdefault(sender, set()).add(key)

    def whole(self, connected: Collection[int]) -> tuple[str, ...]:
        """The series of which nothing more comes: idle, and nobody who sent of it is connected.

        Args:
            connected: the connections that are open.
        """
        with self._lock:
            self._senders = {k: found for k, found in self._senders.items() if k in connected}
            busy = {key for found in self._senders.values() for key in found}
            now = self._clock()
            return tuple(
                key
                for key, last in self._last.items()
                if key not in busy and now - last >= self._idle_s
            )

    def files(self, key: str) -> tuple[bytes, ...]:
        """The instances of a series.

        Raises:
            StoreError: one of them cannot be read.
        """
        names = sorted((self._folder / key).glob(f"*{_SUFFIX}"))
        try:
            return tuple(file.read_bytes() for file in names)
        except OSError as error:
            raise StoreError(
                f"A received instance cannot be read ({error.strerror}). See that the folder "
                "SULCUS_HOME is there, and look after the disk."
            ) from None

    def put_off(self, key: str) -> None:
        """Ask for a series again after another idle time."""
        with self._lock:
            self._last[key] = self._clock()

    def remove(self, key: str) -> None:
        """Let go of a series."""
        with self._lock:
            self._last.pop(key, None)
            self._sizes.pop(key, None)
            shutil.rmtree(self._folder / key, ignore_errors=True)

    def _check_room(self, mine: Mapping[str, int], size: int) -> None:
        if len(mine) >= MAX_SERIES_FILES or sum(mine.values()) + size > MAX_ARCHIVE_BYTES:
            raise SizeOutOfBounds(
                f"The series has more than {MAX_SERIES_FILES:,} instances or "
                f"{MAX_ARCHIVE_BYTES // 2**20} MB, which is the most that is received. Send a part "
                "of it."
            )
        waiting = sum(sum(one.values()) for one in self._sizes.values())
        if waiting + size > MAX_WAITING_BYTES:
            raise SizeOutOfBounds(
                f"More than {MAX_WAITING_BYTES // 2**30} GB are on their way in. Send it later."
            )


def _write(file: Path, data: bytes) -> None:
    """One file, whole and flushed to the disk, for its owner only."""
    try:
        if not file.parent.is_dir():
            file.parent.parent.mkdir(mode=0o700, exist_ok=True)
            file.parent.mkdir(mode=0o700, exist_ok=True)
            flush(file.parent.parent)
        write_whole(file, data)
    except OSError as error:
        raise StoreError(
            f"A received instance cannot be written ({error.strerror}). See that the folder "
            "SULCUS_HOME has room and can be written to."
        ) from None
