"""What a compressed frame states, so that no decoder unpacks more than was announced."""

import io
from typing import Final

from PIL import Image

from ml.errors import DamagedFile
from ml.io.limits import MAX_SCANNED

__all__ = ["check_scans", "coded_size"]

_MARKER: Final = 0xFF
_JPEG: Final = b"\xff\xd8"
# ITU-T T.81 table B.1: start of frame, Huffman and arithmetic; T.87 table C.1 for JPEG-LS (0xF7).
_START_OF_FRAME: Final = (
    frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}  # DHT, JPG, DAC are no frames
)
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a segment: TEM, RSTn, SOI."""
_SCAN: Final = 0xDA
_FEW_SCANS: Final = 20
"""What every encoder stays below; a picture of the largest size may have as many."""


def coded_size(frame: bytes) -> tuple[int, int]:
    """(columns, rows) that the header of a JPEG, JPEG-LS or JPEG 2000 frame states.

    Raises:
        ValueError: there is none to be found.
        OSError: it is no JPEG 2000 that Pillow knows either.

    Reference: ITU-T T.81 B.2.2 (frame header), T.87 C.2.2.
    """
    if frame[:2] != _JPEG:
        with Image.open(io.BytesIO(frame), formats=("JPEG2000",)) as picture:
            return picture.size
    at = 2
    while at + 9 <= len(frame) and frame[at] == _MARKER:
        kind = frame[at + 1]
        if kind == _MARKER:  # fill byte, B.1.1.2
            at += 1
        elif kind in _ALONE:
            at += 2
        elif kind in _START_OF_FRAME:
            rows, columns = (int.from_bytes(frame[at + i : at + i + 2], "big") for i in (5, 7))
            return columns, rows
        elif kind == _SCAN:
            break
        else:
            at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    raise ValueError("no frame header before the first scan")


def check_scans(frame: bytes, pixels: int) -> None:
    """Hold the scans of a JPEG to the bound on what a decoder passes over.

    Args:
        frame: the JPEG, or a file that holds one.
        pixels: of the picture.

    Raises:
        DamagedFile: so many scans are no encoder's.

    Reference: T. Richter 2015, "Two issues with the JPEG standard".
    """
    scans = frame.count(b"\xff\xda")  # within coded data 0xFF is followed by 0 (T.81 B.1.1.5)
    if scans > _FEW_SCANS and scans * pixels > MAX_SCANNED:
        raise DamagedFile(
            f"The JPEG has {scans:,} scans of {pixels / 1e6:.1f} million pixels, which takes too "
            "long to decode. Save it as an ordinary JPEG."
        )
