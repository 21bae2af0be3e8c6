"""The outline as a DICOM segmentation: one BINARY segment, made by a named algorithm.

Reference: DICOM PS3.3 A.51 (segmentation IOD), C.8.20 (segmentation modules).
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import UID, generate_uid

from app import report_texts as words
from app import texts
from app.reports.compose import software
from app.reports.dicom_source import MANUFACTURER, header, unfit, written
from app.reports.series_result import SeriesResult
from ml.results import Analysis, Refused, Segmentation
from ml.study_mask import mask_digest

__all__ = ["SEGMENT", "built", "render", "segmentation", "tracking", "uid", "why_not"]

SEGMENT: Final = 1
"""Number of the one segment."""
_SERIES_NUMBER: Final = 900  # behind the series of a scanner


def why_not(answer: Analysis | Refused) -> str:
    """Why there is no segmentation of a scan, or ""."""
    reason = unfit(answer)
    if reason or isinstance(answer, Refused):
        return reason
    return "" if answer.segmentation.mask.any() else words.NOTHING_OUTLINED


def render(read: Analysis, data: bytes) -> bytes:
    """The segmentation as a file.

    Args:
        read: a reading for which `why_not` says nothing.
        data: the file that was read; its patient and study are taken over.

    Raises:
        ReportError: its header lacks what a segmentation rests on.
    """
    source = header(data)
    return written(lambda: segmentation(read, source))


def segmentation(read: Analysis, source: Dataset) -> hd.seg.Segmentation:
    """The segmentation of a source whose header was made fit for it."""
    return built(read, read.segmentation, sources=[source], mask=read.segmentation.mask)


def built(
    read: Analysis | SeriesResult, found: Segmentation, *, sources: Sequence[Dataset], mask: Any
) -> hd.seg.Segmentation:
    """A segmentation of one picture or of a series.

    Args:
        read: names the new object, with the weights.
        found: network and threshold of the outline.
        sources: headers of the pictures, or that of one file with all frames.
        mask: (H, W) bool, or (N, H, W) for N pictures or frames.
    """
    digest = read.weights.get(found.model, "")
    algorithm = hd.AlgorithmIdentificationSequence(
        name=texts.model(found.model),
        family=codes.cid7162.ArtificialIntelligence,
        version=digest or software(),
        source=software(),
        parameters={"threshold": f"{found.threshold:.4f}"},
    )
    segment = hd.seg.SegmentDescription(
        segment_number=SEGMENT,
        segment_label=words.SEGMENT_LABEL,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Neoplasm,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=algorithm,
        tracking_uid=tracking(read),
        tracking_id=words.TRACKING_ID,
        anatomic_regions=[codes.SCT.Brain],
    )
    return hd.seg.Segmentation(
        source_images=sources,
        pixel_array=mask,
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[segment],
        series_instance_uid=uid(read, "segmentation series"),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=uid(read, "segmentation"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=software(),
        software_versions=software(),
        device_serial_number=digest[:16] or software(),
        content_label="AI_OUTLINE",
        content_description=words.RESEARCH,
        series_description=words.SEG_SERIES,
    )


def tracking(read: Analysis | SeriesResult) -> UID:
    """The UID under which segmentation and report speak of the same outline."""
    return uid(read, "outline")


def uid(read: Analysis | SeriesResult, role: str, *more: str) -> UID:
    """A UID that the same reading always gets, so that a report can refer to its segmentation.

    Args:
        read: the reading.
        role: what is named.
        more: what else tells two of them apart.
    """
    if isinstance(read, SeriesResult):
        content_hash, mask = read.content_hash, mask_digest(read.found.slices)
    else:
        content_hash = read.scan.content_hash
        mask = hashlib.sha256(read.segmentation.mask.tobytes()).hexdigest()
    weights = [f"{name}:{digest}" for name, digest in sorted(read.weights.items())]
    return generate_uid(entropy_srcs=[MANUFACTURER, role, content_hash, mask, *weights, *more])
