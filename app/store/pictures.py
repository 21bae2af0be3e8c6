"""Pictures that a reader wants kept: one file a scan or series, for a stated number of days.

What a reader keeps is the decoded scan (`ml.io.kept`, `ml.io.kept_series`), never the file that
was uploaded. The DICOM node keeps that too, or the files that it received (`app.node.admission`).
"""

import re
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from app.store.unfinished import sweep, write_whole
from ml.errors import StoreError
from ml.io import kept
from ml.io.kept_series import pack_series
from ml.results import Scan
from ml.volume import Volume

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SUFFIX: Final = ".scan"


class Pictures:
    """A folder of kept pictures.

    Args:
        folder: made when the first picture is kept, for its owner only.
        keep_days: days that a picture stays after it was last kept.
    """

    def __init__(self, folder: Path, keep_days: int) -> None:
        self._folder = folder
        self.keep_days = keep_days

    def keep(self, scan: Scan) -> datetime:
        """Keep a picture; see `keep_bytes`."""
        return self.keep_bytes(scan.content_hash, kept.pack(scan))

    def keep_series(self, content_hash: str, volume: Volume) -> datetime:
        """Keep a series under the name of what was opened; see `keep_bytes`."""
        return self.keep_bytes(content_hash, pack_series(volume))

    def keep_bytes(self, content_hash: str, data: bytes) -> datetime:
        """Write what is kept, whole or not at all; one kept before starts its days anew.

        Returns:
            Until when it stays, UTC.

        Raises:
            StoreError: it cannot be written.
        """
        file = self._file(content_hash)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(file, data)
            return self._end(file)
        except OSError as error:
            raise StoreError(
                f"The picture cannot be kept ({error.strerror}). See that the folder SULCUS_HOME "
                "has room and can be written to, then try again."
            ) from None

    def kept_until(self, content_hash: str) -> datetime | None:
        """Until when a picture stays, UTC; None where it is not kept, or cannot be read."""
        try:
            end = self._end(self._file(content_hash))
        except OSError:
            return None
        return end if end > datetime.now(UTC) else None

    def data(self, content_hash: str) -> bytes:
        """The bytes of what is kept, for `ml.io.kept.unpack` or `ml.io.kept_series.reopened`.

        Raises:
            StoreError: it is not kept, or cannot be read.
        """
        try:
            return self._file(content_hash).read_bytes()
        except OSError:
            raise StoreError(
                "The picture is not kept any more. Open the scan's own file again; it joins its "
                "line on the worklist by its content."
            ) from None

    def forget(self, content_hash: str) -> None:
        """Remove a picture; none is fine too.

        Raises:
            StoreError: it cannot be removed.
        """
        try:
            self._file(content_hash).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                f"The picture cannot be removed ({error.strerror}). See that the folder "
                "SULCUS_HOME can be written to, then try again."
            ) from None

    def remove_old(self) -> int:
        """Remove every picture whose days are over, and what a killed process left half written.

        Returns:
            How many were removed; what cannot be removed is tried again next time.
        """
        oldest = time.time() - timedelta(days=self.keep_days).total_seconds()
        removed = sweep(self._folder)
        with suppress(OSError):  # no folder, or none that may be read
            for file in list(self._folder.iterdir()):
                with suppress(OSError):  # another process was faster, or writes there
                    if file.is_file() and file.stat().st_mtime <= oldest:
                        file.unlink()
                        removed += 1
        return removed

    def _file(self, content_hash: str) -> Path:
        if not _DIGEST.fullmatch(content_hash):
            raise ValueError("a content hash has 64 hexadecimal digits")
        return self._folder / f"{content_hash}{_SUFFIX}"

    def _end(self, file: Path) -> datetime:
        changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return changed + timedelta(days=self.keep_days)
