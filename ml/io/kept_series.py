"""A decoded series as bytes and back, for a reader who wants it kept; see `ml.io.kept`.

Only what `Volume` holds is written, and of that not the digest of the Series Instance UID: no
header, no name. Levels that are whole numbers take two bytes a pixel, all others four; the
levels that come back are equal.
"""

import io
import json
import zipfile
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ml.errors import SetRefused
from ml.io.archive import is_zip
from ml.io.kept import UNREADABLE, damaged, facts_of, scan_of
from ml.io.limits import check_volume
from ml.io.series import Series, find_series
from ml.results import FloatArray
from ml.volume import Orientation, Vector, Volume

__all__ = ["pack_series", "reopened"]

_FACTS: Final = "facts.json"
_LEVEL: Final = 1
"""Of the compression: a higher one takes several times as long for a few per cent less."""


def pack_series(volume: Volume) -> bytes:
    """The series as a zip: one NumPy array a slice, and everything else as JSON."""
    axes = volume.orientation
    facts = {
        "content_hash": volume.content_hash,
        "orientation": None if axes is None else [axes.row, axes.column],
        "positions_mm": volume.positions_mm,
        "slice_distance_mm": volume.slice_distance_mm,
        "sources": volume.sources,
        "modality": volume.modality,
        "format": volume.format,
        "notes": volume.notes,
        "shape": volume.slices[0].shape,
        "slices": [{**facts_of(one), "content_hash": one.content_hash} for one in volume.slices],
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        archive.writestr(_FACTS, json.dumps(facts))
        for place, scan in enumerate(volume.slices):
            with archive.open(_name(place), "w") as member:
                np.save(member, _small(scan.pixels), allow_pickle=False)
    return stream.getvalue()


def reopened(data: bytes, content_hash: str) -> Series:
    """A kept series, ready to be decoded.

    Args:
        data: what `pack_series` wrote, or a zip of the files of the series.
        content_hash: `Series.content_hash` of what was kept.

    Raises:
        DamagedFile: it is neither, or not whole.
        ScanError: see `ml.io.series.find_series`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            packed = _FACTS in archive.namelist()
            facts = json.loads(archive.read(_FACTS)) if packed else {}
        if packed:
            return _packed(data, content_hash, facts)
    except UNREADABLE:
        raise damaged() from None
    try:
        found = find_series([data]).series if is_zip(data) else ()
    except SetRefused:  # no error of a scan, which is what whoever opens it knows
        raise damaged() from None
    for series in found:
        if series.content_hash == content_hash:
            return series
    raise damaged()


def _packed(data: bytes, content_hash: str, facts: dict[str, Any]) -> Series:
    rows, columns = facts["shape"]
    check_volume(len(facts["slices"]), rows, columns)
    axes = _orientation(facts)
    return Series(
        content_hash=content_hash,
        slices=len(facts["slices"]),
        shape=(int(rows), int(columns)),
        plane="" if axes is None else axes.plane,
        modality=str(facts["modality"]),
        format=str(facts["format"]),
        files={},
        plain=False,
        read=partial(_unpacked, data, facts),
    )


def _unpacked(data: bytes, facts: dict[str, Any]) -> Volume:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            slices = tuple(
                scan_of(_pixels(archive, place), one, str(one["content_hash"]))
                for place, one in enumerate(facts["slices"])
            )
        positions = facts["positions_mm"]
        distance = facts["slice_distance_mm"]
        volume = Volume(
            slices=slices,
            orientation=_orientation(facts),
            positions_mm=None if positions is None else tuple(map(_vector, positions)),
            slice_distance_mm=None if distance is None else float(distance),
            sources=tuple((str(name), int(frame)) for name, frame in facts["sources"]),
            content_hash=str(facts["content_hash"]),
            series_key="",
            modality=str(facts["modality"]),
            format=str(facts["format"]),
            notes=tuple(map(str, facts["notes"])),
        )
    except UNREADABLE:
        raise damaged() from None
    if {one.shape for one in slices} != {tuple(facts["shape"])}:
        raise damaged()
    return volume


def _pixels(archive: zipfile.ZipFile, place: int) -> FloatArray:
    """(H, W) levels of a slice."""
    with archive.open(_name(place)) as member:
        found: npt.NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
    return found.astype(np.float32)


def _small(pixels: FloatArray) -> npt.NDArray[Any]:
    """The levels in two bytes where that loses nothing."""
    for kind in (np.int16, np.uint16):
        bounds = np.iinfo(kind)
        if bounds.min <= pixels.min() and pixels.max() <= bounds.max:
            whole = pixels.astype(kind)
            if np.array_equal(whole.astype(np.float32), pixels):
                return whole
    return pixels


def _orientation(facts: dict[str, Any]) -> Orientation | None:
    axes = facts["orientation"]
    return None if axes is None else Orientation(_vector(axes[0]), _vector(axes[1]))


def _vector(values: list[float]) -> Vector:
    x, y, z = map(float, values)
    return (x, y, z)


def _name(place: int) -> str:
    return f"{place:04d}.npy"
