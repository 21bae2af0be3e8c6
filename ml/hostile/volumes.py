"""NIfTI headers and zip archives, changed field by field."""

import gzip
import io
import struct
import warnings
import zipfile
from random import Random
from typing import Any, Final

import nibabel
import numpy as np

from ml.hostile.damage import REALS, damaged, number

__all__ = ["archive", "nifti", "nifti_gz"]

_HEADER: Final = 348
_SIDES: Final = (0, 1, 2, 3, 31, 32, 40, 64, 8192, 8193, 32767, -1, -32768)
_NAMES: Final = (
    *("../../../../tmp/escaped", "/tmp/escaped", "C:\\escaped", "..\\..\\escaped", "a/../../b"),
    *("", ".", "/", "a\0b", "x" * 3000, "in.zip", "in.tar.gz", ".hidden", "__MACOSX/a", "~/a"),
    *("con", "a/b/c/d.png", "\u202egnp.exe", "glioma/../../escaped.png", "a\nb", "%2e%2e/escaped"),
)
_LINK, _PIPE = 0o120777 << 16, 0o010666 << 16
_EXTRA: Final = (0x0001, 0x5455, 0x7875, 0x9901)


def nifti(data: bytes, chance: Random) -> bytes:
    """A NIfTI-1 file with changed fields."""
    fields: Any = np.frombuffer(data[:_HEADER], nibabel.Nifti1Header.template_dtype).copy()
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(fields.dtype.names)
        part = fields[name]
        if part.dtype.kind == "S":
            fields[name] = chance.randbytes(part.dtype.itemsize)
            continue
        flat = part.reshape(-1)
        flat[chance.randrange(flat.size)] = _fitting(part.dtype, name, chance)
    changed = fields.tobytes() + data[_HEADER:]
    return damaged(changed, chance) if chance.random() < 0.2 else changed


def _fitting(kind: np.dtype[Any], name: str, chance: Random) -> Any:
    if kind.kind == "f":
        return chance.choice(REALS)
    if name == "dim":
        return chance.choice(_SIDES)
    size = 8 * kind.itemsize
    wrapped = number(chance) & ((1 << size) - 1)
    return wrapped if kind.kind == "u" or wrapped < 1 << (size - 1) else wrapped - (1 << size)


def nifti_gz(data: bytes, chance: Random) -> bytes:
    """The same as gzip, changed before or after it is packed."""
    if chance.random() < 0.3:
        return damaged(data, chance)
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        plain = stream.read()
    packed = gzip.compress(nifti(plain, chance), 1)
    return packed * chance.choice((1, 1, 1, 2))


def archive(data: bytes, chance: Random) -> bytes:
    """A zip with changed names, kinds and sizes of entries."""
    with zipfile.ZipFile(io.BytesIO(data)) as valid:
        members = [(info.filename, valid.read(info)) for info in valid.infolist()]
    for _ in range(chance.randint(0, 2)):
        at = chance.randrange(len(members))
        name, content = members[at]
        way = chance.randrange(4)
        if way == 0:
            members[at] = (chance.choice(_NAMES), content)
        elif way == 1:
            members[at] = (name, damaged(content, chance))
        elif way == 2:
            members += [(f"{name}.{n}", b"") for n in range(chance.choice((1, 50, 300)))]
        else:
            members[at] = (name, chance.choice((b"", data, bytes(2_000_000), content * 2)))
    packed = _zipped(members, chance)
    return _directory(packed, chance) if chance.random() < 0.6 else packed


def _zipped(members: list[tuple[str, bytes]], chance: Random) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        warnings.simplefilter("ignore")  # names that come twice
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.filename = info.orig_filename = name  # ZipInfo cuts it at a NUL
            info.compress_type = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
            if chance.random() < 0.05:
                info.external_attr = chance.choice((_LINK, _PIPE))
            if chance.random() < 0.05:
                size = number(chance) & 0xFF
                info.extra = struct.pack("<HH", chance.choice(_EXTRA), size) + chance.randbytes(8)
            made.writestr(info, content)
    return stream.getvalue()


def _directory(packed: bytes, chance: Random) -> bytes:
    """Changed numbers in a local or central header, or at the end (APPNOTE 4.3)."""
    places = []
    for mark, size in ((b"PK\3\4", 30), (b"PK\1\2", 46), (b"PK\5\6", 22)):
        at = packed.find(mark)
        while at >= 0:
            places.append((at, size))
            at = packed.find(mark, at + 4)
    changed = bytearray(packed)
    for _ in range(chance.randint(1, 2)):
        at, size = chance.choice(places)
        width = chance.choice((2, 4))
        where = at + chance.randrange(4, max(size - width, 5), 2)
        changed[where : where + width] = (number(chance) & ((1 << 8 * width) - 1)).to_bytes(
            width, "little"
        )
    return bytes(changed)
