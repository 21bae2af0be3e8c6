"""What the AI found, as plain numbers for files that other programs read.

Probabilities are whole per cent, as on every screen.
"""

from typing import Any, Final

from app.store.drawings import NewDrawing
from app.texts import percent
from ml.inference.side import side_of
from ml.labels import CLASSES
from ml.results import Analysis, Classification, Detection, Measurement, Refused, Segmentation

__all__ = ["result", "sizes", "whole_percent"]

_SIZES: Final = (
    *("area_px", "area_mm2", "diameter_px", "diameter_mm"),
    *("perpendicular_px", "perpendicular_mm"),
)


def whole_percent(share: float) -> int:
    """A probability 0..1 in whole per cent, 1 to 99.

    Certainty is claimed at neither end: what a screen shows as "<1 %" is 1, ">99 %" is 99.
    """
    return min(max(round(100 * share), 1), 99)


def result(answer: Analysis | Refused, conflicts: tuple[str, ...] | None) -> dict[str, Any]:
    """The AI's answer in the form of "result" of `report.schema.json`.

    Args:
        answer: what came of reading one scan.
        conflicts: kinds of contradiction within it, None where they were not looked at.

    Returns:
        Lengths in mm and areas in mm² where the file has the pixel spacing, else None, and both
        in pixels; a refused scan has neither a class nor a size.
    """
    if isinstance(answer, Refused):
        found = answer.refusal
        refusal = {"reason": found.reason, "score": found.score, "limit": found.limit}
        return {"status": "refused", "refusal": refusal}
    labels = answer.prediction_set
    copied = answer.membership
    boxes = answer.detections
    return {
        "status": "read",
        "suggested": None if answer.indeterminate else answer.mean.label,
        "mean": _reading(answer.mean),
        "networks": [_reading(one) for one in answer.classifications],
        "agreement": {"agree": answer.agreement, "of": len(answer.classifications)},
        "not_ruled_out": None if labels is None else list(labels),
        "outline": {**_outline(answer.segmentation), "side": side_of(answer)},
        "boxes": None if boxes is None else [_box(one) for one in boxes],
        "conflicts": None if conflicts is None else list(conflicts),
        "training_copy": None
        if copied is None
        else {"set": copied.source, "distance_bits": copied.distance},
    }


def sizes(found: Measurement | NewDrawing) -> dict[str, Any]:
    """Area and diameters of an outline, [name with unit] → number or None where it is not known."""
    return {name: getattr(found, name) for name in _SIZES}


def _reading(one: Classification) -> dict[str, Any]:
    shares = {label: float(one.shown[index]) for index, label in enumerate(CLASSES)}
    return {
        "network": one.model,
        "first": one.label,
        "calibrated": one.calibrated is not None,
        "percent": {label: whole_percent(share) for label, share in shares.items()},
        "shown": {label: percent(share) for label, share in shares.items()},
    }


def _outline(found: Segmentation) -> dict[str, Any]:
    return {
        "network": found.model,
        "threshold": found.threshold,
        "withheld": found.withheld,
        "parts": found.measurement.components,
        **sizes(found.measurement),
    }


def _box(one: Detection) -> dict[str, Any]:
    """Edges are (top, left, bottom, right) in pixels, where pixel i covers i..i+1."""
    return {
        "class": one.label,
        "percent": whole_percent(one.score),
        "edges_px": [float(edge) for edge in one.box_px],
    }
