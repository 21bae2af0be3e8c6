"""A report's figures as a DICOM structured report, TID 1500.

Groups of measurements: one of the whole picture (suggested class, probabilities in per cent, what
cannot be ruled out, conflicts), and one of each outline (area and diameters, with the segment they
belong to; see `sr_outline`). Classes are coded under a scheme of this project's own, because they
are classes of a data set and no diagnosis. See `sr_document` for what stands around the groups.

Reference: DICOM PS3.16 TID 1500 (measurement report), TID 1410, TID 1501; units are UCUM.
"""

from typing import Final

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from app import report_texts as words
from app.reports.dicom_outline import by_reader, outlines
from app.reports.dicom_seg import SEGMENT, segmentation, uid
from app.reports.dicom_source import header, written
from app.reports.dicom_source import unfit as why_not
from app.reports.draft import Draft
from app.reports.result import whole_percent
from app.reports.sr_document import Group, algorithm, assembled, concept, evaluations
from app.reports.sr_outline import group
from ml.labels import CLASSES, TITLES
from ml.results import Analysis, Classification

__all__ = ["probabilities", "render", "why_not"]

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
        groups += [
            group(read, one, _frame(source, outline, number))
            for number, one in enumerate(found, start=SEGMENT)
        ]
    evidence = [source] if outline is None else [source, outline]
    return assembled(draft, read, groups=groups, evidence=evidence)


def _whole(
    draft: Draft, read: Analysis, source: Dataset
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    """What the classifiers say of the picture."""
    mean = read.mean
    agreement = hd.sr.Measurement(
        name=concept("agreement", words.SR_AGREEMENT), value=read.agreement, unit=_NETWORKS
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
            name=concept(f"probability_{label}", words.sr_probability(label)),
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
    return evaluations(found)


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
