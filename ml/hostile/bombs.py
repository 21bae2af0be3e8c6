"""Small files that unpack to much, and files that take long: one of each kind, made on demand.

Reference: D. Fifield 2019, "A better zip bomb"; T. Richter 2015, "Two issues with the JPEG
standard" (progressive scans that cost time and hardly any bytes).
"""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import nibabel
import numpy as np
import pydicom
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, RLELossless

from ml.hostile import seeds
from ml.hostile.dicom import nested

__all__ = ["DICOM", "FRAMES", "JPEG", "NIFTI_GZ", "PNG", "SERIES_ZIP", "SET_ZIP", "TIFF"]

Bomb = Callable[[], bytes]

_WIDE, _HIGH = 6300, 6300
"""Sides of a picture of nearly as many pixels as are read."""


def _blank(mode: str, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (_WIDE, _HIGH)).save(stream, kind, **options)
    return stream.getvalue()


def _text_bomb() -> bytes:
    """A PNG whose text unpacks to 100 MB."""
    data = seeds.pngs()[0]
    body = b"zTXtk\0\0" + zlib.compress(bytes(100_000_000), 9)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]


def _many_scans() -> bytes:
    """A large progressive JPEG that repeats its last scan two thousand times."""
    data = _blank("L", "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * 2000 + b"\xff\xd9"


def _many_directories() -> bytes:
    """A TIFF whose directories point at each other in a ring."""
    data = bytearray(seeds.tiffs()[0])
    start = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[start : start + 2], "little")
    struct.pack_into("<I", data, start + 2 + 12 * count, start)
    return bytes(data)


def _deflated() -> bytes:
    """A deflated data set that unpacks to a gigabyte."""
    header = pydicom.dcmread(io.BytesIO(seeds.dicom()))
    header.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    whole = seeds.saved(header)
    start = 144 + int.from_bytes(whole[140:144], "little")
    pack = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return whole[:start] + b"".join(pack.compress(bytes(2**24)) for _ in range(64)) + pack.flush()


def _short_runs() -> bytes:
    """A run-length coded slice of twenty million runs of two bytes each."""
    header = pydicom.dcmread(io.BytesIO(seeds.dicom()))
    header.Rows, header.Columns = _HIGH, _WIDE
    header.BitsAllocated = header.BitsStored = 8
    header.HighBit = 7
    runs = b"\xff\x07" * (_HIGH * _WIDE // 2)
    header.PixelData = encapsulate([struct.pack("<16I", 1, 64, *([0] * 14)) + runs])
    header["PixelData"].VR = "OB"
    header.file_meta.TransferSyntaxUID = RLELossless
    return seeds.saved(header)


def _deep() -> bytes:
    """Five thousand sequences, each within the other."""
    return seeds.dicom() + nested(5000)


def _announced() -> bytes:
    """A small object that announces a thousand frames."""
    header = pydicom.dcmread(io.BytesIO(seeds.enhanced()))
    header.NumberOfFrames = 1000
    return seeds.saved(header)


def _volume(kind: str) -> Bomb:
    """A volume of nearly as many voxels as are read, all zero, in a few hundred kilobytes."""

    def made() -> bytes:
        make: Any = nibabel.Nifti1Header  # nibabel states no types
        header = make()
        header.set_data_dtype(np.dtype(kind))
        header.set_data_shape((340, 346, 1000))
        header["magic"], header["vox_offset"] = b"n+1", 352
        stream = io.BytesIO()
        with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=6) as packed:
            packed.write(header.binaryblock + bytes(4))
            for _ in range(1000):
                packed.write(bytes(340 * 346 * np.dtype(kind).itemsize))
        return stream.getvalue()

    return made


def _zip_of(members: Sequence[tuple[str, bytes]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members:
            made.writestr(name, content)
    return stream.getvalue()


def _many_members() -> bytes:
    return _zip_of([(f"{n}", b"") for n in range(20_001)])


def _ratio() -> bytes:
    return _zip_of([(f"glioma/{n}.png", bytes(40_000_000)) for n in range(12)])


def _within() -> bytes:
    inner = _ratio()
    return _zip_of([(f"glioma/{n}.zip.png", inner) for n in range(50)])


def _overlapping() -> bytes:
    """One body that every entry of the directory claims as its own."""
    whole = _zip_of([("glioma/0.png", bytes(5_000_000))])
    directory = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    entry, tail, count = whole[directory:end], bytearray(whole[end:]), 3000
    struct.pack_into("<HHI", tail, 8, count, count, len(entry) * count)
    return whole[:directory] + entry * count + bytes(tail)


def _many_announced() -> bytes:
    """Many small objects that announce a thousand frames each."""
    base = pydicom.dcmread(io.BytesIO(_announced()))
    members = []
    for number in range(60):
        base.SOPInstanceUID = base.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.3.{number}")
        members.append((f"{number}", seeds.saved(base)))
    return _zip_of(members)


def _many_series() -> bytes:
    """Slices of two thousand series."""
    base = pydicom.dcmread(io.BytesIO(seeds.dicom()))
    members = []
    for number in range(2000):
        base.SeriesInstanceUID = f"1.2.3.{number}"
        members.append((f"{number}", seeds.saved(base)))
    return _zip_of(members)


PNG: Final[tuple[Bomb, ...]] = (
    *(lambda mode=mode: _blank(mode, "PNG") for mode in ("L", "RGB", "RGBA", "I;16", "P", "LA")),
    _text_bomb,
)
JPEG: Final[tuple[Bomb, ...]] = (
    *(lambda mode=mode: _blank(mode, "JPEG") for mode in ("L", "RGB")),
    _many_scans,
)
TIFF: Final[tuple[Bomb, ...]] = (
    *(
        lambda mode=mode: _blank(mode, "TIFF", compression="tiff_adobe_deflate")
        for mode in ("L", "RGB", "RGBA", "F")
    ),
    _many_directories,
)
DICOM: Final[tuple[Bomb, ...]] = (_deflated, _short_runs, _deep, _announced)
FRAMES: Final[tuple[Bomb, ...]] = (_announced, _deep)
NIFTI_GZ: Final[tuple[Bomb, ...]] = tuple(map(_volume, ("u1", "<i2", "<f4", "<f8")))
SERIES_ZIP: Final[tuple[Bomb, ...]] = (
    *(_many_members, _ratio, _within, _overlapping, _many_announced, _many_series),
)
SET_ZIP: Final[tuple[Bomb, ...]] = (_many_members, _ratio, _within, _overlapping)
