"""An uploaded set → picture files in a temporary folder that is gone afterwards.

Order of steps: bounds on the bytes and the number of entries → every name and kind of entry →
number, size and ratio of the pictures → only then is anything unpacked, pictures alone, and a
picture only once its header has shown a size that is read (`ml.io.limits`). Whatever is
suspicious refuses the whole set: links, names that lead out of the folder, archives within the
archive, passwords. A picture that cannot be read is left out and named.

Reference: APPNOTE.TXT 4.4 (zip entries); D. Fifield 2019, "A better zip bomb" (overlapping
entries: the stated sizes add up, and no entry gives more bytes than it states).
"""

import io
import re
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image

from ml.datasets.picture import PICTURE_SUFFIXES, decode_gray
from ml.errors import DatasetLayout, SetRefused
from ml.io.limits import (
    MAX_ARCHIVE_BYTES,
    MAX_BYTES,
    MAX_MEMBERS,
    MAX_RATIO,
    MAX_SET_BYTES,
    MAX_SET_PICTURES,
    MAX_SET_PIXELS,
    check_size,
)

__all__ = ["FOLDER", "Unpacked", "unpacked_files", "unpacked_zip"]

FOLDER: Final[str] = "upload"
"""Name of the set inside the temporary folder."""

_FORMATS: Final = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
_ENTRY: Final = b"PK\x01\x02"  # APPNOTE 4.3.12: each entry of the central directory begins so
_COMPRESSIONS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1  # APPNOTE 4.4.4, bit 0
_KINDS: Final = (0, stat.S_IFREG, stat.S_IFDIR)
_ARCHIVES: Final[frozenset[str]] = frozenset(
    {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar"}
)
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


@dataclass(frozen=True)
class _Entry:
    """One picture of the set: where it goes, how many bytes it states, and its bytes."""

    parts: tuple[str, ...]
    size: int
    read: Callable[[], bytes]


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
    _check_count(data.count(_ENTRY))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:  # zipfile raises nearly anything on corrupt bytes
        raise _damaged() from error
    with archive:
        entries = [one for info in archive.infolist() if (one := _entry(archive, info))]
        _check_sizes(entries)
        total = sum(entry.size for entry in entries)
        if total > MAX_RATIO * len(data):
            raise SetRefused(
                f"The pictures unpack to {total / len(data):,.0f} times the size of the archive; "
                f"at most {MAX_RATIO} times is unpacked. Pictures do not shrink that far."
            )
        with _written(entries) as found:
            yield found


@contextmanager
def unpacked_files(files: Sequence[tuple[str, bytes]]) -> Iterator[Unpacked]:
    """The same for the files of an uploaded folder, given as (path inside it, bytes).

    Raises:
        SetRefused: a name is unsafe, a limit is passed, or there is no picture.
    """
    _check_count(len(files))
    entries = []
    for name, data in files:
        parts = _parts(name)
        if _is_picture(parts):
            entries.append(_Entry(parts, len(data), _held(data)))
    _check_sizes(entries)
    with _written(entries) as found:
        yield found


def _held(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def _damaged() -> SetRefused:
    return SetRefused("The file is no zip archive, or a damaged one. Make the archive again.")


def _check_count(entries: int) -> None:
    if entries > MAX_MEMBERS:
        raise SetRefused(
            f"The set has {entries:,} files and folders; at most {MAX_MEMBERS:,} are read. "
            "Upload a part of it."
        )


def _check_sizes(entries: Sequence[_Entry]) -> None:
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


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Entry | None:
    """An entry to unpack, or None for a folder and whatever is no picture.

    Raises:
        SetRefused: no honest archive of pictures has such an entry.
    """
    # zipfile cuts `filename` at a NUL; the original name shows it.
    parts = _parts(info.orig_filename)
    if stat.S_IFMT(info.external_attr >> 16) not in _KINDS:
        raise SetRefused("The archive holds a link or a device; only plain files are read.")
    if info.flag_bits & _ENCRYPTED:
        raise SetRefused("The archive is protected by a password. Make one without.")
    if info.is_dir() or not _is_picture(parts):
        return None
    if info.compress_type not in _COMPRESSIONS:
        raise SetRefused("The archive uses a compression that is not read. Make an ordinary zip.")
    return _Entry(parts, info.file_size, lambda: _read(archive, info))


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """An entry's bytes: never more than it states, or than one picture may have."""
    try:
        with archive.open(info) as handle:
            return handle.read(min(info.file_size, MAX_BYTES) + 1)
    except Exception as error:  # as for the archive itself; overlapping entries end here too
        raise _damaged() from error


def _parts(name: str) -> tuple[str, ...]:
    """Folders and file of an entry's name.

    Raises:
        SetRefused: the name leads out of the folder, or hides something, or is an archive's.
    """
    path = name.replace("\\", "/")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    absolute = path.startswith("/") or re.match(r"[A-Za-z]:", path) is not None
    if absolute or ".." in parts or any(ord(character) < 32 for character in name):
        raise SetRefused(
            "The set holds a name that leads out of its folder or has control characters. "
            "Nothing was unpacked."
        )
    if parts and PurePosixPath(parts[-1]).suffix.lower() in _ARCHIVES:
        raise SetRefused("The set holds an archive within it. Unpack that one first.")
    return parts


def _is_picture(parts: tuple[str, ...]) -> bool:
    """A picture by its name; hidden files and macOS's resource forks are passed over."""
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return bool(parts) and not hidden and Path(parts[-1]).suffix.lower() in PICTURE_SUFFIXES


@contextmanager
def _written(entries: Sequence[_Entry]) -> Iterator[Unpacked]:
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
