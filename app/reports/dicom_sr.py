"""A report's figures as a DICOM structured report, TID 1500.

Groups of measurements: one of the whole picture (suggested class, probabilities in per cent, what
cannot be ruled out, conflicts), and one of each outline (area and diameters, with the segment they
belong to). Each names its algorithm; an outline says who observed it, the program or the reader,
whose group names no algorithm. Classes are coded under a scheme of this project's own,
because they are classes of a data set and no diagnosis.

An unsigned report is preliminary and unverified; a signed one is final and verified by its reader.

Reference: DICOM PS3.16 TID 1500 (measurement report), TID 1410, TID 1501, TID 4019; units are UCUM.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.valuerep import DT

from app import report_texts as words
from app import texts
from app.reports import as_json
from app.reports.compose import software
from app.reports.dicom_seg import (
    SEGMENT,
    Outline,
    by_reader,
    outlines,
    segmentation,
    tracking,
    uid,
)
from app.reports.dicom_source import MANUFACTURER, header, person, written
from app.reports.dicom_source import unfit as why_not
from app.reports.draft import Draft
from app.reports.result import whole_percent
from app.reports.series_result import SeriesResult
from ml.labels import CLASSES, TITLES
from ml.results import Analysis, Classification, Measurement

__all__ = ["SCHEME", "Group", "algorithm", "assembled", "own", "probabilities", "render", "why_not"]

SCHEME: Final = "99SULCUS"
"""Coding scheme of this project's own concepts."""
_SERIES_NUMBER: Final = 901
Group = (
    hd.sr.MeasurementsAndQualitativeEvaluations
    | hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations
    | hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations
)
_PIXELS: Final = Code("{pixels}", "UCUM", "pixels")
_NETWORKS: Final = Code("{networks}", "UCUM", "networks")


def render(draft: Draft, read: Analysis, data: bytes) -> bytes:
    """The structured report as a file.

    Args:
        draft: what was signed, or is not yet.
        read: a reading for which `why_not` says nothing.
        data: the file that was read; its patient and study are taken over.

    Raises:
        ReportError: its header lacks what the report rests on.
    """
    source = header(data)
    return written(lambda: _report(draft, read, source))


def _report(draft: Draft, read: Analysis, source: Dataset) -> Dataset:
    own = by_reader(draft, read)
    found = outlines(read, own)
    outline = segmentation(read, source, own) if found else None
    groups: list[Group] = [_whole(draft, read, source)]
    if outline is not None:
        frame = partial(_frame, source, outline)
        groups += [
            _outlined(read, one, frame(number)) for number, one in enumerate(found, start=SEGMENT)
        ]
    evidence = [source] if outline is None else [source, outline]
    return assembled(draft, read, groups=groups, evidence=evidence)


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
    content = hd.sr.MeasurementReport(
        observation_context=_observers(draft, read),
        procedure_reported=codes.cid100.ImagingProcedure,
        imaging_measurements=groups,
    )
    signature = draft.signature
    signer = None if signature is None else person(signature.name)
    key = as_json.render(draft, read).decode()
    report = hd.sr.ComprehensiveSR(
        evidence=evidence,
        content=content,
        series_instance_uid=uid(read, "report series"),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=uid(read, "report", key),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=software(),
        software_versions=software(),
        series_description=words.SR_SERIES,
        is_complete=signature is not None,
        is_final=signature is not None,
        is_verified=signature is not None,
        verifying_observer_name=signer,
        verifying_organization="",
    )
    if signature is not None:
        report.VerifyingObserverSequence[0].VerificationDateTime = DT(signature.time)
    return report


def _observers(draft: Draft, read: Analysis | SeriesResult) -> hd.sr.ObservationContext:
    """The program, and the reader who signed."""
    signature = draft.signature
    return hd.sr.ObservationContext(
        observer_person_context=None if signature is None else _reader(signature.name),
        observer_device_context=_program(read),
    )


def _program(read: Analysis | SeriesResult) -> hd.sr.ObserverContext:
    return hd.sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=uid(read, "device"), name=software(), manufacturer_name=MANUFACTURER
        ),
    )


def _reader(name: str) -> hd.sr.ObserverContext:
    return hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(
            name=person(name)
        ),
    )


def _whole(
    draft: Draft, read: Analysis, source: Dataset
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    """What the classifiers say of the picture."""
    mean = read.mean
    agreement = hd.sr.Measurement(
        name=own("agreement", words.SR_AGREEMENT), value=read.agreement, unit=_NETWORKS
    )
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=uid(read, "picture"), identifier=words.TRACKING_PICTURE
        ),
        algorithm_id=algorithm(read, [one.model for one in read.classifications]),
        finding_sites=[hd.sr.FindingSite(anatomic_location=codes.SCT.Brain)],
        measurements=[*probabilities(mean), agreement],
        qualitative_evaluations=_evaluations(draft, read),
        source_images=[
            hd.sr.SourceImageForMeasurementGroup(source.SOPClassUID, source.SOPInstanceUID)
        ],
    )


def probabilities(mean: Classification) -> list[hd.sr.Measurement]:
    """All four classes in whole per cent."""
    return [
        hd.sr.Measurement(
            name=own(f"probability_{label}", words.sr_probability(label)),
            value=whole_percent(float(mean.shown[index])),
            unit=codes.UCUM.Percent,
        )
        for index, label in enumerate(CLASSES)
    ]


def _evaluations(draft: Draft, read: Analysis) -> list[hd.sr.QualitativeEvaluation]:
    """Suggestion or indeterminate, what cannot be ruled out, conflicts, a training copy."""
    label = "indeterminate" if read.indeterminate else read.mean.label
    meaning = words.SR_INDETERMINATE if read.indeterminate else TITLES[label]
    found = [(words.SR_SUGGESTION, "suggestion", label, meaning)]
    found += [
        (words.SR_NOT_RULED_OUT, "not_ruled_out", one, TITLES[one])
        for one in read.prediction_set or ()
    ]
    found += [
        (words.SR_CONFLICT, "conflict", kind, words.SR_CONFLICTS[kind])
        for kind in draft.conflicts or ()
    ]
    if read.membership is not None:
        found.append((words.SR_COPY, "training_copy", "yes", words.SR_YES))
    return [
        hd.sr.QualitativeEvaluation(name=own(code, title), value=own(value, said))
        for title, code, value, said in found
    ]


def _frame(
    source: Dataset, outline: hd.seg.Segmentation, number: int
) -> hd.sr.ReferencedSegmentationFrame:
    """The one frame of a segment of a picture."""
    # not ReferencedSegmentationFrame.from_segmentation: it fails on a single segment (0.28)
    return hd.sr.ReferencedSegmentationFrame(
        sop_class_uid=outline.SOPClassUID,
        sop_instance_uid=outline.SOPInstanceUID,
        frame_number=number,
        segment_number=number,
        source_image=hd.sr.SourceImageForSegmentation(source.SOPClassUID, source.SOPInstanceUID),
    )


def _outlined(
    read: Analysis, outline: Outline, frame: hd.sr.ReferencedSegmentationFrame
) -> hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    """Sizes of an outline, in mm where the file has the pixel spacing, else in pixels."""
    found, own = outline.found, bool(outline.reader)
    network = algorithm(read, [found.model], f"threshold={found.threshold:.4f}")
    group = hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=tracking(read, outline),
            identifier=words.TRACKING_OWN if own else words.TRACKING_ID,
        ),
        referenced_segment=frame,
        finding_type=codes.SCT.Neoplasm,
        algorithm_id=None if own else network,
        finding_sites=[hd.sr.FindingSite(anatomic_location=codes.SCT.Brain)],
        measurements=_sizes(found.measurement),
    )
    # PS3.3 A.35.3.3.1.2: a container may have an observation context of its own
    group[0].ContentSequence.extend(_reader(outline.reader) if own else _program(read))
    return group


def _sizes(sizes: Measurement) -> list[hd.sr.Measurement]:
    millimetres = sizes.area_mm2 is not None
    area = sizes.area_mm2 if millimetres else sizes.area_px
    longest = sizes.diameter_mm if millimetres else sizes.diameter_px
    across = sizes.perpendicular_mm if millimetres else sizes.perpendicular_px
    plane = codes.UCUM.SquareMillimeter if millimetres else _PIXELS
    line = codes.UCUM.Millimeter if millimetres else _PIXELS
    found = (
        (codes.SCT.Area, area, plane),
        (codes.SCT.LongAxis, longest, line),
        (codes.SCT.ShortAxis, across, line),
    )
    return [
        hd.sr.Measurement(name=name, value=value, unit=unit)
        for name, value, unit in found
        if value is not None
    ]


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


def own(value: str, meaning: str) -> Code:
    """A concept of this project's own scheme."""
    return Code(value, SCHEME, meaning)
