"""What a DICOM header says about its picture, read without trusting a single value.

Only the attributes in `ATTRIBUTES`, and of a series those in `SERIES_ATTRIBUTES`, are ever
parsed. Of the basic de-identification profile (PS3.15 Annex E, table E.1-1) they hold the free
text that marks this project's own phantoms, which is compared and never kept, the Series Instance
UID, of which only a digest is kept, and what else stands in the functional groups of an enhanced
object, of which only geometry and grey levels are read.
"""

import math
from typing import Any, Final

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.uid import UID

from ml.errors import DamagedFile, NoPixelData, UnsupportedPixels
from ml.io.limits import ACCEPTED
from ml.results import DisplayWindow
from ml.scan import WRITING_STATED

_KEYWORDS: Final = (
    "SOPClassUID",
    "Modality",
    "ManufacturerModelName",
    "BurnedInAnnotation",
    "LossyImageCompression",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "ImageOrientationPatient",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "RescaleSlope",
    "RescaleIntercept",
    "ModalityLUTSequence",
    "WindowCenter",
    "WindowWidth",
    "VOILUTSequence",
    "PixelData",
)
ATTRIBUTES: Final = tuple(t for t in map(tag_for_keyword, _KEYWORDS) if t is not None)
"""The attributes that are parsed; everything else is skipped over."""

_SERIES_KEYWORDS: Final = (
    "SeriesInstanceUID",
    "InstanceNumber",
    "ImagePositionPatient",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)
SERIES_ATTRIBUTES: Final = (
    *ATTRIBUTES,
    *(t for t in map(tag_for_keyword, _SERIES_KEYWORDS) if t is not None),
)
"""What is parsed of a file that may belong to a series."""

MODALITIES: Final = ("CT", "PT", "NM", "US", "CR", "DX", "XA", "MG", "OT", "SC", "RF")
_ACROSS_THE_PATIENT: Final = ("MR", "CT", "PT")
"""Modalities whose Pixel Spacing lies in the patient, not at a detector (PS3.3 10.7.1.3)."""
_SCREEN_UNITS_LIMIT: Final = 100.0  # mm; a coarser grid than this is a typing error


def text(header: Dataset, keyword: str) -> str:
    """The attribute as upper-case text, "" when absent or unreadable."""
    try:
        return str(header.get(keyword, "") or "").strip().upper()
    except Exception:  # conversion of a corrupt value raises nearly anything
        return ""


def numbers(header: Dataset, keyword: str) -> tuple[float, ...]:
    """All values of a numeric attribute, () when absent, unreadable or not finite."""
    try:
        value: Any = header.get(keyword)
        if value is None or value == "":
            return ()
        values = list(value) if hasattr(value, "__iter__") else [value]
        found = tuple(float(v) for v in values)
    except Exception:  # see text
        return ()
    return found if all(map(math.isfinite, found)) else ()


def number(header: Dataset, keyword: str) -> float | None:
    """First value of a numeric attribute, or None."""
    found = numbers(header, keyword)
    return found[0] if found else None


def whole(header: Dataset, keyword: str, default: int) -> int:
    """First value of an integer attribute, or `default`."""
    found = number(header, keyword)
    return default if found is None else int(found)


def refuse_object(header: Dataset) -> None:
    """Refuse whatever is not one greyscale frame.

    Raises:
        NoPixelData: no (7FE0,0010) Pixel Data.
        UnsupportedPixels: an object that is no plain image, several frames, colour, or a
            sample layout outside PS3.5 section 8.1.1.
        DamagedFile: no Rows or Columns.
    """
    kind = _object_kind(header)
    if kind != _NO_NAME and ("Image Storage" not in kind or is_enhanced(header)):
        raise UnsupportedPixels(
            f"The DICOM object is of the kind {kind}. Accepted is a single-frame image such as "
            "MR Image Storage: export the slice as one."
        )
    frames = whole(header, "NumberOfFrames", 1)
    if frames != 1:
        raise UnsupportedPixels(
            f"The DICOM object holds {frames} frames; single-frame images are read. "
            "Export the slice that you want read on its own."
        )
    _refuse_samples(header)


def refuse_series_object(header: Dataset) -> None:
    """Refuse whatever is no greyscale image of one or several frames.

    Raises:
        NoPixelData: no (7FE0,0010) Pixel Data.
        UnsupportedPixels: an object that is no image, colour, or an unusual sample layout.
        DamagedFile: no Rows or Columns.
    """
    kind = _object_kind(header)
    if kind != _NO_NAME and "Image Storage" not in kind:
        raise UnsupportedPixels(
            f"The DICOM object is of the kind {kind}. Accepted are images such as MR Image "
            "Storage: export the series itself."
        )
    _refuse_samples(header)


def is_enhanced(header: Dataset) -> bool:
    """Whether the object keeps its geometry in functional groups (PS3.3 A.36)."""
    return "Enhanced" in _object_name(header)


_NO_NAME: Final = "of a kind not stated"


def _object_kind(header: Dataset) -> str:
    """Name of the kind of object, once it is known to have a picture.

    Raises:
        NoPixelData: it has none.
    """
    kind = _object_name(header)
    if not _has_pixels(header):
        raise NoPixelData(
            f"The DICOM object ({kind}) holds no pixel data, or was cut off before it. "
            f"{ACCEPTED} Export the image itself."
        )
    return kind


def _has_pixels(header: Dataset) -> bool:
    try:
        value = header.get("PixelData")
    except Exception:  # see text
        return False
    return isinstance(value, bytes) and bool(value)


def _object_name(header: Dataset) -> str:
    """Name of the SOP class (PS3.4 B.5), only where the standard registers it."""
    uid = UID(text(header, "SOPClassUID"))
    try:
        return uid.name if uid.type == "SOP Class" else _NO_NAME
    except ValueError:
        return _NO_NAME


def _refuse_samples(header: Dataset) -> None:
    # PS3.3 C.7.6.3.1.2: only MONOCHROME1 and MONOCHROME2 are grey levels.
    photometric = text(header, "PhotometricInterpretation")
    if whole(header, "SamplesPerPixel", 1) != 1 or not photometric.startswith("MONOCHROME"):
        colours = ("RGB", "YBR", "PALETTE COLOR", "HSV", "CMYK", "ARGB", "XYB")
        known = next((c for c in colours if photometric.startswith(c)), None)
        found = f"a colour picture ({known})" if known else "a picture that is not greyscale"
        raise UnsupportedPixels(
            f"The DICOM object is {found}. Accepted is MONOCHROME1 or MONOCHROME2: export the "
            "original slice, not a screen capture of it."
        )
    allocated = whole(header, "BitsAllocated", 0)
    stored = whole(header, "BitsStored", allocated)
    # PS3.5 8.1.1: Bits Stored fits Bits Allocated and High Bit is the topmost stored bit.
    if (
        allocated not in (8, 16, 32)
        or not 0 < stored <= allocated
        or (whole(header, "HighBit", stored - 1) != stored - 1)
    ):
        raise UnsupportedPixels(
            f"The DICOM pixels are laid out as {stored} of {allocated} bits. Accepted are 8, 16 "
            "or 32 bits allocated with the stored bits lowest: export the slice again."
        )
    if whole(header, "Rows", 0) <= 0 or whole(header, "Columns", 0) <= 0:
        raise DamagedFile(
            "The DICOM header states no rows or columns, so the picture cannot be laid out. "
            "Export the slice again."
        )


def spacing(header: Dataset) -> tuple[tuple[float, float] | None, tuple[str, ...]]:
    """(row, column) distance of pixel centres in mm, and notes.

    (0028,0030) Pixel Spacing is row spacing first (PS3.3 10.7.1.1). (0018,1164) Imager Pixel
    Spacing is measured at the detector (PS3.3 C.8.11.3) and never taken for it.
    """
    absent = "sizes are in pixels."
    if "PixelSpacing" not in header:
        if "ImagerPixelSpacing" in header:
            return None, (
                f"The header has the spacing at the detector only, not in the patient: {absent}",
            )
        return None, (f"The header states no pixel spacing: {absent}",)
    found = numbers(header, "PixelSpacing")
    if len(found) != 2 or not all(0 < v <= _SCREEN_UNITS_LIMIT for v in found):
        return None, (f"The header's pixel spacing is not two positive numbers: {absent}",)
    if text(header, "Modality") not in _ACROSS_THE_PATIENT:
        return None, (
            f"The header's pixel spacing is not certain to lie in the patient for this modality: "
            f"{absent}",
        )
    return (found[0], found[1]), ()


def header_window(header: Dataset, low: float, high: float) -> DisplayWindow | None:
    """The header's first usable window (PS3.3 C.11.2), or None.

    Args:
        header: parsed attributes.
        low: smallest grey level after the modality LUT.
        high: largest one; a window that shows nothing between them is not usable.
    """
    source = "DICOM header (VOI LUT)"
    pairs = zip(numbers(header, "WindowCenter"), numbers(header, "WindowWidth"), strict=False)
    for center, width in pairs:
        if width > 0 and center + width / 2 > low and center - width / 2 < high:
            return DisplayWindow(center, width, source)
    try:
        # PS3.3 C.11.2.1.1: LUT Descriptor = number of entries (0 = 65536), first level mapped.
        entries, first, _ = (int(v) for v in header.VOILUTSequence[0].LUTDescriptor)
    except Exception:  # absent or corrupt
        return None
    width = float(entries or 65536)
    if first + width > low and first < high:
        return DisplayWindow(first + width / 2, width, source)
    return None


def modality(header: Dataset) -> str:
    """The modality's code, only where it is a known one, else ""."""
    found = text(header, "Modality")
    return found if found in ("MR", *MODALITIES) else ""


def header_notes(header: Dataset) -> tuple[str, ...]:
    """Sentences about what the reader should know before trusting the picture."""
    notes = []
    code = modality(header)
    if code != "MR":
        found = code or "none or another one"
        notes.append(f"The header's modality is not MR ({found}): the networks know MR only.")
    # PS3.3 C.7.6.1.1.8: Burned In Annotation.
    if text(header, "BurnedInAnnotation") == "YES":
        notes.append(WRITING_STATED)
    # PS3.3 C.7.6.1.1.5: Lossy Image Compression, "01" = has been lossy.
    if text(header, "LossyImageCompression") == "01":
        notes.append("The picture has been compressed with loss.")
    return tuple(notes)
