"""A decoded scan as bytes and back, for a reader who wants a picture kept.

Only what `Scan` holds is written: no header of the file, no name. Text that is burned into the
pixels stays in them.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from tokenize import TokenError
from typing import Any, Final

import numpy as np

from ml.errors import DamagedFile
from ml.io.limits import check_size
from ml.orientation import Orientation
from ml.results import DisplayWindow, FloatArray, Scan

__all__ = ["UNREADABLE", "damaged", "facts_of", "pack", "scan_of", "unpack"]

UNREADABLE: Final = (
    *(OSError, ValueError, LookupError, TypeError, EOFError),
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
    *(TokenError, MemoryError),  # of NumPy, by an array's header
)
"""What reading an archive raises that is not whole."""


def pack(scan: Scan) -> bytes:
    """The scan as a compressed NumPy archive: its pixels, and its other attributes as JSON."""
    text = np.frombuffer(json.dumps(facts_of(scan)).encode(), dtype=np.uint8)
    stream = io.BytesIO()
    np.savez_compressed(stream, pixels=scan.pixels, facts=text)
    return stream.getvalue()


def facts_of(scan: Scan) -> dict[str, Any]:
    """All of a scan but its pixels and its name, as plain values."""
    return {
        "window": asdict(scan.window),
        "spacing_mm": scan.spacing_mm,
        "format": scan.format,
        "notes": scan.notes,
        "simulated": scan.simulated,
        "colour": scan.colour,
        "orientation": None if scan.orientation is None else asdict(scan.orientation),
    }


def unpack(data: bytes, content_hash: str) -> Scan:
    """The scan that `pack` wrote.

    Args:
        data: the archive.
        content_hash: of the file that the scan was decoded from.

    Raises:
        DamagedFile: it is no such archive, or not whole.
        SizeOutOfBounds: see `ml.io.limits.check_size`.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            pixels, text = archive["pixels"], archive["facts"].tobytes()
        scan = scan_of(pixels, json.loads(text), content_hash)
    except UNREADABLE:
        raise damaged() from None
    check_size(*scan.shape)
    return scan


def _orientation(stored: Mapping[str, Sequence[float]]) -> Orientation:
    row, column = ([float(v) for v in stored[name]] for name in ("row", "column"))
    return Orientation((row[0], row[1], row[2]), (column[0], column[1], column[2]))


def scan_of(pixels: FloatArray, facts: Mapping[str, Any], content_hash: str) -> Scan:
    """The scan out of its pixels and what `facts_of` gave.

    Raises:
        DamagedFile: the pixels are no picture.
        ValueError: a fact is not what it was.
        LookupError: likewise.
        TypeError: likewise.
    """
    if pixels.dtype != np.float32 or pixels.ndim != 2 or not np.isfinite(pixels).all():
        raise damaged()
    spacing, lies = facts["spacing_mm"], facts.get("orientation")  # older ones lack it
    return Scan(
        pixels=pixels,
        window=DisplayWindow(**facts["window"]),
        spacing_mm=None if spacing is None else (float(spacing[0]), float(spacing[1])),
        format=str(facts["format"]),
        content_hash=content_hash,
        notes=tuple(map(str, facts["notes"])),
        simulated=bool(facts["simulated"]),
        colour=float(facts["colour"]),
        orientation=None if lies is None else _orientation(lies),
    )


def damaged() -> DamagedFile:
    """The error for what is kept and cannot be read."""
    return DamagedFile(
        "The kept picture is damaged or not whole. Open the scan's own file again; it joins its "
        "line on the worklist by its content."
    )
