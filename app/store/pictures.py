"""Pictures that a reader wants kept: one file a scan or series, for a stated number of days.

What a reader keeps is the decoded scan (`ml.io.kept`, `ml.io.kept_series`), never the file that
was uploaded. The DICOM node keeps that too, or the files that it received (`app.node.inbox`).
"""

import os
import re
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

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
            handle, name = tempfile.mkstemp(dir=self._folder)  # 0600
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(name).replace(file)
        except OSError as error:
            raise StoreError(
                f"The picture cannot be kept ({error.strerror}). See that the folder SULCUS_HOME "
                "has room and can be written to, then try again."
            ) from None
        return self._end(file)

    def kept_until(self, content_hash: str) -> datetime | None:
        """Until when a picture stays, UTC; None where it is not kept."""
        file = self._file(content_hash)
        end = self._end(file) if file.exists() else None
        return end if end is not None and end > datetime.now(UTC) else None

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
        """Remove a picture; none is fine too."""
        self._file(content_hash).unlink(missing_ok=True)

    def remove_old(self) -> int:
        """Remove every picture whose days are over, and what a killed process left half written.

        Returns:
            How many files were removed.
        """
        oldest = time.time() - timedelta(days=self.keep_days).total_seconds()
        removed = 0
        for file in list(self._folder.iterdir()) if self._folder.is_dir() else ():
            with suppress(FileNotFoundError):  # another process was faster
                if file.stat().st_mtime <= oldest:
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
