"""Single-frame DICOM → `Scan`.

Order of steps: part 10 header → bound on deflated data sets → the listed attributes only →
kind of object → size limits → transfer syntax → decoding → padding → modality LUT →
MONOCHROME1 → display window → spacing → orientation. Attributes that identify a patient are never
parsed, and no decoder's own message is passed on, because it may quote a value.
"""

import hashlib
import io
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pydicom
import pydicom.uid
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_dataset, read_preamble
from pydicom.uid import UID

from ml.errors import SizeOutOfBounds
from ml.io.dicom_frames import orientation_of
from ml.io.dicom_header import (
    ATTRIBUTES,
    header_notes,
    header_window,
    refuse_object,
    spacing,
    text,
    whole,
)
from ml.io.dicom_pixels import damaged, grey_levels, stored_frame
from ml.io.limits import MAX_BYTES, check_size
from ml.io.raster import PHANTOM_SOURCE
from ml.io.window import percentile_window
from ml.results import Scan

__all__ = ["MONOCHROME1", "frame_scan", "parse", "read_dicom"]

# Warnings about invalid values quote them, and values may identify a patient.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

MONOCHROME1: Final = "MONOCHROME1"
"""Value of Photometric Interpretation: the lowest level is white (PS3.3 C.7.6.3.1.2)."""


def read_dicom(data: bytes, content_hash: str = "") -> Scan:
    """Decode a single-frame greyscale DICOM image.

    Args:
        data: the whole file, with or without preamble.
        content_hash: its SHA-256 where that is known already.

    Returns:
        Pixels after the modality LUT, MONOCHROME1 inverted, padding set to the darkest level;
        the header's window or the 1–99 percentile; spacing from Pixel Spacing or None.

    Raises:
        DamagedFile: header or pixels truncated or corrupt.
        NoPixelData: an object without a picture.
        UnsupportedPixels: several frames, colour, an object that is no plain image.
        SizeOutOfBounds: see `ml.io.limits.check_size`.
        UnsupportedTransferSyntax: a compression without an installed decoder.

    Reference: DICOM PS3.3 C.7.6.3 (image pixel), C.11.1 (modality LUT), C.11.2 (VOI LUT).
    """
    header = parse(data)
    refuse_object(header)
    check_size(whole(header, "Rows", 0), whole(header, "Columns", 0))
    digest = content_hash or hashlib.sha256(data).hexdigest()
    return frame_scan(header, stored_frame(header), digest)


def frame_scan(facts: Dataset, stored: npt.NDArray[np.generic], content_hash: str) -> Scan:
    """The scan out of one frame's stored values.

    Args:
        facts: attributes that hold for this frame; see `read_dicom` for what is made of them.
        stored: (H, W) integers.
        content_hash: name of the scan, see `Scan.content_hash`.

    Raises:
        UnsupportedPixels: a rescale slope of 0, or levels that are not finite.
        DamagedFile: a corrupt modality LUT.
    """
    pixels, notes = grey_levels(facts, stored)
    low, high = float(pixels.min()), float(pixels.max())
    window = header_window(facts, low, high)
    if text(facts, "PhotometricInterpretation") == MONOCHROME1:
        # Mirrored, the window with it.
        pixels = low + high - pixels
        if window is not None:
            window = type(window)(low + high - window.center, window.width, window.source)
        notes = (*notes, "Stored with white as the lowest level (MONOCHROME1): inverted.")
    spacing_mm, spacing_notes = spacing(facts)
    return Scan(
        pixels=pixels,
        window=window or percentile_window(pixels),
        spacing_mm=spacing_mm,
        format="DICOM",
        content_hash=content_hash,
        notes=(*header_notes(facts), *notes, *spacing_notes),
        simulated=text(facts, "ManufacturerModelName") == PHANTOM_SOURCE.upper(),
        orientation=orientation_of(facts),
    )


def parse(data: bytes, attributes: Sequence[int] = ATTRIBUTES) -> Dataset:
    """The listed attributes, with the transfer syntax in `file_meta`.

    Not `pydicom.dcmread`: that inflates a deflated data set (PS3.5 A.5) without a bound.

    Args:
        data: the whole file, with or without preamble.
        attributes: tags that are parsed; everything else is skipped over.

    Raises:
        DamagedFile: the header is truncated or corrupt.
        SizeOutOfBounds: a deflated data set that unpacks to too much.
    """
    try:
        stream = io.BytesIO(data)
        read_preamble(stream, force=True)
        # PS3.10 7.1: file meta information is always Explicit VR Little Endian.
        meta = FileMetaDataset(
            read_dataset(stream, False, True, stop_when=lambda tag, *_: tag >> 16 != 2)
        )
        stated = str(meta.get("TransferSyntaxUID", "")).strip()
        # a backslash would make it several values, which no table can be asked for
        syntax = UID(stated.replace("\\", "")) or _guess(data, stream.tell())
    except Exception:  # pydicom raises nearly anything on corrupt bytes
        raise damaged("header") from None
    if syntax == pydicom.uid.DeflatedExplicitVRLittleEndian:
        stream = io.BytesIO(_inflate(data[stream.tell() :]))
    implicit = syntax == pydicom.uid.ImplicitVRLittleEndian
    little = syntax != pydicom.uid.ExplicitVRBigEndian
    try:
        header = read_dataset(stream, implicit, little, specific_tags=list(attributes))
    except Exception:  # as above
        raise damaged("header") from None
    header.file_meta = FileMetaDataset()  # not `meta`: the element in it may be of another kind
    header.file_meta.TransferSyntaxUID = syntax
    header.set_original_encoding(implicit, little)
    return header


def _guess(data: bytes, start: int) -> UID:
    """Encoding of a data set that does not state its own: explicit where a VR stands."""
    vr = data[start + 4 : start + 6]
    if vr.isalpha() and vr.isupper():
        return pydicom.uid.ExplicitVRLittleEndian
    return pydicom.uid.ImplicitVRLittleEndian


def _inflate(packed: bytes) -> bytes:
    try:
        inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, MAX_BYTES + 1)
    except zlib.error:
        raise damaged("deflated data set") from None
    if len(inflated) > MAX_BYTES:
        raise SizeOutOfBounds(
            f"The deflated DICOM data set unpacks to more than {MAX_BYTES // 2**20} MB, which is "
            "the most that is read. Export the slice uncompressed."
        )
    return inflated
