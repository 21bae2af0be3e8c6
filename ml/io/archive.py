"""Files inside an uploaded zip archive, checked before any is unpacked.

Order of steps: number of entries → every name and kind of entry → only then bytes, one file at a
time and never more than it states. Whatever is suspicious refuses the whole archive: links, names
that lead out of the folder, archives within the archive, passwords.

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
from pathlib import PurePosixPath
from typing import Final

from ml.errors import SetRefused
from ml.io.limits import MAX_MEMBERS, MAX_RATIO

__all__ = ["Entry", "check_count", "check_ratio", "entries_of", "hidden", "is_zip", "safe_parts"]

_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")  # APPNOTE 4.3.7, 4.3.16 (an empty archive)
_ENTRY: Final = b"PK\x01\x02"  # APPNOTE 4.3.12: each entry of the central directory begins so
_COMPRESSIONS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1  # APPNOTE 4.4.4, bit 0
_KINDS: Final = (0, stat.S_IFREG, stat.S_IFDIR)
_ARCHIVES: Final[frozenset[str]] = frozenset(
    {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar"}
)


@dataclass(frozen=True)
class Entry:
    """One file of a set.

    Attributes:
        parts: folders and file of its name.
        size: bytes that it states.
        read: gives its bytes.
    """

    parts: tuple[str, ...]
    size: int
    read: Callable[[], bytes]


def is_zip(data: bytes) -> bool:
    """Whether the bytes begin like a zip archive."""
    return data.startswith(_MAGIC)


@contextmanager
def entries_of(
    data: bytes, wanted: Callable[[tuple[str, ...]], bool], *, most: int
) -> Iterator[list[Entry]]:
    """The wanted files of a zip archive, readable inside the context.

    Args:
        data: the archive, of a length that was looked at before.
        wanted: whether a file is, by folders and name.
        most: bytes of one file that are read; one byte more is given where there are more.

    Raises:
        SetRefused: the archive is damaged or unsafe.
    """
    check_count(data.count(_ENTRY))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:  # zipfile raises nearly anything on corrupt bytes
        raise _damaged() from error
    with archive:
        found = (_entry(archive, info, wanted=wanted, most=most) for info in archive.infolist())
        yield [entry for entry in found if entry is not None]


def check_count(entries: int) -> None:
    """Hold a set to the bound on its files and folders.

    Raises:
        SetRefused: there are more.
    """
    if entries > MAX_MEMBERS:
        raise SetRefused(
            f"The set has {entries:,} files and folders; at most {MAX_MEMBERS:,} are read. "
            "Upload a part of it."
        )


def check_ratio(entries: Sequence[Entry], packed: int) -> None:
    """Hold what an archive unpacks to to a multiple of its own size.

    Raises:
        SetRefused: it is more.
    """
    total = sum(entry.size for entry in entries)
    if total > MAX_RATIO * packed:
        raise SetRefused(
            f"The pictures unpack to {total / packed:,.0f} times the size of the archive; "
            f"at most {MAX_RATIO} times is unpacked. Pictures do not shrink that far."
        )


def safe_parts(name: str) -> tuple[str, ...]:
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


def hidden(parts: tuple[str, ...]) -> bool:
    """Whether a name is that of a hidden file, or of macOS's resource forks."""
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _entry(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    *,
    wanted: Callable[[tuple[str, ...]], bool],
    most: int,
) -> Entry | None:
    """An entry to unpack, or None for a folder and whatever is not wanted.

    Raises:
        SetRefused: no honest archive of pictures has such an entry.
    """
    # zipfile cuts `filename` at a NUL; the original name shows it.
    parts = safe_parts(info.orig_filename)
    if stat.S_IFMT(info.external_attr >> 16) not in _KINDS:
        raise SetRefused("The archive holds a link or a device; only plain files are read.")
    if info.flag_bits & _ENCRYPTED:
        raise SetRefused("The archive is protected by a password. Make one without.")
    # not is_dir(): it fails on a name that is empty or begins with a NUL
    if info.filename.endswith("/") or not wanted(parts):
        return None
    if info.compress_type not in _COMPRESSIONS:
        raise SetRefused("The archive uses a compression that is not read. Make an ordinary zip.")
    return Entry(parts, info.file_size, lambda: _read(archive, info, most))


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """An entry's bytes: never more than it states, or than one file may have."""
    try:
        with archive.open(info) as handle:
            return handle.read(min(info.file_size, most) + 1)
    except Exception as error:  # as for the archive itself; overlapping entries end here too
        raise _damaged() from error


def _damaged() -> SetRefused:
    return SetRefused("The file is no zip archive, or a damaged one. Make the archive again.")
