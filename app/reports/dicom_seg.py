"""Outlines as a DICOM segmentation: one BINARY segment by a named algorithm, one by the reader.

The reader's is manual where it was drawn by hand, and names no algorithm. It is semiautomatic where
it is the map of the same network, from a threshold on that a person chose. A segment is there only
where something is outlined, and segments may overlap.

Reference: DICOM PS3.3 A.51 (segmentation IOD), C.8.20 (segmentation modules).
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import UID, generate_uid

from app import report_texts as words
from app import texts
from app.reports.dicom_outline import Outline, outlines
from app.reports.dicom_source import MANUFACTURER, header, person, unfit, written
from app.reports.series_result import SeriesResult
from app.version import software
from ml.models.registry import SEGMENTER
from ml.results import Analysis, Refused
from ml.study_mask import mask_digest, segments

__all__ = [
    "SEGMENT",
    "built",
    "render",
    "segmentation",
    "tracking",
    "uid",
    "why_not",
]

SEGMENT: Final = 1
"""Number of the first segment."""
_SERIES_NUMBER: Final = 900  # behind the series of a scanner
_KINDS: Final = hd.seg.SegmentAlgorithmTypeValues


def why_not(answer: Analysis | Refused, own: Outline | None = None) -> str:
    """Why there is no segmentation of a scan, or ""."""
    reason = unfit(answer)
    if reason or isinstance(answer, Refused):
        return reason
    return "" if outlines(answer, own) else words.NOTHING_OUTLINED


def render(read: Analysis, data: bytes, own: Outline | None = None) -> bytes:
    """The segmentation as a file.

    Args:
        read: a reading for which `why_not` says nothing.
        data: the file that was read; its patient and study are taken over.
        own: the reader's outline, see `dicom_outline.by_reader`.

    Raises:
        ReportError: its header lacks what a segmentation rests on.
    """
    source = header(data)
    return written(lambda: segmentation(read, source, own))


def segmentation(
    read: Analysis, source: Dataset, own: Outline | None = None
) -> hd.seg.Segmentation:
    """The segmentation of a source whose header was made fit for it."""
    return built(read, outlines(read, own), sources=[source])


def built(
    read: Analysis | SeriesResult,
    found: Sequence[Outline],
    *,
    sources: Sequence[Dataset],
    places: Sequence[int] = (0,),
    depth: int = 1,
) -> hd.seg.Segmentation:
    """A segmentation of one picture or of a series.

    Args:
        read: names the new object, with the weights.
        found: the outlines, a segment each; the last one is a reader's, or none is.
        sources: headers of the pictures, or that of one file with all frames.
        places: where each slice belongs among the pictures or frames, from 0.
        depth: how many pictures or frames there are.
    """
    last = found[-1]
    shape = read.series.shape if isinstance(read, SeriesResult) else read.scan.shape
    return hd.seg.Segmentation(
        source_images=sources,
        pixel_array=segments([one.masks for one in found], shape, places=places, depth=depth),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[
            _described(read, one, number) for number, one in enumerate(found, start=SEGMENT)
        ],
        series_instance_uid=uid(read, "segmentation series"),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=uid(read, "segmentation", *last.mark),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=software(),
        software_versions=software(),
        device_serial_number=read.weights.get(SEGMENTER, "")[:16] or software(),
        content_label=_label(found),
        content_description=words.RESEARCH,
        series_description=words.SEG_SERIES,
        content_creator_name=person(last.reader) if last.reader else None,
    )


def _label(found: Sequence[Outline]) -> str:
    """Whose outlines are in it."""
    if not found[-1].reader:
        return "AI_OUTLINE"
    return "AI_AND_READER" if len(found) > 1 else "READER_OUTLINE"


def _described(
    read: Analysis | SeriesResult, outline: Outline, number: int
) -> hd.seg.SegmentDescription:
    """What one segment is, and who or what made it."""
    own = bool(outline.reader)
    described = hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=words.SEGMENT_OWN if own else words.SEGMENT_LABEL,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Neoplasm,
        algorithm_type=_kind(outline),
        algorithm_identification=_algorithm(read, outline),
        tracking_uid=tracking(read, outline),
        tracking_id=words.TRACKING_OWN if own else words.TRACKING_ID,
        anatomic_regions=[codes.SCT.Brain],
    )
    if outline.by_hand:
        described.SegmentDescription = words.SEGMENT_BEGUN[outline.begun]
    return described


def _kind(outline: Outline) -> hd.seg.SegmentAlgorithmTypeValues:
    """PS3.3 C.8.20.2: by an algorithm alone, with a person's help, or by a person alone."""
    if not outline.reader:
        return _KINDS.AUTOMATIC
    return _KINDS.MANUAL if outline.by_hand else _KINDS.SEMIAUTOMATIC


def _algorithm(
    read: Analysis | SeriesResult, outline: Outline
) -> hd.AlgorithmIdentificationSequence | None:
    """What drew the map that is outlined; None for what was drawn by hand."""
    if outline.threshold is None:
        return None
    chosen = {"threshold_chosen_by": "reader"} if outline.reader else {}
    return hd.AlgorithmIdentificationSequence(
        name=texts.model(SEGMENTER),
        family=codes.cid7162.ArtificialIntelligence,
        version=read.weights.get(SEGMENTER, "") or software(),
        source=software(),
        parameters={"threshold": f"{outline.threshold:.4f}", **chosen},
    )


def tracking(read: Analysis | SeriesResult, outline: Outline | None = None) -> UID:
    """The UID under which segmentation and report speak of the same outline; None is the AI's."""
    return uid(read, "outline", *(() if outline is None else outline.mark))


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
