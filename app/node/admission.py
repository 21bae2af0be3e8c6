"""A received series → its picture kept, and its line on the worklist."""

import io
import zipfile
from collections.abc import Iterable, Sequence

from app.archive import Archive
from app.node.settings import FILES
from ml.io import read_scan
from ml.io.kept_series import pack_series
from ml.io.series import Series, find_series

__all__ = ["admit"]


def admit(archive: Archive, files: Sequence[bytes], keep: str) -> list[int]:
    """Keep what came, and put it on the worklist as new; the picture comes first.

    Args:
        archive: worklist and kept pictures.
        files: the instances of one series, of which one or several stacks are made.
        keep: `settings.PIXELS` or `settings.FILES`.

    Returns:
        The number of slices of each line.

    Raises:
        ScanError: nothing of it can be read.
        StoreError: it cannot be written.
    """
    found = find_series(files).series
    for series in found:
        if series.plain:
            _slice(archive, next(iter(series.files.values())), keep)
        else:
            _series(archive, series, keep)
    return [series.slices for series in found]


def _slice(archive: Archive, data: bytes, keep: str) -> None:
    """A slice that is alone is a picture of its own."""
    scan = read_scan(data)
    if keep == FILES:
        archive.pictures.keep_bytes(scan.content_hash, data)
    else:
        archive.pictures.keep(scan)
    archive.admit(scan, data)


def _series(archive: Archive, series: Series, keep: str) -> None:
    volume = series.read()
    packed = _zipped(series.files.values()) if keep == FILES else pack_series(volume)
    archive.pictures.keep_bytes(series.content_hash, packed)
    archive.admit_series(series, volume)


def _zipped(files: Iterable[bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as packed:
        for number, data in enumerate(files):
            packed.writestr(f"{number:04d}.dcm", data)
    return stream.getvalue()
