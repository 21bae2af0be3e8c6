"""What the report on the screen is on: a slice or a series, and the files it can be saved as."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from app import reporting, services, study_services, writing
from app.archive import archive
from app.reports import (
    as_json,
    dicom_seg,
    dicom_source,
    dicom_sr,
    pdf,
    series_dicom,
)
from app.reports.dicom_outline import by_reader
from app.reports.draft import Draft
from app.reports.series_result import SeriesResult
from ml.errors import ReportError
from ml.results import Analysis, Refused

__all__ = ["Form", "Subject", "of_series", "of_slice"]


@dataclass(frozen=True)
class Form:
    """One kind of file.

    Attributes:
        make: gives its bytes; None where there is none.
        reason: why there is none, or "".
    """

    make: Callable[[], bytes] | None
    reason: str = ""


@dataclass(frozen=True)
class Subject:
    """One slice or series that a report is on.

    Attributes:
        content_hash: its name.
        propose: gives the AI's draft.
        current: the draft with what the reader wrote, took out and outlined so far.
        signed: gives the signed report, None where what was read is not what was signed.
        note: puts the answer on the worklist; gives its number.
        seal: the JSON of a draft: what a signature is on.
        caution: what to mind before a file leaves, or "".
        forms: [name of `app.report_texts.FORMS`] → the file of a draft.
    """

    content_hash: str
    propose: Callable[[], Draft]
    current: Callable[[Draft], Draft]
    signed: Callable[[], Draft | None]
    note: Callable[[], int]
    seal: Callable[[Draft], bytes]
    caution: str
    forms: Callable[[Draft], Mapping[str, Form]]


def of_slice(answer: Analysis | Refused, data: bytes) -> Subject:
    """A single slice.

    Args:
        answer: what came of reading it.
        data: the file it was read from; DICOM objects take over its patient and study.
    """
    return Subject(
        content_hash=answer.scan.content_hash,
        propose=partial(reporting.proposed, answer),
        current=partial(reporting.current, answer=answer),
        signed=partial(reporting.signed, answer),
        note=lambda: archive().note(data, answer, services.model_version()),
        seal=lambda draft: as_json.render(draft, answer),
        caution=writing.caution(answer.scan),
        forms=lambda draft: _slice_forms(draft, answer, data),
    )


def of_series(read: SeriesResult) -> Subject:
    """A series that was read as a whole."""
    return Subject(
        content_hash=read.content_hash,
        propose=partial(reporting.proposed_series, read),
        current=partial(reporting.current, answer=read),
        signed=partial(reporting.signed, read),
        note=lambda: archive().note_series(
            read.series, read.volume, found=read.found, version=services.model_version()
        ),
        seal=lambda draft: as_json.render(draft, read),
        caution=writing.caution(read.volume),
        forms=lambda draft: _series_forms(draft, read),
    )


def _slice_forms(draft: Draft, answer: Analysis | Refused, data: bytes) -> dict[str, Form]:
    plain = {
        "pdf": Form(partial(pdf.render, draft, answer)),
        "json": Form(partial(as_json.render, draft, answer)),
    }
    no_sr = dicom_sr.why_not(answer) or _no_header(data)
    own = by_reader(draft, answer)
    no_seg = no_sr or dicom_seg.why_not(answer, own)
    if isinstance(answer, Refused):
        return plain | {"sr": Form(None, no_sr), "seg": Form(None, no_seg)}
    return plain | {
        "sr": _form(no_sr, partial(dicom_sr.render, draft, answer, data)),
        "seg": _form(no_seg, partial(dicom_seg.render, answer, data, own)),
    }


def _series_forms(draft: Draft, read: SeriesResult) -> dict[str, Form]:
    no_sr = study_services.no_dicom(read)
    own = by_reader(draft, read)
    no_seg = no_sr or series_dicom.seg_why_not(read, own)
    return {
        "pdf": Form(partial(pdf.render, draft, read)),
        "json": Form(partial(as_json.render, draft, read)),
        "sr": _form(no_sr, partial(series_dicom.render_sr, draft, read)),
        "seg": _form(no_seg, partial(series_dicom.render_seg, read, own)),
    }


def _form(reason: str, make: Callable[[], bytes]) -> Form:
    return Form(None, reason) if reason else Form(make)


def _no_header(data: bytes) -> str:
    """Why nothing can be written into the study of the source, or ""."""
    try:
        dicom_source.header(data)
    except ReportError as error:
        return str(error)
    return ""
