"""A series as DICOM segmentation over its slices, and as structured report, TID 1500.

The report has one group of measurements of the series (suggested class and probabilities in per
cent, with the slices that were averaged, and that its accuracy was never measured), and one of the
outline (volume and longest diameter, with the segment that they belong to).

Reference: DICOM PS3.16 TID 1500, TID 1411 (volumetric ROI), TID 1501; PS3.3 A.51.
"""

from typing import Final

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from app import report_texts
from app import series_texts as words
from app.reports.dicom_seg import SEGMENT, Outline, built, tracking, uid
from app.reports.dicom_source import written
from app.reports.dicom_sr import Group, algorithm, assembled, own, probabilities
from app.reports.draft import Draft
from app.reports.series_compose import mean
from app.reports.series_result import SeriesResult
from app.reports.series_source import Sources, sources, why_not
from ml.labels import TITLES
from ml.models.registry import CLASSIFIERS, SEGMENTER
from ml.results import Analysis, Classification
from ml.study_mask import mask_stack

__all__ = ["render_seg", "render_sr", "seg_why_not", "why_not"]

_ML: Final = Code("ml", "UCUM", "ml")


def seg_why_not(read: SeriesResult) -> str:
    """Why there is no segmentation of a series that may have a report, or ""."""
    return "" if read.outlined else report_texts.NOTHING_OUTLINED


def render_seg(read: SeriesResult) -> bytes:
    """The segmentation as a file.

    Args:
        read: a series for which `why_not` and `seg_why_not` say nothing; patient and study are
            taken over.

    Raises:
        ReportError: a header lacks what a segmentation rests on.
    """
    found = sources(read)
    return written(lambda: _segmentation(read, found))


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


def _key(read: SeriesResult) -> Analysis:
    if not isinstance(read.key, Analysis):
        raise ValueError("a series of which every slice was refused has no DICOM object")
    return read.key


def _segmentation(read: SeriesResult, found: Sources) -> hd.seg.Segmentation:
    mask = mask_stack(read.found.slices, read.series.shape, places=found.places, depth=found.depth)
    return built(read, [Outline(_key(read).segmentation)], sources=found.images, mask=mask)


def _report(draft: Draft, read: SeriesResult, found: Sources) -> Dataset:
    outline = _segmentation(read, found) if read.outlined else None
    groups: list[Group] = [_whole(read, found)]
    if outline is not None:
        groups.append(_outlined(read, outline, found))
    evidence = [*found.images, *([] if outline is None else [outline])]
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
    return [
        hd.sr.QualitativeEvaluation(name=own(code, title), value=own(value, meaning))
        for title, code, value, meaning in said
    ]


def _outlined(
    read: SeriesResult, outline: hd.seg.Segmentation, found: Sources
) -> hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    """Volume and longest diameter where the series states its geometry."""
    segment = hd.sr.ReferencedSegment(
        sop_class_uid=outline.SOPClassUID,
        sop_instance_uid=outline.SOPInstanceUID,
        segment_number=SEGMENT,
        source_series=hd.sr.SourceSeriesForSegmentation(found.images[0].SeriesInstanceUID),
    )
    key = _key(read).segmentation
    return hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=tracking(read), identifier=words.ROI),
        referenced_segment=segment,
        finding_type=codes.SCT.Neoplasm,
        algorithm_id=algorithm(read, [SEGMENTER], f"threshold={key.threshold:.4f}"),
        finding_sites=[hd.sr.FindingSite(anatomic_location=codes.SCT.Brain)],
        measurements=_sizes(read),
    )


def _sizes(read: SeriesResult) -> list[hd.sr.Measurement]:
    """None in pixels: a series without spacing has no segmentation either."""
    size = read.found.size
    found = (
        (codes.SCT.Volume, size.volume_ml, _ML),
        (codes.SCT.LongAxis, size.diameter_mm, codes.UCUM.Millimeter),
    )
    return [
        hd.sr.Measurement(name=name, value=value, unit=unit)
        for name, value, unit in found
        if value is not None
    ]
