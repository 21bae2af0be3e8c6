"""Scans on a disk: which files to take from a folder, and their bytes within bounds."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath

from ml.errors import SizeOutOfBounds, UnknownFormat
from ml.io.limits import MAX_BYTES

__all__ = ["EXTENSIONS", "find", "may_be_a_scan", "read_file"]

EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dcm", ".dicom"})
"""What is taken from a folder, besides names without an extension, as DICOM files often have."""


def may_be_a_scan(name: str) -> bool:
    """Known extension, none, or a number (DICOM files are often named by a dotted UID)."""
    extension = PurePath(name).suffix.lower()
    return extension in EXTENSIONS or extension.lstrip(".").isdigit() or not extension


def find(
    paths: Iterable[str], out: Path, wanted: Callable[[str], bool] = may_be_a_scan
) -> Iterator[str]:
    """Files to read: each named file, and from each folder what looks like a scan.

    Args:
        paths: files and folders; a named file is taken whatever its name, and even if it does
            not exist, so that it gets a row.
        out: output folder, left out where it lies inside a folder that is read.
        wanted: whether a file of a folder is taken, by its name.

    Yields:
        Each file once: the path as given, joined with the way inside the folder. A folder that
        cannot be listed stands for itself.
    """
    seen: set[str] = set()
    real = os.path.realpath(out)
    for path in paths:
        for file in _walk(path, real, wanted) if Path(path).is_dir() else (path,):
            absolute = os.path.abspath(file)  # noqa: PTH100 (Path.resolve would follow links)
            if absolute not in seen:
                seen.add(absolute)
                yield file


def _walk(folder: str, out: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Scans below a folder, sorted by name; links to folders are not followed."""
    if os.path.realpath(folder) == out:
        return
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, out, wanted)
        elif entry.is_file() and wanted(entry.name):
            yield entry.path


def read_file(path: str, most: int = MAX_BYTES) -> bytes:
    """Bytes of a regular file that is not larger than what is read at all.

    Args:
        path: of the file.
        most: bytes; for a file of one slice `MAX_BYTES`.

    Raises:
        UnknownFormat: it is a device, a pipe or the like.
        SizeOutOfBounds: it is too large; it is not read then.
        OSError: it cannot be opened.
    """
    # without O_NONBLOCK a named pipe would wait for its other end
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as handle:
        found = os.fstat(handle.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise UnknownFormat("This is no regular file (a device or a pipe); name a file.")
        if found.st_size > most:
            raise SizeOutOfBounds(
                f"The file has {found.st_size / 2**20:.0f} MB; at most {most // 2**20} MB "
                "are read. Give one slice or one series a file."
            )
        return handle.read(most + 1)
