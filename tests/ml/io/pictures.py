"""Small files built in code for the tests of `ml.io`."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage, generate_uid

SECRET = "ROSSI^MARIA"


def ramp(rows: int = 48, columns: int = 64, top: int = 255) -> npt.NDArray[np.int64]:
    """A picture in which every row and column differs."""
    grid = np.arange(rows)[:, None] * 3 + np.arange(columns)[None, :] * 2
    return (grid * top // grid.max()).astype(np.int64)


def encode(picture: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def grey(kind: str = "PNG", **options: Any) -> bytes:
    return encode(Image.fromarray(ramp().astype(np.uint8)), kind, **options)


def dicom_header(stored: npt.NDArray[np.generic], **changes: Any) -> FileDataset:
    """A valid MR image around `stored`; a change to None deletes the attribute."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["sulcus", "test"])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    bits = stored.dtype.itemsize * 8
    attributes: dict[str, Any] = {
        "SOPClassUID": MRImageStorage,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "PatientName": SECRET,
        "PatientID": SECRET,
        "Modality": "MR",
        "PixelSpacing": [0.5, 0.75],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": stored.shape[0],
        "Columns": stored.shape[1],
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(np.issubdtype(stored.dtype, np.signedinteger)),
        "PixelData": stored.tobytes(),
        **changes,
    }
    for keyword, value in attributes.items():
        if value is not None:
            setattr(header, keyword, value)
    if "PixelData" in header:
        header["PixelData"].VR = "OW"
    return header


def dicom(stored: npt.NDArray[np.generic] | None = None, **changes: Any) -> bytes:
    """Bytes of `dicom_header`; `transfer_syntax=` only renames it, nothing is compressed."""
    syntax = changes.pop("transfer_syntax", None)
    pixels = ramp(top=4095).astype(np.uint16) if stored is None else stored
    header = dicom_header(pixels, **changes)
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True)
    data = stream.getvalue()
    if syntax is None:
        return data
    # Same length, so that no length field has to change.
    old = ExplicitVRLittleEndian.encode()
    new = UID(syntax).encode()
    at = data.index(old)
    length = int.from_bytes(data[at - 2 : at], "little")
    padded = new + b"\0" * (len(new) % 2)
    group = int.from_bytes(data[140:144], "little") + len(padded) - length
    return (
        data[:140]
        + group.to_bytes(4, "little")
        + data[144 : at - 2]
        + len(padded).to_bytes(2, "little")
        + padded
        + data[at + length :]
    )
