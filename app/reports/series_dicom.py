"""A series as DICOM segmentation over its slices, and as structured report, TID 1500.

The report has one group of measurements of the series (suggested class and probabilities in per
cent, with the slices that were averaged, and that its accuracy was never measured), and one of each
outline (volume and longest diameter, with the segment that they belong to; see `sr_outline`).

Reference: DICOM PS3.16 TID 1500, TID 1411 (volumetric ROI), TID 1501; PS3.3 A.51.
"""

from collections.abc import Sequence

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes

from app import report_texts
from app import series_texts as words
from app.reports.dicom_outline import Outline, by_reader, outlines
from app.reports.dicom_seg import SEGMENT, built, uid
from app.reports.dicom_source import written
from app.reports.dicom_sr import probabilities
from app.reports.draft import Draft
from app.reports.series_compose import mean
from app.reports.series_result import SeriesResult
from app.reports.series_source import Sources, sources, why_not
from app.reports.sr_document import Group, algorithm, assembled, evaluations
from app.reports.sr_outline import group
from ml.labels import TITLES
from ml.models.registry import CLASSIFIERS
from ml.results import Classification

__all__ = ["render_seg", "render_sr", "seg_why_not", "why_not"]


def seg_why_not(read: SeriesResult, own: Outline | None = None) -> str:
    """Why there is no segmentation of a series that may have a report, or ""."""
    return "" if outlines(read, own) else report_texts.NOTHING_OUTLINED


def render_seg(read: SeriesResult, own: Outline | None = None) -> bytes:
    """The segmentation as a file.

    Args:
        read: a series for which `why_not` and `seg_why_not` say nothing; patient and study are
            taken over.
        own: the reader's outline, see `dicom_outline.by_reader`.

    Raises:
        ReportError: a header lacks what a segmentation rests on.
    """
    found = sources(read)
    return written(lambda: _segmentation(read, outlines(read, own), found))


def render_sr(draft: Draft, read: SeriesResult) -> bytes:
    """The structured report as a file.

    Args:
        draft: what was signed, or is not yet.
        read: a series for which `why_not` says nothing; patient and study are taken over.

    Raises:
        ReportError: a header lacks what the report rests on.
    """
    found = sources(read)
    return written(lambda: _report(draft, read, found))


def _segmentation(
    read: SeriesResult, outlined: Sequence[Outline], found: Sources
) -> hd.seg.Segmentation:
    return built(read, outlined, sources=found.images, places=found.places, depth=found.depth)


def _report(draft: Draft, read: SeriesResult, found: Sources) -> Dataset:
    outlined = outlines(read, by_reader(draft, read))
    segments = _segmentation(read, outlined, found) if outlined else None
    groups: list[Group] = [_whole(read, found)]
    if segments is not None:
        groups += [
            group(read, one, _segment(segments, number, found))
            for number, one in enumerate(outlined, start=SEGMENT)
        ]
    evidence = [*found.images, *([] if segments is None else [segments])]
    return assembled(draft, read, groups=groups, evidence=evidence)


def _whole(read: SeriesResult, found: Sources) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    """The answer for the series, with the slices that it is the mean of."""
    answer, reading = read.found.answer, mean(read)
    if answer is None or reading is None:
        raise ValueError("a series of which every slice was refused has no DICOM object")
    averaged = [found.of_slice(number) for number in answer.numbers]
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=uid(read, "series"), identifier=words.TRACKING
        ),
        algorithm_id=algorithm(
            read, [name for name in CLASSIFIERS if name in read.weights], words.RULE_METHOD
        ),
        finding_sites=[hd.sr.FindingSite(anatomic_location=codes.SCT.Brain)],
        measurements=probabilities(reading),
        qualitative_evaluations=_evaluations(read, reading),
        source_images=[
            hd.sr.SourceImageForMeasurementGroup(one.SOPClassUID, one.SOPInstanceUID, frames)
            for one, frames in averaged
        ],
    )


def _evaluations(read: SeriesResult, reading: Classification) -> list[hd.sr.QualitativeEvaluation]:
    """Suggestion, that its accuracy is unknown, and copies of training pictures."""
    said = [
        (report_texts.SR_SUGGESTION, "suggestion", reading.label, TITLES[reading.label]),
        (words.UNMEASURED, "series_accuracy", "never_measured", words.NEVER),
    ]
    if any(one.in_training_set for one in read.found.slices):
        said.append((report_texts.SR_COPY, "training_copy", "yes", report_texts.SR_YES))
    return evaluations(said)


def _segment(segments: hd.seg.Segmentation, number: int, found: Sources) -> hd.sr.ReferencedSegment:
    """One segment over all slices."""
    return hd.sr.ReferencedSegment(
        sop_class_uid=segments.SOPClassUID,
        sop_instance_uid=segments.SOPInstanceUID,
        segment_number=number,
        source_series=hd.sr.SourceSeriesForSegmentation(found.images[0].SeriesInstanceUID),
    )
