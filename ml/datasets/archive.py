"""An uploaded set → picture files in a temporary folder that is gone afterwards.

Order of steps: bound on the bytes → every name and kind of entry (`ml.io.archive`) → number, size
and ratio of the pictures → only then is anything unpacked, pictures alone, and a picture only
once its header has shown a size that is read (`ml.io.limits`). Whatever is suspicious refuses the
whole set. A picture that cannot be read is left out and named.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image

from ml.datasets.picture import PICTURE_SUFFIXES, decode_gray
from ml.errors import DatasetLayout, SetRefused
from ml.io.archive import Entry, check_count, check_ratio, entries_of, hidden, safe_parts
from ml.io.limits import (
    MAX_ARCHIVE_BYTES,
    MAX_BYTES,
    MAX_SET_BYTES,
    MAX_SET_PICTURES,
    MAX_SET_PIXELS,
    check_size,
)

__all__ = ["FOLDER", "Unpacked", "unpacked_files", "unpacked_zip"]

FOLDER: Final[str] = "upload"
"""Name of the set inside the temporary folder."""

_FORMATS: Final = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
_MB: Final = 2**20


@dataclass(frozen=True)
class Unpacked:
    """A set on disk for as long as the context lasts.

    Attributes:
        folder: holds the set's own folders.
        pictures: how many picture files are there.
        left_out: names, inside the set, of picture files that cannot be read.
    """

    folder: Path
    pictures: int
    left_out: tuple[str, ...]


@contextmanager
def unpacked_zip(data: bytes) -> Iterator[Unpacked]:
    """The pictures of a zip archive in a temporary folder, removed on leaving, error or not.

    Raises:
        SetRefused: the archive is damaged, unsafe or over a limit, or holds no picture.
    """
    if len(data) > MAX_ARCHIVE_BYTES:
        raise SetRefused(
            f"The archive has {len(data) / _MB:.0f} MB; at most {MAX_ARCHIVE_BYTES // _MB} MB are "
            "read. Use `python -m ml.datasets.audit FOLDER` for a larger set."
        )
    with entries_of(data, _is_picture, most=MAX_BYTES) as entries:
        _check_sizes(entries)
        check_ratio(entries, len(data))
        with _written(entries) as found:
            yield found


@contextmanager
def unpacked_files(files: Sequence[tuple[str, bytes]]) -> Iterator[Unpacked]:
    """The same for the files of an uploaded folder, given as (path inside it, bytes).

    Raises:
        SetRefused: a name is unsafe, a limit is passed, or there is no picture.
    """
    check_count(len(files))
    entries = []
    for name, data in files:
        parts = safe_parts(name)
        if _is_picture(parts):
            entries.append(Entry(parts, len(data), _held(data)))
    _check_sizes(entries)
    with _written(entries) as found:
        yield found


def _held(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def _check_sizes(entries: Sequence[Entry]) -> None:
    """Hold the pictures to the limits by what they state, before any is unpacked."""
    if not entries:
        raise SetRefused(
            "The set holds no picture. Read are PNG, JPEG, TIFF, BMP and WebP in class folders."
        )
    if len(entries) > MAX_SET_PICTURES:
        raise SetRefused(
            f"The set has {len(entries):,} pictures; at most {MAX_SET_PICTURES:,} are audited "
            "here. Use `python -m ml.datasets.audit FOLDER` for a larger set."
        )
    total = sum(entry.size for entry in entries)
    if total > MAX_SET_BYTES:
        raise SetRefused(
            f"The pictures have {total / _MB:,.0f} MB unpacked; at most {MAX_SET_BYTES // _MB:,} "
            "MB are read. Upload a part of the set."
        )


def _is_picture(parts: tuple[str, ...]) -> bool:
    """A picture by its name; hidden files are passed over."""
    return bool(parts) and not hidden(parts) and Path(parts[-1]).suffix.lower() in PICTURE_SUFFIXES


@contextmanager
def _written(entries: Sequence[Entry]) -> Iterator[Unpacked]:
    with TemporaryDirectory(prefix="sulcus-set-") as place:
        folder = Path(place) / FOLDER
        left_out, total = [], 0
        for entry in entries:
            data = entry.read()
            pixels = _pixels(data)
            total += pixels
            if total > MAX_SET_PIXELS:
                raise SetRefused(
                    f"The pictures have more than {MAX_SET_PIXELS // 10**6:,} million pixels "
                    "together, which is the most that is read. Upload a part of the set."
                )
            if not pixels or not _stored(folder.joinpath(*entry.parts), data):
                left_out.append("/".join(entry.parts))
        folder.mkdir(exist_ok=True)
        yield Unpacked(folder, len(entries) - len(left_out), tuple(left_out))


def _pixels(data: bytes) -> int:
    """How many pixels the header states, 0 where it is none that is read; nothing is decoded."""
    if len(data) > MAX_BYTES:
        return 0
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            columns, rows = picture.size
        check_size(rows, columns)
    except Exception:  # Pillow's parsers raise nearly anything on corrupt bytes
        return 0
    return rows * columns


def _stored(target: Path, data: bytes) -> bool:
    """Write a picture; whether it can be decoded, without which it is taken away again."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as handle:  # a name that comes twice is refused, not overwritten
            handle.write(data)
    except OSError as error:
        raise SetRefused(
            "A picture could not be written to the temporary folder: its name comes twice or is "
            "one that this computer does not store, or the disk is full."
        ) from error
    try:
        decode_gray(target)
    except DatasetLayout:
        target.unlink()
        return False
    return True
