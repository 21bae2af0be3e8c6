"""Pixel data of a DICOM object → stored values of one frame → grey levels.

Each compression has one decoder, so that a picture does not depend on which others are there.
A decoder's own message is never passed on, because it may quote a value.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pydicom.uid
from pydicom import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_modality_lut
from pydicom.uid import UID

from ml.errors import DamagedFile, TakesTooLong, UnsupportedPixels, UnsupportedTransferSyntax
from ml.io.codestream import check_scans, coded_size
from ml.io.decoding import Gone, decode
from ml.io.dicom_header import number, text, whole
from ml.io.limits import ACCEPTED, MAX_LEVEL
from ml.results import FloatArray

__all__ = ["damaged", "grey_levels", "readable_syntaxes", "stored_frame"]

_PLAIN: Final = (
    pydicom.uid.ImplicitVRLittleEndian,
    pydicom.uid.ExplicitVRLittleEndian,
    pydicom.uid.DeflatedExplicitVRLittleEndian,
    pydicom.uid.ExplicitVRBigEndian,
)
_DECODERS: Final[Mapping[UID, str]] = {
    pydicom.uid.RLELossless: "pydicom",
    pydicom.uid.JPEGBaseline8Bit: "pillow",
    pydicom.uid.JPEGExtended12Bit: "pillow",
    pydicom.uid.JPEGLossless: "gdcm",
    pydicom.uid.JPEGLosslessSV1: "gdcm",
    pydicom.uid.JPEGLSLossless: "pyjpegls",
    pydicom.uid.JPEGLSNearLossless: "pyjpegls",
    pydicom.uid.JPEG2000Lossless: "pylibjpeg",
    pydicom.uid.JPEG2000: "pylibjpeg",
}
"""Compressions that MR archives use, with pydicom's plugin that decodes each."""
_UNLIMITED: Final = frozenset(_DECODERS) - {
    pydicom.uid.JPEGBaseline8Bit,
    pydicom.uid.JPEGExtended12Bit,
}
"""Those whose decoder a small frame can keep busy for long, or crash: run-length coding byte by
byte in Python, CharLS, GDCM, OpenJPEG. Pillow's is held by `ml.io.codestream.check_scans`."""


def damaged(part: str) -> DamagedFile:
    """The error for a part of a DICOM file that cannot be decoded."""
    return DamagedFile(
        f"The file begins as DICOM but its {part} is truncated or corrupt and cannot be decoded. "
        "Export or copy it again."
    )


def readable_syntaxes() -> tuple[UID, ...]:
    """The transfer syntaxes that a decoder is installed for."""
    return tuple(one for one in (*_PLAIN, *_DECODERS) if _readable(one))


def stored_frame(header: Dataset, frame: int = 0) -> npt.NDArray[np.generic]:
    """Stored values of one frame, (Rows, Columns) integers.

    Args:
        header: parsed attributes with Pixel Data and the transfer syntax in `file_meta`.
        frame: its number, from 0.

    Raises:
        UnsupportedTransferSyntax: a compression without an installed decoder.
        DamagedFile: the pixel data is truncated, corrupt or not of the announced size.
        TakesTooLong: its decoder did not come to an end within `MAX_DECODE_S`, or crashed.
    """
    syntax = header.file_meta.TransferSyntaxUID
    twelve = syntax == pydicom.uid.JPEGExtended12Bit and whole(header, "BitsStored", 8) > 8
    if twelve or not _readable(syntax):
        # Only names out of the standard's own register are repeated.
        known = syntax in pydicom.uid.AllTransferSyntaxes
        found = syntax.name if known else "one that is not in the standard"
        read = "; ".join(one.name for one in readable_syntaxes())
        raise UnsupportedTransferSyntax(
            f"The DICOM transfer syntax is {found}{', 12 bits' if twelve else ''}, for which no "
            f"decoder is installed. Read are: {read}. Export the slice uncompressed."
        )
    try:
        stored = _decoded(header, syntax, frame)
    except DamagedFile:
        raise
    except Gone:
        raise TakesTooLong(
            "The compressed picture takes too long to decode, or ends its decoder: it is damaged. "
            "Export or copy it again, uncompressed if it can be."
        ) from None
    except Exception:  # decoders raise nearly anything on corrupt bytes
        raise damaged("pixel data") from None
    if stored.shape != (whole(header, "Rows", 0), whole(header, "Columns", 0)):
        raise damaged("pixel data")
    return stored


def _decoded(header: Dataset, syntax: UID, frame: int) -> npt.NDArray[np.generic]:
    """What the decoder of a transfer syntax gives; it raises nearly anything."""
    if syntax in _DECODERS:
        coded = _checked_frame(header, syntax, frame)
        if syntax in _UNLIMITED:
            return decode(coded, header, syntax, _DECODERS[syntax])
    plugin = _DECODERS.get(syntax, "")
    values, _ = get_decoder(syntax).as_array(header, index=frame, decoding_plugin=plugin)
    return np.asarray(values)


def _readable(syntax: UID) -> bool:
    if syntax in _PLAIN:
        return True
    return syntax in _DECODERS and _DECODERS[syntax] in get_decoder(syntax).available_plugins


def _checked_frame(header: Dataset, syntax: UID, frame: int) -> bytes:
    """A compressed frame, which must not unpack to more than the header announced.

    Raises:
        DamagedFile: it would.
    """
    rows, columns = whole(header, "Rows", 0), whole(header, "Columns", 0)
    frames = max(1, whole(header, "NumberOfFrames", 1))
    if syntax == pydicom.uid.RLELossless:
        # PS3.5 G.3.1: PackBits adds at most 1 byte in 128, so more input than this is padding
        # or a bomb.
        plain = frames * rows * columns * whole(header, "BitsAllocated", 8) // 8
        if len(header.PixelData) > 1.1 * plain + 4096 * frames:
            raise damaged("run-length coded pixel data")
        return get_frame(header.PixelData, frame, number_of_frames=frames)
    coded = get_frame(header.PixelData, frame, number_of_frames=frames)
    size = coded_size(coded)
    if size != (columns, rows):
        raise DamagedFile(
            f"The compressed frame is {size[0]} × {size[1]} pixels, but the DICOM header says "
            f"{columns} × {rows}. {ACCEPTED} Export the slice again."
        )
    check_scans(coded, rows * columns)
    return coded


def grey_levels(
    facts: Dataset, stored: npt.NDArray[np.generic]
) -> tuple[FloatArray, tuple[str, ...]]:
    """Stored values → grey levels (H, W), and notes: modality LUT, then padding.

    Args:
        facts: attributes that hold for this frame.
        stored: (H, W) integers.

    Raises:
        UnsupportedPixels: a rescale slope of 0, or levels that are not finite.
        DamagedFile: a corrupt modality LUT.
    """
    slope = number(facts, "RescaleSlope")
    if slope == 0:
        raise UnsupportedPixels(
            "The DICOM rescale slope is 0, which makes every pixel equal. Accepted is any other "
            "finite number: export the slice again."
        )
    try:
        # PS3.3 C.11.1: LUT or slope and intercept. Philips MR has them outside its module too.
        with np.errstate(all="ignore"):  # what overflows is refused below
            pixels = np.asarray(apply_modality_lut(stored, facts), dtype=np.float32)
    except Exception:  # corrupt slope, intercept or table
        raise damaged("modality LUT") from None
    if not np.isfinite(pixels).all() or np.abs(pixels).max() > MAX_LEVEL:
        raise UnsupportedPixels(
            f"The DICOM grey levels are not finite or beyond ±{MAX_LEVEL:.0e} after the modality "
            "LUT. Accepted are finite levels: export the slice again."
        )
    # PS3.3 C.7.5.1.1.2: Pixel Padding Value is a stored value outside the picture.
    padding = number(facts, "PixelPaddingValue")
    outside = stored == padding
    if padding is None or not outside.any() or outside.all():
        return pixels, ()
    dark = "max" if text(facts, "PhotometricInterpretation") == "MONOCHROME1" else "min"
    pixels[outside] = getattr(pixels[~outside], dark)()
    return pixels, ("Padding outside the picture was set to the darkest level.",)
