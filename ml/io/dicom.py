"""Single-frame DICOM → `Scan`.

Order of steps: part 10 header → bound on deflated data sets → the listed attributes only →
kind of object → size limits → transfer syntax → decoding → padding → modality LUT →
MONOCHROME1 → display window → spacing. Attributes that identify a patient are never parsed,
and no decoder's own message is passed on, because it may quote a value.
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
from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import get_frame
from pydicom.filereader import read_dataset, read_preamble
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_modality_lut
from pydicom.uid import UID

from ml.errors import (
    DamagedFile,
    SizeOutOfBounds,
    UnsupportedPixels,
    UnsupportedTransferSyntax,
)
from ml.io.dicom_header import (
    ATTRIBUTES,
    header_notes,
    header_window,
    number,
    refuse_object,
    spacing,
    text,
    whole,
)
from ml.io.limits import ACCEPTED, MAX_BYTES, MAX_LEVEL, check_size
from ml.io.raster import PHANTOM_SOURCE
from ml.io.window import percentile_window
from ml.results import FloatArray, Scan

# Warnings about invalid values quote them, and values may identify a patient.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

_PREFIX: Final = slice(128, 132)  # PS3.10 7.1: preamble of 128 bytes, then "DICM"
_FIRST_GROUPS: Final = (b"\x02\x00", b"\x08\x00")
_PILLOW_DECODES: Final = (
    pydicom.uid.JPEGBaseline8Bit,
    pydicom.uid.JPEGExtended12Bit,
    pydicom.uid.JPEG2000Lossless,
    pydicom.uid.JPEG2000,
)
_SYNTAXES: Final = (
    pydicom.uid.ImplicitVRLittleEndian,
    pydicom.uid.ExplicitVRLittleEndian,
    pydicom.uid.DeflatedExplicitVRLittleEndian,
    pydicom.uid.ExplicitVRBigEndian,
    pydicom.uid.RLELossless,
    *_PILLOW_DECODES,
    pydicom.uid.JPEGLossless,
    pydicom.uid.JPEGLosslessSV1,
    pydicom.uid.JPEGLSLossless,
    pydicom.uid.JPEGLSNearLossless,
)
"""Compressions that MR archives use; which of them are read depends on the decoders installed."""


def looks_like_dicom(data: bytes) -> bool:
    """Whether the bytes begin like DICOM: "DICM" after the preamble, or a bare data set.

    A bare data set (older exports have no preamble) starts with an element of group 0002 or
    0008 whose element number and length are small.
    """
    if data[_PREFIX] == b"DICM":
        return True
    if len(data) < 132 or data[:2] not in _FIRST_GROUPS:
        return False
    explicit = data[4:6].isalpha() and data[4:6].isupper()
    length = int.from_bytes(data[6:8] if explicit else data[4:8], "little")
    return int.from_bytes(data[2:4], "little") <= 0x0100 and length <= 1024


def read_dicom(data: bytes) -> Scan:
    """Decode a single-frame greyscale DICOM image.

    Args:
        data: the whole file, with or without preamble.

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
    stored = _decode(header)
    pixels, notes = _levels(header, stored)
    low, high = float(pixels.min()), float(pixels.max())
    if text(header, "PhotometricInterpretation") == "MONOCHROME1":
        # PS3.3 C.7.6.3.1.2: the lowest level is white; mirrored, the window with it.
        window = header_window(header, low, high)
        pixels = low + high - pixels
        if window is not None:
            window = type(window)(low + high - window.center, window.width, window.source)
        notes = (*notes, "Stored with white as the lowest level (MONOCHROME1): inverted.")
    else:
        window = header_window(header, low, high)
    spacing_mm, spacing_notes = spacing(header)
    return Scan(
        pixels=pixels,
        window=window or percentile_window(pixels),
        spacing_mm=spacing_mm,
        format="DICOM",
        content_hash=hashlib.sha256(data).hexdigest(),
        notes=(*header_notes(header), *notes, *spacing_notes),
        simulated=text(header, "ManufacturerModelName") == PHANTOM_SOURCE.upper(),
    )


def _damaged(part: str) -> DamagedFile:
    return DamagedFile(
        f"The file begins as DICOM but its {part} is truncated or corrupt and cannot be decoded. "
        "Export or copy it again."
    )


def parse(data: bytes, attributes: Sequence[int] = ATTRIBUTES) -> Dataset:
    """The listed attributes, with the transfer syntax in `file_meta`.

    Not `pydicom.dcmread`: that inflates a deflated data set (PS3.5 A.5) without a bound.

    Raises:
        DamagedFile: the header is truncated or corrupt.
        SizeOutOfBounds: a deflated data set unpacks to more than `MAX_BYTES`.
    """
    try:
        stream = io.BytesIO(data)
        read_preamble(stream, force=True)
        # PS3.10 7.1: file meta information is always Explicit VR Little Endian.
        meta = FileMetaDataset(
            read_dataset(stream, False, True, stop_when=lambda tag, *_: tag >> 16 != 2)
        )
        syntax = UID(str(meta.get("TransferSyntaxUID", "")).strip()) or _guess(data, stream.tell())
    except Exception:  # pydicom raises nearly anything on corrupt bytes
        raise _damaged("header") from None
    if syntax == pydicom.uid.DeflatedExplicitVRLittleEndian:
        stream = io.BytesIO(_inflate(data[stream.tell() :]))
    implicit = syntax == pydicom.uid.ImplicitVRLittleEndian
    little = syntax != pydicom.uid.ExplicitVRBigEndian
    try:
        header = read_dataset(stream, implicit, little, specific_tags=list(attributes))
    except Exception:  # as above
        raise _damaged("header") from None
    meta.TransferSyntaxUID = syntax
    header.file_meta = meta
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
        raise _damaged("deflated data set") from None
    if len(inflated) > MAX_BYTES:
        raise SizeOutOfBounds(
            f"The deflated DICOM data set unpacks to more than {MAX_BYTES // 2**20} MB, which is "
            "the most that is read. Export the slice uncompressed."
        )
    return inflated


def _readable(syntax: UID) -> bool:
    try:
        return bool(get_decoder(syntax).is_available)
    except NotImplementedError:
        return False


def _decode(header: Dataset) -> npt.NDArray[np.generic]:
    """Stored values, (Rows, Columns) integers."""
    syntax = header.file_meta.TransferSyntaxUID
    twelve = syntax == pydicom.uid.JPEGExtended12Bit and whole(header, "BitsStored", 8) > 8
    if twelve or not _readable(syntax):
        # Only names out of the standard's own register are repeated.
        known = syntax in pydicom.uid.AllTransferSyntaxes
        found = syntax.name if known else "one that is not in the standard"
        read = "; ".join(s.name for s in _SYNTAXES if _readable(s))
        raise UnsupportedTransferSyntax(
            f"The DICOM transfer syntax is {found}{', 12 bits' if twelve else ''}, for which no "
            f"decoder is installed. Read are: {read}. Export the slice uncompressed."
        )
    _check_frame(header, syntax)
    try:
        stored = np.asarray(header.pixel_array)
    except Exception:  # decoders raise nearly anything on corrupt bytes
        raise _damaged("pixel data") from None
    if stored.shape != (whole(header, "Rows", 0), whole(header, "Columns", 0)):
        raise _damaged("pixel data")
    return stored


def _check_frame(header: Dataset, syntax: UID) -> None:
    """A compressed frame must not unpack to more than the header announced."""
    rows, columns = whole(header, "Rows", 0), whole(header, "Columns", 0)
    if syntax == pydicom.uid.RLELossless:
        # PS3.5 G.3.1: PackBits adds at most 1 byte in 128, so more input than this is padding
        # or a bomb.
        plain = rows * columns * whole(header, "BitsAllocated", 8) // 8
        if len(header.PixelData) > 1.1 * plain + 4096:
            raise _damaged("run-length coded pixel data")
    if syntax not in _PILLOW_DECODES:
        return
    try:
        frame = io.BytesIO(get_frame(header.PixelData, 0, number_of_frames=1))
        size = Image.open(frame, formats=("JPEG", "JPEG2000")).size
    except Exception:  # as in _decode
        raise _damaged("pixel data") from None
    if size != (columns, rows):
        raise DamagedFile(
            f"The compressed frame is {size[0]} × {size[1]} pixels, but the DICOM header says "
            f"{columns} × {rows}. {ACCEPTED} Export the slice again."
        )


def _levels(header: Dataset, stored: npt.NDArray[np.generic]) -> tuple[FloatArray, tuple[str, ...]]:
    """Stored values → grey levels: padding, then the modality LUT."""
    slope = number(header, "RescaleSlope")
    if slope == 0:
        raise UnsupportedPixels(
            "The DICOM rescale slope is 0, which makes every pixel equal. Accepted is any other "
            "finite number: export the slice again."
        )
    try:
        # PS3.3 C.11.1: LUT or slope and intercept. Philips MR has them outside its module too.
        with np.errstate(all="ignore"):  # what overflows is refused below
            pixels = np.asarray(apply_modality_lut(stored, header), dtype=np.float32)
    except Exception:  # corrupt slope, intercept or table
        raise _damaged("modality LUT") from None
    if not np.isfinite(pixels).all() or np.abs(pixels).max() > MAX_LEVEL:
        raise UnsupportedPixels(
            f"The DICOM grey levels are not finite or beyond ±{MAX_LEVEL:.0e} after the modality "
            "LUT. Accepted are finite levels: export the slice again."
        )
    # PS3.3 C.7.5.1.1.2: Pixel Padding Value is a stored value outside the picture.
    padding = number(header, "PixelPaddingValue")
    outside = stored == padding
    if padding is None or not outside.any() or outside.all():
        return pixels, ()
    dark = "max" if text(header, "PhotometricInterpretation") == "MONOCHROME1" else "min"
    pixels[outside] = getattr(pixels[~outside], dark)()
    return pixels, ("Padding outside the picture was set to the darkest level.",)
