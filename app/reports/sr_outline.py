"""The group of measurements of one outline in a DICOM structured report.

It says who observed it. What the AI outlines names its network; a reader's outline names no
algorithm, and says whether it was drawn by hand or is the AI's map from another threshold on.

Reference: DICOM PS3.16 TID 1410 (planar ROI), TID 1411 (volumetric ROI); units are UCUM.
"""

from typing import Any, Final

import highdicom as hd
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from app import report_texts as words
from app.reports.dicom_outline import Outline
from app.reports.dicom_seg import tracking
from app.reports.series_result import SeriesResult
from app.reports.sr_document import Group, algorithm, concept, program, reader
from ml.models.registry import SEGMENTER
from ml.results import Analysis, Measurement
from ml.study import StudySize

__all__ = ["group"]

_PIXELS: Final = Code("{pixels}", "UCUM", "pixels")
_ML: Final = Code("ml", "UCUM", "ml")


def group(
    read: Analysis | SeriesResult,
    outline: Outline,
    reference: hd.sr.ReferencedSegmentationFrame | hd.sr.ReferencedSegment,
) -> Group:
    """Sizes of an outline, and its segment.

    Args:
        read: what was read.
        outline: one of `dicom_outline.outlines`.
        reference: its segment; of a picture the one frame, of a series the whole.
    """
    sizes = outline.sizes
    known: dict[str, Any] = {
        "tracking_identifier": hd.sr.TrackingIdentifier(
            uid=tracking(read, outline),
            identifier=words.TRACKING_OWN if outline.reader else words.TRACKING_ID,
        ),
        "finding_type": codes.SCT.Neoplasm,
        "algorithm_id": None
        if outline.reader
        else algorithm(read, [SEGMENTER], f"threshold={outline.threshold:.4f}"),
        "finding_sites": [hd.sr.FindingSite(anatomic_location=codes.SCT.Brain)],
        "measurements": _of_picture(sizes) if isinstance(sizes, Measurement) else _of_series(sizes),
        "qualitative_evaluations": _origin(outline),
    }
    found: Group = (
        hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
            referenced_segment=reference, **known
        )
        if isinstance(reference, hd.sr.ReferencedSegment)
        else hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
            referenced_segment=reference, **known
        )
    )
    # PS3.3 A.35.3.3.1.2: a container may have an observation context of its own
    found[0].ContentSequence.extend(reader(outline.reader) if outline.reader else program(read))
    return found


def _origin(outline: Outline) -> list[hd.sr.QualitativeEvaluation]:
    """How a reader's outline was made."""
    if not outline.reader:
        return []
    made = concept("threshold_moved", words.SR_MOVED)
    if outline.by_hand:
        made = concept(f"by_hand_{outline.begun}", words.SEGMENT_BEGUN[outline.begun])
    return [hd.sr.QualitativeEvaluation(name=concept("outline_made", words.SR_MADE), value=made)]


def _of_picture(sizes: Measurement) -> list[hd.sr.Measurement]:
    """Area and diameters, in mm where the file has the pixel spacing, else in pixels."""
    millimetres = sizes.area_mm2 is not None
    area = sizes.area_mm2 if millimetres else sizes.area_px
    longest = sizes.diameter_mm if millimetres else sizes.diameter_px
    across = sizes.perpendicular_mm if millimetres else sizes.perpendicular_px
    plane = codes.UCUM.SquareMillimeter if millimetres else _PIXELS
    line = codes.UCUM.Millimeter if millimetres else _PIXELS
    return _measured(
        (codes.SCT.Area, area, plane),
        (codes.SCT.LongAxis, longest, line),
        (codes.SCT.ShortAxis, across, line),
    )


def _of_series(sizes: StudySize) -> list[hd.sr.Measurement]:
    """None in pixels: a series without spacing has no segmentation either."""
    return _measured(
        (codes.SCT.Volume, sizes.volume_ml, _ML),
        (codes.SCT.LongAxis, sizes.diameter_mm, codes.UCUM.Millimeter),
    )


def _measured(*found: tuple[Code, float | None, Code]) -> list[hd.sr.Measurement]:
    return [
        hd.sr.Measurement(name=name, value=value, unit=unit)
        for name, value, unit in found
        if value is not None
    ]
