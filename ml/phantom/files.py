"""Phantoms as PNG and DICOM.

Both formats say in their metadata that the picture is simulated; nothing is written into the
pixels, where a network would see it.
"""

import io
from typing import Any, Final

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from ml.io.raster import PHANTOM_SOURCE
from ml.phantom.canvas import FOV_MM
from ml.phantom.drawing import Phantom

_STORED_MAX: Final = 4095  # 12 bits
_SLOPE: Final = 0.5
_ORIENTATION: Final = {
    # PS3.3 C.7.6.2.1.1: direction cosines of the rows, then of the columns, in the patient.
    "axial": (1, 0, 0, 0, 1, 0),
    "coronal": (1, 0, 0, 0, 0, -1),
    "sagittal": (0, 1, 0, 0, 0, -1),
}


def describe(phantom: Phantom) -> str:
    """One sentence for the metadata."""
    return (
        f"SIMULATED, not a patient: {phantom.plane} head slice, {phantom.label}, "
        f"seed {phantom.seed}, drawn by {PHANTOM_SOURCE}"
    )


def to_png(phantom: Phantom) -> bytes:
    """8-bit greyscale PNG, without any spacing, marked simulated in its text chunks."""
    info = PngInfo()
    info.add_text("Software", PHANTOM_SOURCE)
    info.add_text("Description", describe(phantom))
    stream = io.BytesIO()
    Image.fromarray(phantom.pixels).save(stream, "PNG", pnginfo=info, optimize=True)
    return stream.getvalue()


def to_dicom(phantom: Phantom) -> bytes:
    """Single-frame MR Image Storage with 12 stored bits, rescale, window and spacing.

    Every identifier is derived from label, plane, seed and size: the same phantom gives the
    same UIDs, and none of them belongs to a patient.

    Reference: DICOM PS3.3 A.4 (MR image IOD), C.8.3.1 (MR image module).
    """
    header = FileDataset("", {}, file_meta=_meta(phantom), preamble=b"\0" * 128)
    stored = np.round(phantom.signal * _STORED_MAX).astype("<u2")
    low, high = np.percentile(stored[stored > 0] * _SLOPE, (1, 99.5))
    attributes = {
        **_identity(phantom),
        **_acquisition(phantom),
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": stored.shape[0],
        "Columns": stored.shape[1],
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "RescaleIntercept": 0,
        "RescaleSlope": _SLOPE,
        "RescaleType": "US",
        "WindowCenter": round(float(low + high) / 2),
        "WindowWidth": round(float(high - low)),
        "PixelData": stored.tobytes(),
    }
    for keyword, value in attributes.items():
        setattr(header, keyword, value)
    header["PixelData"].VR = "OW"
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _uid(phantom: Phantom, role: str) -> UID:
    rows, columns = phantom.pixels.shape
    key = [
        PHANTOM_SOURCE,
        role,
        phantom.label,
        phantom.plane,
        str(phantom.seed),
        f"{rows}x{columns}",
    ]
    return generate_uid(entropy_srcs=key)


def _meta(phantom: Phantom) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = _uid(phantom, "instance")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta


def _identity(phantom: Phantom) -> dict[str, Any]:
    """Patient, study, series and equipment modules; type 2 attributes stand empty."""
    empty = ("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber")
    return {
        "SpecificCharacterSet": "ISO_IR 100",
        "SOPClassUID": MRImageStorage,
        "SOPInstanceUID": _uid(phantom, "instance"),
        "StudyInstanceUID": _uid(phantom, "study"),
        "SeriesInstanceUID": _uid(phantom, "series"),
        "FrameOfReferenceUID": _uid(phantom, "frame of reference"),
        "PatientName": "SIMULATED^PHANTOM",
        "PatientID": "SIMULATED",
        **dict.fromkeys((*empty, "ReferringPhysicianName", "PositionReferenceIndicator"), ""),
        "StudyID": "1",
        "SeriesNumber": 1,
        "InstanceNumber": 1,
        "Modality": "MR",
        "Manufacturer": "Sulcus",
        "ManufacturerModelName": PHANTOM_SOURCE,
        "SeriesDescription": "SIMULATED T1 contrast-enhanced",
        "ImageComments": describe(phantom),
        "BurnedInAnnotation": "NO",
        "ContentQualification": "RESEARCH",
    }


def _acquisition(phantom: Phantom) -> dict[str, Any]:
    """MR image and image plane modules."""
    rows, columns = phantom.pixels.shape
    row_mm, column_mm = phantom.spacing_mm
    axes = np.asarray(_ORIENTATION[phantom.plane], dtype=np.float64).reshape(2, 3)
    corner = -axes[0] * column_mm * (columns - 1) / 2 - axes[1] * row_mm * (rows - 1) / 2
    return {
        "ImageType": ["DERIVED", "SECONDARY", "OTHER"],
        "ScanningSequence": "SE",
        "SequenceVariant": "NONE",
        "ScanOptions": "",
        "MRAcquisitionType": "2D",
        "RepetitionTime": "",
        "EchoTime": "",
        "EchoTrainLength": "",
        "ContrastBolusAgent": "simulated",
        "PatientPosition": "HFS",
        "PixelSpacing": [row_mm, column_mm],
        "SliceThickness": 5,
        "ReconstructionDiameter": FOV_MM,
        "ImageOrientationPatient": [int(v) for v in axes.ravel()],
        "ImagePositionPatient": [round(float(v), 4) for v in corner],
    }
