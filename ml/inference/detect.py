"""From the detector's boxes to named findings in the scan's own pixels.

Steps, in order:
    1. class probabilities of every box (softmax; `no_tumor` is the background);
    2. for every tumour class the boxes of at least `min_score`; of two that overlap by more than
       `overlap` the weaker one is dropped (greedy non-maximum suppression, class by class);
    3. box edges from the network's square to the scan, cut at the picture's edges.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ml.errors import MetricsError
from ml.inference.segment import THRESHOLDS_FILE
from ml.labels import CLASSES, NO_TUMOR
from ml.models.registry import DETECTOR
from ml.preprocess import Crop
from ml.results import Detection, FloatArray

__all__ = [
    "Detection",
    "Keep",
    "box_iou",
    "detections",
    "lowest_score",
    "marked",
    "one_a_place",
    "suppress",
]

DEFAULT_SCORE: Final = 0.5
"""Lowest score until the evaluation has written one."""


@dataclass(frozen=True)
class Keep:
    """Which boxes are reported.

    Attributes:
        min_score: lowest class probability, 0..1. Low for a precision-recall curve; a screen
            takes the one that validation chose.
        overlap: intersection over union above which two boxes of a class mean the same tumour.
        most: boxes a class at most.
    """

    min_score: float = 0.02
    overlap: float = 0.5
    most: int = 10

    def __post_init__(self) -> None:
        """Refuse values that keep everything or nothing.

        Raises:
            ValueError: a value is out of its range.
        """
        if not 0.0 < self.min_score < 1.0:
            raise ValueError(f"min_score must be in (0, 1), found {self.min_score}")
        if not 0.0 < self.overlap <= 1.0:
            raise ValueError(f"overlap must be in (0, 1], found {self.overlap}")
        if self.most < 1:
            raise ValueError(f"most must be at least 1, found {self.most}")


EVERYTHING: Final[Keep] = Keep()


def box_iou(first: FloatArray, second: FloatArray) -> FloatArray:
    """Intersection over union of boxes (N, 4) and (M, 4): (N, M) in 0..1; 0 for empty boxes."""
    one, other = first[:, None].astype(np.float64), second[None].astype(np.float64)
    shared = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    common = np.maximum(shared, 0.0).prod(axis=-1)
    areas = [(b[..., 2:] - b[..., :2]).clip(min=0.0).prod(axis=-1) for b in (one, other)]
    union = areas[0] + areas[1] - common
    return np.where(union > 0.0, common / np.maximum(union, 1e-12), 0.0).astype(np.float32)


def suppress(boxes: FloatArray, scores: FloatArray, overlap: float) -> list[int]:
    """Greedy non-maximum suppression.

    Args:
        boxes: (N, 4).
        scores: (N,).
        overlap: largest overlap that two kept boxes may have.

    Returns:
        Positions of the kept boxes, the best score first (the earlier box in a tie).
    """
    kept: list[int] = []
    pairs = box_iou(boxes, boxes)
    for place in np.argsort(-scores, kind="stable").tolist():
        if not kept or pairs[place, kept].max() <= overlap:
            kept.append(place)
    return kept


def detections(
    boxes: FloatArray,
    logits: FloatArray,
    *,
    crop: Crop,
    shape: tuple[int, int],
    keep: Keep = EVERYTHING,
) -> tuple[Detection, ...]:
    """Findings of one scan, the best score first.

    Args:
        boxes: (K, 4) output "boxes" of the detector for this scan, shares of the square's side.
        logits: (K, 4) output "roi_logits", in the order of `ml.labels.CLASSES`.
        crop: where the network's square lies on the scan.
        shape: (rows, columns) of the scan.
        keep: which boxes are reported.

    Raises:
        ValueError: the shapes do not belong together.
    """
    if boxes.ndim != 2 or boxes.shape[1] != 4 or logits.shape != (len(boxes), len(CLASSES)):
        raise ValueError(
            f"boxes {boxes.shape} and logits {logits.shape} do not belong together; "
            f"expected (K, 4) and (K, {len(CLASSES)})"
        )
    probability = _softmax(logits)
    on_scan = _on_scan(boxes, crop, shape)
    inside = (on_scan[:, 2:] > on_scan[:, :2]).all(axis=1)
    found = []
    for index, label in enumerate(CLASSES):
        if index == NO_TUMOR:
            continue
        able = np.flatnonzero(inside & (probability[:, index] >= keep.min_score))
        scores = probability[able, index]
        for place in suppress(on_scan[able], scores, keep.overlap)[: keep.most]:
            top, left, bottom, right = on_scan[able[place]].tolist()
            found.append(Detection(label, float(scores[place]), (top, left, bottom, right)))
    return tuple(sorted(found, key=lambda one: -one.score))


def one_a_place(found: Sequence[Detection], overlap: float = 0.5) -> tuple[Detection, ...]:
    """The strongest finding of every place, whatever its class; the best score first.

    Args:
        found: findings of one scan.
        overlap: intersection over union above which two boxes are the same place.
    """
    if not found:
        return ()
    boxes = np.array([one.box_px for one in found], np.float32)
    scores = np.array([one.score for one in found], np.float32)
    return tuple(found[place] for place in suppress(boxes, scores, overlap))


def lowest_score(file: Path = THRESHOLDS_FILE) -> float:
    """Lowest score that a screen shows, as the evaluation chose it on validation groups.

    Args:
        file: JSON `{"detector": {"min_score": 0.5}}`; may be absent or lack the detector, then
            a box has to be more likely a tumour than not.

    Raises:
        MetricsError: the file exists but holds no usable score.
    """
    if not file.is_file():
        return DEFAULT_SCORE
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return Keep(float(content.get(DETECTOR, {}).get("min_score", DEFAULT_SCORE))).min_score
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise MetricsError(
            f"The file with the detector's lowest score ({file.name}) cannot be used: {error}. "
            "Write it anew with `make evaluate`."
        ) from error


def marked(found: Sequence[Detection], least: float) -> tuple[Detection, ...]:
    """What a screen shows: findings of at least a score, one a place."""
    return one_a_place([one for one in found if one.score >= least])


def _softmax(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: FloatArray = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


def _on_scan(boxes: FloatArray, crop: Crop, shape: tuple[int, int]) -> FloatArray:
    """Shares of the square → pixel edges of the scan, inside the picture."""
    corner = np.array([crop.top, crop.left] * 2, np.float32)
    edges = corner + boxes * np.float32(crop.side)
    return np.clip(edges, 0.0, np.array([*shape, *shape], np.float32)).astype(np.float32)
