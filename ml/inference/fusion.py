"""Boxes that three voices agree on: the detector, its mirror image, and the outline.

A voice names at most one box of a class a place. Boxes of a class that overlap are one: its
edges are their mean weighted by score, its score the mean over all voices, 0 for a silent one.
docs/experiments.md says what each voice gave on validation.

Reference: Solovyev et al. 2021, arXiv:1910.13302 (weighted boxes fusion).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from ml.inference.detect import EVERYTHING, box_iou, detections, suppress
from ml.inference.engine import BoxOutput
from ml.labels import CLASSES, NO_TUMOR
from ml.preprocess import Crop
from ml.results import Classification, Detection, FloatArray, Segmentation

__all__ = ["agreed", "both_views", "outline_voice", "voices"]

SAME_PLACE: Final = 0.5
"""Overlap from which on boxes of two voices are the same place."""
SMALLEST_SHARE: Final = 0.0005
"""Smallest part of an outline that is boxed, as a share of the crop's area."""
LIKELY: Final = 0.5
"""The outline's box is around what is more likely tumour than not."""


def both_views(
    batch: FloatArray, detect: Callable[[FloatArray], BoxOutput]
) -> tuple[BoxOutput, BoxOutput]:
    """What a detector finds on pictures, and on their mirror images, turned back.

    Args:
        batch: (N, S, S, 1).
        detect: forward pass, (M, S, S, 1) → boxes (M, K, 4) and logits (M, K, 4).
    """
    found = detect(np.concatenate([batch, batch[:, :, ::-1]]))
    count = len(batch)
    back = found.boxes[count:][..., [0, 3, 2, 1]]
    back[..., [1, 3]] = 1.0 - back[..., [1, 3]]
    return (
        BoxOutput(found.boxes[:count], found.logits[:count]),
        BoxOutput(back, found.logits[count:]),
    )


def voices(
    views: Sequence[BoxOutput],
    index: int,
    *,
    crop: Crop,
    outline: Segmentation,
    mean: Classification,
) -> list[tuple[Detection, ...]]:
    """What each voice says of one scan, in the scan's own pixels.

    Args:
        views: from `both_views`.
        index: place of the scan in their batch.
        crop: where the network's square lies on the scan.
        outline: that of the scan, whether withheld or not.
        mean: answer of the classifiers' mean.
    """
    shape = (outline.mask.shape[0], outline.mask.shape[1])
    seen = [
        detections(view.boxes[index], view.logits[index], crop=crop, shape=shape) for view in views
    ]
    smallest_px = SMALLEST_SHARE * crop.side**2
    return [*seen, outline_voice(outline.probability, mean, smallest_px=smallest_px)]


def outline_voice(
    probability: FloatArray, mean: Classification, *, smallest_px: float
) -> tuple[Detection, ...]:
    """Boxes around the parts of an outline, one of every tumour class.

    The score is the mean probability within the part times that of the class by `mean`.

    Args:
        probability: (H, W) in 0..1, of the outline network on the scan.
        mean: answer of the classifiers' mean.
        smallest_px: parts with fewer pixels are left out.
    """
    likely = (probability > LIKELY).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(likely)
    found = []
    for part in range(1, count):
        left, top, width, height, area = stats[part].tolist()
        if area < smallest_px:
            continue
        sure = float(probability[parts == part].mean())
        box = (float(top), float(left), float(top + height), float(left + width))
        found += [
            Detection(label, score, box)
            for index, label in enumerate(CLASSES)
            if index != NO_TUMOR
            and (score := sure * float(mean.probabilities[index])) >= EVERYTHING.min_score
        ]
    return tuple(found)


@dataclass
class _Place:
    """Boxes of one class at one place, each with the number of its voice."""

    members: list[tuple[int, Detection]] = field(default_factory=list)

    @property
    def box(self) -> FloatArray:
        """Mean of the edges (4,), weighted by score."""
        edges = np.array([one.box_px for _, one in self.members])
        scores = np.array([one.score for _, one in self.members])
        return np.asarray(np.average(edges, axis=0, weights=scores), np.float32)

    def score(self, count: int) -> float:
        """Mean over `count` voices of the best score of each."""
        best: dict[int, float] = {}
        for voice, one in self.members:
            best[voice] = max(best.get(voice, 0.0), one.score)
        return sum(best.values()) / count


def agreed(said: Sequence[Sequence[Detection]]) -> tuple[Detection, ...]:
    """The boxes of all voices as one set, the best score first.

    Args:
        said: findings of each voice in the same pixels, all with a score above 0.
    """
    found: list[Detection] = []
    for label in dict.fromkeys(one.label for voice in said for one in voice):
        members = [
            (number, one)
            for number, voice in enumerate(said)
            for one in voice
            if one.label == label
        ]
        places: list[_Place] = []
        for member in sorted(members, key=lambda one: -one[1].score):
            _join(places, member)
        boxes = np.stack([place.box for place in places])
        scores = np.array([place.score(len(said)) for place in places], np.float32)
        for kept in suppress(boxes, scores, EVERYTHING.overlap)[: EVERYTHING.most]:
            top, left, bottom, right = boxes[kept].tolist()
            found.append(Detection(label, float(scores[kept]), (top, left, bottom, right)))
    return tuple(sorted(found, key=lambda one: -one.score))


def _join(places: list[_Place], member: tuple[int, Detection]) -> None:
    """Put a box to the place that it overlaps most, or to one of its own."""
    box = np.array([member[1].box_px], np.float32)
    if places:
        overlap = box_iou(np.stack([place.box for place in places]), box)[:, 0]
        if overlap.max() > SAME_PLACE:
            places[int(overlap.argmax())].members.append(member)
            return
    places.append(_Place([member]))
