"""A DICOM slice with a marker in every attribute that identifies a patient, and where to look."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pydicom
from pydicom import Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

MARK: Final = "ZQXMARKZQX"
FILE_MARK: Final = "ZQXFILEZQX"
DIGITS: Final = "7731957731"
DAY: Final = "19310417"
EVERY: Final = (MARK, DIGITS, "7731957.5", "773195771", DAY, "1931-04-17", "030719.773195")
"""What may appear nowhere."""
KEPT: Final = ("StudyDate",)
"""Of the list, what the worklist keeps and shows, as the README says."""
_VALUES: Final[dict[str, Any]] = {
    **dict.fromkeys(("LO", "SH", "ST", "LT", "UT", "UC", "CS", "AE"), MARK),
    "PN": f"{MARK}^{MARK}",
    "UI": f"1.2.826.0.1.{DIGITS}.",
    "DA": DAY,
    "TM": "030719.773195",
    "DT": f"{DAY}030719.773195",
    "DS": "7731957.5",
    "IS": "773195771",
    "OB": MARK.encode(),
    "UN": MARK.encode(),
    "UR": f"file:{MARK}",
}
"""[VR] → a value that it allows; what is too short for a marker (AS, US) stays empty."""
_META: Final = 0x0002
_LIST: Final = Path(__file__).with_name("annex_e.txt")


def keywords() -> list[str]:
    """The attributes of the basic profile."""
    lines = _LIST.read_text(encoding="ascii").splitlines()
    return [line for line in lines if not line.startswith("#")]


def planted(data: bytes) -> bytes:
    """The same slice with the marker in all of them, in private ones and in nested sequences."""
    header = pydicom.dcmread(io.BytesIO(data))
    for number, keyword in enumerate(keywords()):
        kind, group = dictionary_VR(keyword), (tag_for_keyword(keyword) or 0) >> 16
        where = header.file_meta if group == _META else header
        if kind == "SQ":
            setattr(where, keyword, [_nested()])
        elif group and kind in _VALUES and keyword not in KEPT:  # a file has no command set
            value = _VALUES[kind]
            setattr(where, keyword, f"{value}{number}" if kind == "UI" else value)
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    block = header.private_block(0x0009, f"{MARK} CREATOR", create=True)
    block.add_new(1, "LO", MARK)
    block.add_new(2, "SQ", [_nested()])
    header.preamble = MARK.encode().ljust(128, b"\0")
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def marked(data: bytes) -> list[str]:
    """The attributes of the basic profile in which a marker stands."""
    header = pydicom.dcmread(io.BytesIO(data))
    return [
        keyword
        for keyword in keywords()
        for part in (header.file_meta, header)
        if keyword in part and marks_in(str(part[keyword].value))
    ]


def _nested() -> Dataset:
    inner, outer = Dataset(), Dataset()
    for item in (inner, outer):
        item.PatientName = item.PatientID = item.InstitutionName = MARK
        item.PatientBirthDate = DAY
    outer.RequestAttributesSequence = [inner]
    return outer


def shown(at: AppTest) -> str:
    """Everything that the page sends to the browser."""
    return "\n".join(_protos(at._tree))


def _protos(node: Any) -> Iterator[str]:
    proto = getattr(node, "proto", None)
    if proto is not None:
        yield str(proto)
        yield str(getattr(proto, "json", ""))
    for child in getattr(node, "children", {}).values():
        yield from _protos(child)


def written(folder: Path) -> bytes:
    """All bytes of all files of a folder, and their names."""
    return b"\n".join(_content(file) for file in sorted(folder.rglob("*")))


def _content(file: Path) -> bytes:
    return file.name.encode() + (opened(file.read_bytes()) if file.is_file() else b"")


def opened(data: bytes) -> bytes:
    """The bytes, and what can be read in a PDF or zip."""
    if data.startswith(b"%PDF"):
        found = PdfReader(io.BytesIO(data))
        words = "".join(page.extract_text() for page in found.pages)
        return data + f"{words}{found.metadata}".encode()
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [name.encode() + opened(archive.read(name)) for name in archive.namelist()]
        return data + b"".join(inside)
    return data


def marks_in(found: str | bytes) -> list[str]:
    """The markers in it."""
    data = found.encode("utf-8", "surrogateescape") if isinstance(found, str) else found
    return [mark for mark in EVERY if mark.encode() in data]
