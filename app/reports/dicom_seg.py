"""Outlines as a DICOM segmentation: one BINARY segment by a named algorithm, one by the reader.

The reader's is semiautomatic: the map of the same network, from a threshold on that a person chose.
A segment is there only where something is outlined, and segments may overlap.

Reference: DICOM PS3.3 A.51 (segmentation IOD), C.8.20 (segmentation modules).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import UID, generate_uid

from app import report_texts as words
from app import texts
from app.reports.compose import software
from app.reports.dicom_source import MANUFACTURER, header, person, unfit, written
from app.reports.draft import Draft
from app.reports.own_outline import outline_of
from app.reports.series_result import SeriesResult
from ml.results import Analysis, Refused, Segmentation
from ml.study_mask import mask_digest, segments

__all__ = [
    "SEGMENT",
    "Outline",
    "built",
    "by_reader",
    "outlines",
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


@dataclass(frozen=True)
class Outline:
    """One outline of a picture.

    Attributes:
        found: mask, network and threshold.
        reader: who drew it, "" for the AI.
    """

    found: Segmentation
    reader: str = ""

    @property
    def mark(self) -> tuple[str, ...]:
        """What tells it from the AI's outline in a UID."""
        mask = hashlib.sha256(self.found.mask.tobytes()).hexdigest()
        return (self.reader, mask) if self.reader else ()


def by_reader(draft: Draft, answer: Analysis | Refused) -> Outline | None:
    """The outline of the reader in a report, or None where it has none."""
    found = outline_of(draft, answer)
    if found is None or draft.outline is None:
        return None
    return Outline(found, draft.outline.outline.reader)


def outlines(read: Analysis, own: Outline | None) -> tuple[Outline, ...]:
    """What is outlined in a picture, in the order of the segments: the AI's before the reader's."""
    both = (Outline(read.segmentation), *([] if own is None else [own]))
    return tuple(one for one in both if one.found.mask.any())


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
        own: the reader's outline, see `by_reader`.

    Raises:
        ReportError: its header lacks what a segmentation rests on.
    """
    source = header(data)
    return written(lambda: segmentation(read, source, own))


def segmentation(
    read: Analysis, source: Dataset, own: Outline | None = None
) -> hd.seg.Segmentation:
    """The segmentation of a source whose header was made fit for it."""
    found = outlines(read, own)
    mask = segments([one.found.mask for one in found])
    return built(read, found, sources=[source], mask=mask)


def built(
    read: Analysis | SeriesResult,
    found: Sequence[Outline],
    *,
    sources: Sequence[Dataset],
    mask: Any,
) -> hd.seg.Segmentation:
    """A segmentation of one picture or of a series.

    Args:
        read: names the new object, with the weights.
        found: the outlines, a segment each; the last one is a reader's, or none is.
        sources: headers of the pictures, or that of one file with all frames.
        mask: (N, H, W) bool for N pictures or frames, or (N, H, W, S) for S segments.
    """
    last = found[-1]
    digest = read.weights.get(last.found.model, "")
    return hd.seg.Segmentation(
        source_images=sources,
        pixel_array=mask,
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
        device_serial_number=digest[:16] or software(),
        content_label="AI_AND_READER" if last.reader else "AI_OUTLINE",
        content_description=words.RESEARCH,
        series_description=words.SEG_SERIES,
        content_creator_name=person(last.reader) if last.reader else None,
    )


def _described(
    read: Analysis | SeriesResult, outline: Outline, number: int
) -> hd.seg.SegmentDescription:
    """What one segment is, and who or what made it."""
    found, own = outline.found, bool(outline.reader)
    chosen = {"threshold_chosen_by": "reader"} if own else {}
    algorithm = hd.AlgorithmIdentificationSequence(
        name=texts.model(found.model),
        family=codes.cid7162.ArtificialIntelligence,
        version=read.weights.get(found.model, "") or software(),
        source=software(),
        parameters={"threshold": f"{found.threshold:.4f}", **chosen},
    )
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=words.SEGMENT_OWN if own else words.SEGMENT_LABEL,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Neoplasm,
        algorithm_type=_KINDS.SEMIAUTOMATIC if own else _KINDS.AUTOMATIC,
        algorithm_identification=algorithm,
        tracking_uid=tracking(read, outline),
        tracking_id=words.TRACKING_OWN if own else words.TRACKING_ID,
        anatomic_regions=[codes.SCT.Brain],
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
