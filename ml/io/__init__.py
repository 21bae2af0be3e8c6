"""Bytes of an upload → `Scan`.

The format is told by the content, never by a name; size limits come before any decoding;
nothing that identifies a patient is kept.
"""

from typing import Final

from ml.errors import UnknownFormat
from ml.io.dicom_signature import looks_like_dicom
from ml.io.limits import ACCEPTED, check_bytes
from ml.io.raster import looks_like_raster, read_raster
from ml.results import Scan

__all__ = ["read_scan"]

_KNOWN_BUT_REFUSED: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"GIF8", "a GIF picture"),
    (0, b"BM", "a BMP picture"),
    (8, b"WEBP", "a WebP picture"),
    (4, b"ftyp", "a HEIC/AVIF picture or a video"),
    (0, b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (344, b"n+1\x00", "a NIfTI volume"),
    (344, b"ni1\x00", "a NIfTI header"),
    (4, b"n+2\x00", "a NIfTI volume"),
    (0, b"\x1f\x8b", "a gzip archive (perhaps a NIfTI volume, .nii.gz)"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"%PDF", "a PDF document"),
    (0, b"NRRD", "an NRRD volume"),
    (0, b"\x89HDF", "an HDF5 or MATLAB file"),
    (0, b"MATLAB", "a MATLAB file"),
)
"""(offset, magic bytes, what it is) of formats that people try and that are not read."""


def read_scan(data: bytes, content_hash: str = "") -> Scan:
    """Decode one upload.

    Steps: bounds on the length → format by content → `ml.io.raster` or `ml.io.dicom`.

    Args:
        data: the whole file.
        content_hash: its SHA-256 where that is known already.

    Returns:
        The slice; see `Scan` for shape, range and units.

    Raises:
        ScanError: one of its subclasses, whose text says what was found, what is accepted and
            what to do, and holds neither a file name nor the value of an identifying tag.
    """
    check_bytes(data)
    if looks_like_dicom(data):  # first: its preamble may be a TIFF's (PS3.10, section 7.1)
        from ml.io.dicom import read_dicom

        return read_dicom(data, content_hash)
    if looks_like_raster(data):
        return read_raster(data, content_hash)
    raise UnknownFormat(
        f"The file is {_what_is_it(data)}. {ACCEPTED} Renaming a file does not change its format: "
        "export the slice in one of them."
    )


def _what_is_it(data: bytes) -> str:
    for offset, magic, title in _KNOWN_BUT_REFUSED:
        if data[offset : offset + len(magic)] == magic:
            return title
    try:
        head = data[:512].decode("ascii")
    except UnicodeDecodeError:
        return "of a format that is not known here"
    readable = all(c.isprintable() or c.isspace() for c in head)
    return "text, not a picture" if readable else "of a format that is not known here"
