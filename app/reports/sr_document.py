"""The DICOM structured report around its groups of measurements: observers, addenda, signatures.

An unsigned report is preliminary and unverified; a signed one is final and verified by its reader.
Each addendum is a section of its own with its author and time; the report with it is a new
document, which names the one before as its predecessor and is verified by the author as well.

Reference: DICOM PS3.16 TID 1500 (measurement report), TID 1001 (observation context), TID 4019,
CID 7001 (headings); PS3.3 C.17.2 (predecessors, verification), C.17.3 (time of an observation).
"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Final

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import UID, ComprehensiveSRStorage
from pydicom.valuerep import DT

from app import report_texts as words
from app import texts
from app.reports import as_json
from app.reports.dicom_seg import uid
from app.reports.dicom_source import MANUFACTURER, person
from app.reports.draft import Addendum, Draft, Signature
from app.reports.series_result import SeriesResult
from app.version import software
from ml.results import Analysis

__all__ = [
    "SCHEME",
    "Group",
    "algorithm",
    "assembled",
    "concept",
    "evaluations",
    "program",
    "reader",
]

SCHEME: Final = "99SULCUS"
"""Coding scheme of this project's own concepts."""
_SERIES_NUMBER: Final = 901
_SERIES: Final = "report series"
Group = (
    hd.sr.MeasurementsAndQualitativeEvaluations
    | hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations
    | hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations
)


def assembled(
    draft: Draft,
    read: Analysis | SeriesResult,
    *,
    groups: Sequence[Group],
    evidence: Sequence[Dataset],
) -> Dataset:
    """The report around its groups of measurements.

    Args:
        draft: what was signed, or is not yet.
        read: names the new object.
        groups: of measurements.
        evidence: headers of the pictures, and the segmentation.
    """
    signature = draft.signature
    key = as_json.render(draft, read).decode()
    report = hd.sr.ComprehensiveSR(
        evidence=evidence,
        content=_content(draft, read, groups),
        series_instance_uid=uid(read, _SERIES),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=_named(read, key, draft.addenda),
        instance_number=1 + len(draft.addenda),
        manufacturer=MANUFACTURER,
        manufacturer_model_name=software(),
        software_versions=software(),
        series_description=words.SR_SERIES,
        is_complete=signature is not None,
        is_final=signature is not None,
        is_verified=signature is not None,
        verifying_observer_name=None if signature is None else person(signature.name),
        verifying_organization="",
        previous_versions=_before(draft, read, key, evidence[0].StudyInstanceUID),
    )
    if signature is not None:
        _verify(report, [signature, *(one.signature for one in draft.addenda)])
    return report


def _content(
    draft: Draft, read: Analysis | SeriesResult, groups: Sequence[Group]
) -> hd.sr.MeasurementReport:
    """The groups, and the addenda behind them."""
    content = hd.sr.MeasurementReport(
        observation_context=_observers(draft, read),
        procedure_reported=codes.cid100.ImagingProcedure,
        imaging_measurements=groups,
    )
    content[0].ContentSequence.extend([_added(one) for one in draft.addenda])
    return content


def program(read: Analysis | SeriesResult) -> hd.sr.ObserverContext:
    """This program as an observer."""
    return hd.sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=uid(read, "device"), name=software(), manufacturer_name=MANUFACTURER
        ),
    )


def reader(name: str) -> hd.sr.ObserverContext:
    """A reader as an observer."""
    return hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(
            name=person(name)
        ),
    )


def algorithm(
    read: Analysis | SeriesResult, names: Sequence[str], *more: str
) -> hd.sr.AlgorithmIdentification:
    """Names of networks, with the digests of their weights as parameters."""
    return hd.sr.AlgorithmIdentification(
        name=", ".join(texts.model(name) for name in names),
        version=software(),
        parameters=[*(f"{name} SHA-256={read.weights.get(name, '')}" for name in names), *more],
        manufacturer=MANUFACTURER,
    )


def concept(value: str, meaning: str) -> Code:
    """A concept of this project's own scheme."""
    return Code(value, SCHEME, meaning)


def evaluations(
    found: Iterable[tuple[str, str, str, str]],
) -> list[hd.sr.QualitativeEvaluation]:
    """What is said in words.

    Args:
        found: (what is asked, its code, code of the answer, the answer).
    """
    return [
        hd.sr.QualitativeEvaluation(name=concept(code, title), value=concept(value, said))
        for title, code, value, said in found
    ]


def _observers(draft: Draft, read: Analysis | SeriesResult) -> hd.sr.ObservationContext:
    """The program, and the reader who signed."""
    signature = draft.signature
    return hd.sr.ObservationContext(
        observer_person_context=None if signature is None else reader(signature.name),
        observer_device_context=program(read),
    )


def _added(addendum: Addendum) -> hd.sr.ContainerContentItem:
    """An addendum as a section: its author, its time, and one text a line."""
    contains = hd.sr.RelationshipTypeValues.CONTAINS
    section = hd.sr.ContainerContentItem(name=codes.LN.Addendum, relationship_type=contains)
    section.add_new("ObservationDateTime", "DT", DT(addendum.signature.time))
    lines = [
        hd.sr.TextContentItem(name=codes.DCM.Comment, value=line, relationship_type=contains)
        for line in addendum.lines
    ]
    section.ContentSequence = hd.sr.ContentSequence([*reader(addendum.signature.name), *lines])
    return section


def _named(read: Analysis | SeriesResult, key: str, addenda: Sequence[Addendum]) -> UID:
    """The UID of the report with some of its addenda; `key` is its text."""
    said = [
        part
        for one in addenda
        for part in (one.signature.name, one.signature.time.isoformat(), *one.lines)
    ]
    return uid(read, "report", key, *said)


def _before(
    draft: Draft, read: Analysis | SeriesResult, key: str, study: str
) -> list[Dataset] | None:
    """The report without its last addendum, or None where it has none."""
    if not draft.addenda:
        return None
    before = Dataset()
    before.SOPClassUID = ComprehensiveSRStorage
    before.SOPInstanceUID = _named(read, key, draft.addenda[:-1])
    before.StudyInstanceUID = study
    before.SeriesInstanceUID = uid(read, _SERIES)
    return [before]


def _verify(report: Dataset, signatures: Sequence[Signature]) -> None:
    """Put in everybody who signed, each with their own time."""
    found = [deepcopy(report.VerifyingObserverSequence[0]) for _ in signatures]
    for item, signature in zip(found, signatures, strict=True):
        item.VerifyingObserverName = person(signature.name)
        item.VerificationDateTime = DT(signature.time)
    report.VerifyingObserverSequence = found
