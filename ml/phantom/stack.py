"""A simulated series: one head cut several times, a ball-shaped glioma in its middle slices.

Every slice shows the same level of the drawn head, because only one is drawn; what changes from
slice to slice is the tumour. Instance numbers run against the positions, as scanners may number.

Limits: schematic, as every phantom; a volume measured of it is no measurement of accuracy.
"""

import io
import math
import zipfile
from typing import Any, Final

import pydicom
from pydicom.uid import generate_uid

from ml.io.raster import PHANTOM_SOURCE
from ml.phantom.drawing import draw
from ml.phantom.files import to_dicom

__all__ = ["FILE", "SLICES", "record", "slice_of", "slices", "zipped"]

FILE: Final = "simulated_series.zip"
SLICES: Final = 9
FIRST, LAST = 3, 7
"""Numbers of the slices, from below and from 1, that the tumour is drawn in."""
_SIZE: Final = 192
_SEED: Final = 0
_DISTANCE_MM: Final = 7.0
_RADIUS_MM: Final = 19.0
_EMPTY_SEEDS: Final = {1: 0, 2: 1, 8: 1, 9: 0}
"""Slice number → seed of the tumour-free head that stands there."""


def slices() -> list[bytes]:
    """DICOM files of the series, in the order of their instance numbers."""
    return [slice_of(number) for number in range(SLICES, 0, -1)]


def zipped(files: list[bytes]) -> bytes:
    """The files in a zip archive; the same files give the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number, data in enumerate(files, start=1):
            name = zipfile.ZipInfo(f"simulated_{number:02d}.dcm")  # dated 1980: no clock in it
            name.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(name, data)
    return stream.getvalue()


def record() -> dict[str, Any]:
    """What `index.json` says of the series."""
    return {
        "file": FILE,
        "simulated": True,
        "label": "glioma",
        "plane": "axial",
        "slices": SLICES,
        "tumour_slices": [FIRST, LAST],
        "slice_distance_mm": _DISTANCE_MM,
        "radius_mm": _RADIUS_MM,
    }


def slice_of(number: int) -> bytes:
    """One slice as DICOM, numbered from below and from 1."""
    height_mm = (number - (FIRST + LAST) / 2) * _DISTANCE_MM
    if FIRST <= number <= LAST:
        across_mm = 2 * math.sqrt(_RADIUS_MM**2 - height_mm**2)
        phantom = draw(
            "glioma",
            seed=_SEED,
            size=_SIZE,
            plane="axial",
            center_px=(0.42 * _SIZE, 0.36 * _SIZE),
            diameter_px=across_mm / 240.0 * _SIZE,
        )
    else:
        phantom = draw("no_tumor", seed=_EMPTY_SEEDS[number], size=_SIZE, plane="axial")
    return _placed(to_dicom(phantom), number, height_mm)


def _placed(data: bytes, number: int, height_mm: float) -> bytes:
    """The slice as one of the series: identifiers, number and position (PS3.3 C.7.6.2.1.1)."""
    header = pydicom.dcmread(io.BytesIO(data))
    for keyword, role in (
        ("StudyInstanceUID", "study"),
        ("SeriesInstanceUID", "series"),
        ("FrameOfReferenceUID", "frame of reference"),
        ("SOPInstanceUID", f"instance {number}"),
    ):
        setattr(header, keyword, generate_uid(entropy_srcs=[PHANTOM_SOURCE, "stack", role]))
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    header.InstanceNumber = SLICES + 1 - number
    across, down, _ = header.ImagePositionPatient
    header.ImagePositionPatient = [across, down, height_mm]
    header.SliceThickness = _DISTANCE_MM
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
