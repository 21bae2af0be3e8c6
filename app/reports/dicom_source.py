"""The header of the DICOM file that was read, made fit to be the source of a new object.

This is the one place where attributes that identify a patient are parsed: a DICOM SR or SEG
belongs into the study of its source, under the same patient.

Order of steps: the file without its pixels → the attributes that must be there → what is empty or
malformed among those that may stand empty → UTF-8.
"""

import io
from collections.abc import Callable, Sequence
from typing import Any, Final

import pydicom
from pydicom import Dataset
from pydicom.uid import UID
from pydicom.valuerep import DA, TM, PersonName

from app import report_texts as words
from ml.errors import ReportError
from ml.results import Analysis, Refused

__all__ = ["IN_GROUPS", "MANUFACTURER", "header", "person", "unfit", "written"]

MANUFACTURER: Final = "Sulcus"

_NEEDED: Final = (
    *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"),
    *("FrameOfReferenceUID", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"),
    *("Rows", "Columns", "Modality"),
)
"""PS3.3 A.51: a segmentation in the patient's frame of reference rests on these."""
IN_GROUPS: Final = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
"""Of these, what a multi-frame object has in its functional groups (PS3.3 C.7.6.16)."""
_MAY_BE_EMPTY: Final = (
    *("PatientID", "AccessionNumber", "StudyID"),
    *("SliceThickness", "PositionReferenceIndicator"),
)
_SEXES: Final = ("M", "F", "O")  # PS3.3 C.7.1.1


def unfit(answer: Analysis | Refused) -> str:
    """Why no DICOM object can be written about a scan, or ""."""
    if answer.scan.format != "DICOM":
        return words.not_dicom(answer.scan.format)
    return words.REFUSED_NO_DICOM if isinstance(answer, Refused) else ""


def header(data: bytes, *, elsewhere: Sequence[str] = ()) -> Dataset:
    """The source's attributes without its pixels.

    Args:
        data: the whole file, which was read as a scan before.
        elsewhere: attributes that need not be there, as `IN_GROUPS`.

    Returns:
        Every attribute that a new object takes over; what may be empty stands empty where it was
        absent or malformed, and texts are UTF-8.

    Raises:
        ReportError: an attribute without which nothing can refer to the picture is absent. No
            value of the file is in its text.

    Reference: DICOM PS3.3 C.7.1.1 (patient), C.7.2.1 (general study), C.7.6.2 (image plane).
    """
    source = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, force=True)
    needed = (keyword for keyword in _NEEDED if keyword not in elsewhere)
    missing = [keyword for keyword in needed if source.get(keyword) in (None, "")]
    if missing:
        raise ReportError(words.missing_attributes(missing))
    try:
        source.decode()
        _fill(source)
    except (AttributeError, LookupError, TypeError, ValueError):
        raise ReportError(words.UNUSABLE_HEADER) from None
    source.SpecificCharacterSet = "ISO_IR 192"  # PS3.3 C.12.1.1.2: UTF-8
    return source


def written(make: Callable[[], Dataset]) -> bytes:
    """A new object as a part 10 file.

    Args:
        make: builds it.

    Raises:
        ReportError: the source's header holds what the object may not.
    """
    try:
        made = make()
    except (AttributeError, KeyError, TypeError, ValueError):
        # its text may quote a value of the header
        raise ReportError(words.UNUSABLE_HEADER) from None
    stream = io.BytesIO()
    made.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def person(name: str) -> str:
    """A name as a DICOM person name with one component, whose parts are not guessed."""
    for mark in "\\^=":
        name = name.replace(mark, " ")
    return f"{name}^"


def _fill(source: Dataset) -> None:
    """Empty what is absent or malformed among the attributes of type 2."""
    for keyword in _MAY_BE_EMPTY:
        if keyword not in source:
            setattr(source, keyword, None)
    for keyword in ("PatientName", "ReferringPhysicianName"):
        setattr(source, keyword, PersonName(str(source.get(keyword) or "")))
    for keyword, kind in (
        ("PatientBirthDate", DA),
        ("StudyDate", DA),
        ("StudyTime", TM),
    ):
        setattr(source, keyword, _valid(source.get(keyword), kind))
    source.PatientSex = source.PatientSex if source.get("PatientSex") in _SEXES else None
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        if not UID(str(source[keyword].value)).is_valid:
            raise ValueError(keyword)


def _valid(value: Any, kind: Callable[[Any], Any]) -> Any:
    """A date or time, or None where it is none."""
    try:
        return kind(str(value)) if value else None
    except ValueError:
        return None
