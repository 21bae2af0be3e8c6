"""Average precision of the detector's boxes, by class and for any tumour, with group intervals.

A box is right when it overlaps a reference box that no better-scored box of its picture has taken
by at least the threshold. Precision is read at 101 recalls, each the best precision at that
recall or beyond. "map50" is the mean over the tumour classes at an overlap of 0.5, "map50_95"
also over the thresholds 0.5, 0.55 … 0.95.

Class figures leave out slices with a tumour of unknown type; "ap50_any" and "ap50_95_any" count
every slice, forget the class and let one place carry one box. Tumour-free pictures belong in:
every box on them is a false one. A class without reference has no AP: NaN, left out of the mean; a
draw that loses a class of the sample has no mean.

Reference: Lin et al. 2014, arXiv:1405.0312, and the COCO evaluation code's definition of AP.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.evaluation.intervals import Interval, Numbers, interval_of, ratio, resample, weighted_mean
from ml.inference.detect import Detection, box_iou, one_a_place
from ml.labels import CLASSES, NO_TUMOR
from ml.results import FloatArray

TUMOURS: Final[tuple[str, ...]] = tuple(c for i, c in enumerate(CLASSES) if i != NO_TUMOR)
THRESHOLDS: Final[tuple[float, ...]] = tuple(round(0.5 + 0.05 * k, 2) for k in range(10))
RECALLS: Final[Numbers] = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class DetectionRow:
    """One evaluated picture: what is there and what was found.

    Attributes:
        id: path relative to the data folder.
        group: patient group.
        label: class identifier, or "tumor" where the type is unknown.
        split: "validation" or "test".
        reference: (M, 4) boxes, pixel edges of the scan; none on a tumour-free picture.
        found: the detector's findings, down to a low score.
    """

    id: str
    group: str
    label: str
    split: str
    reference: FloatArray
    found: tuple[Detection, ...]

    @property
    def free(self) -> bool:
        """No tumour in it."""
        return self.label == CLASSES[NO_TUMOR]


@dataclass(frozen=True)
class Ranking:
    """All boxes of one class, the best score first.

    Attributes:
        score: (D,) falling.
        picture: (D,) position of the picture.
        correct: (T, D) whether the box is right at each threshold.
        references: (N,) reference boxes of that class in every picture.
    """

    score: Numbers
    picture: npt.NDArray[np.int64]
    correct: npt.NDArray[np.bool_]
    references: Numbers


def matches(found: FloatArray, reference: FloatArray, threshold: float) -> list[bool]:
    """Which boxes of a picture are right.

    Args:
        found: (D, 4), the best score first.
        reference: (M, 4).
        threshold: smallest overlap.

    Returns:
        D answers. A box takes the free reference box that it overlaps most.
    """
    if len(found) == 0 or len(reference) == 0:
        return [False] * len(found)
    free = np.ones(len(reference), dtype=bool)
    right = []
    for pairs in box_iou(found, reference):
        able = np.where(free, pairs, -1.0)
        best = int(able.argmax())
        # float32 overlaps of exact drawings may fall short by a last bit
        hit = bool(able[best] >= threshold - 1e-6)
        if hit:
            free[best] = False
        right.append(hit)
    return right


def rank(
    rows: Sequence[DetectionRow],
    label: str | None = None,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
) -> Ranking:
    """Boxes of a class over all pictures, matched at every threshold.

    Args:
        rows: pictures whose type is known, unless `label` is None.
        label: tumour class, or None for any tumour.
        thresholds: T smallest overlaps.
    """
    scores: list[float] = []
    pictures: list[int] = []
    correct: list[npt.NDArray[np.bool_]] = []
    references = np.zeros(len(rows))
    nothing = np.zeros((0, 4), np.float32)
    for place, row in enumerate(rows):
        there = row.reference if label in (None, row.label) else nothing
        found = (
            one_a_place(row.found)
            if label is None
            else sorted((d for d in row.found if d.label == label), key=lambda d: -d.score)
        )
        boxes = np.array([d.box_px for d in found], np.float32).reshape(-1, 4)
        references[place] = len(there)
        scores += [d.score for d in found]
        pictures += [place] * len(found)
        correct.append(np.array([matches(boxes, there, t) for t in thresholds], dtype=bool))
    order = np.argsort(-np.array(scores), kind="stable")
    return Ranking(
        score=np.array(scores)[order],
        picture=np.array(pictures, np.int64)[order],
        correct=np.concatenate([*correct], axis=1)[:, order],
        references=references,
    )


def average_precision(
    ranking: Ranking, weights: Numbers, *, threshold: int = 0, boxes: Numbers | None = None
) -> Numbers:
    """Average precision under every row of weights.

    Recall grows at right boxes only, and no precision is higher than at one: the others are
    needed for the count alone.

    Args:
        ranking: from `rank`.
        weights: (B, N) how often every picture counts.
        threshold: position among the ranking's thresholds.
        boxes: (B, D) boxes shown down to each one, from `_shown`, which is the same for all
            thresholds; None counts them.

    Returns:
        (B,), NaN where no reference box has weight.
    """
    boxes = _shown(ranking, weights) if boxes is None else boxes
    right_ones = np.flatnonzero(ranking.correct[threshold])
    total = weights @ ranking.references
    right = np.cumsum(weights[:, ranking.picture[right_ones]], axis=1)
    precision = np.nan_to_num(ratio(right, boxes[:, right_ones]))
    # the best precision at this recall or a higher one; 0 beyond the last box
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    best = np.concatenate([best, np.zeros((len(best), 1))], axis=1)
    recall = ratio(right, total[:, None])
    found = np.full(len(weights), np.nan)
    drawn = np.flatnonzero(total > 0)
    reached = np.array([recall[draw].searchsorted(RECALLS - 1e-12) for draw in drawn], np.int64)
    found[drawn] = best[drawn[:, None], reached.reshape(-1, len(RECALLS))].mean(axis=1)
    return found


def _shown(ranking: Ranking, weights: Numbers) -> Numbers:
    """Boxes shown down to each one (B, D)."""
    return np.cumsum(weights[:, ranking.picture], axis=1)


def precisions(rows: Sequence[DetectionRow], weights: Numbers) -> dict[str, Numbers]:
    """Every average precision under every row of weights.

    Args:
        rows: N pictures.
        weights: (B, N), the first row all ones.

    Returns:
        "ap50_<class>", "ap50_95_<class>", "map50", "map50_95", "ap50_any", "ap50_95_any", each
        (B,).
    """
    typed = [i for i, row in enumerate(rows) if row.label in CLASSES]
    figures: dict[str, Numbers] = {}
    for label in TUMOURS:
        ranking = rank([rows[i] for i in typed], label)
        figures |= _both(ranking, weights[:, typed], label)
    for name in ("ap50", "ap50_95"):
        table = np.stack([figures[f"{name}_{label}"] for label in TUMOURS])  # (3, B)
        there = table[np.isfinite(table[:, 0])]
        figures[f"m{name}"] = (
            there.mean(axis=0) if len(there) else np.full(weights.shape[0], np.nan)
        )
    return figures | _both(rank(rows), weights, "any")


def _both(ranking: Ranking, weights: Numbers, name: str) -> dict[str, Numbers]:
    boxes = _shown(ranking, weights)
    each = [
        average_precision(ranking, weights, threshold=t, boxes=boxes)
        for t in range(len(THRESHOLDS))
    ]
    return {f"ap50_{name}": each[0], f"ap50_95_{name}": np.mean(each, axis=0)}


def detection_figures(rows: Sequence[DetectionRow]) -> Mapping[str, Interval]:
    """All of `precisions` with group intervals.

    Raises:
        ValueError: no row.
    """
    weights = resample([row.group for row in rows])
    return {name: interval_of(values) for name, values in precisions(rows, weights).items()}


def operating_figures(rows: Sequence[DetectionRow], min_score: float) -> Mapping[str, Interval]:
    """What a screen with boxes of at least `min_score` would show.

    Returns:
        "found_share": slices with a tumour on which a box of any class overlaps it by 0.5;
        "false_share": tumour-free pictures with any box.

    Raises:
        ValueError: no row.
    """
    weights = resample([row.group for row in rows])
    hit, marked = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for place, row in enumerate(rows):
        shown = [d.box_px for d in one_a_place(row.found) if d.score >= min_score]
        if row.free:
            marked[place] = bool(shown)
        elif len(row.reference):
            boxes = np.array(shown, np.float32).reshape(-1, 4)
            hit[place] = any(matches(boxes, row.reference, THRESHOLDS[0]))
    return {
        "found_share": interval_of(weighted_mean(hit, weights)),
        "false_share": interval_of(weighted_mean(marked, weights)),
    }


def choose_min_score(rows: Sequence[DetectionRow]) -> float:
    """Score with the highest F1 of boxes (any class, overlap 0.5) on validation pictures.

    Returns:
        The lowest score still shown, rounded down to three digits.

    Raises:
        ValueError: no reference box, or no box that is right.
    """
    ranking = rank(rows, thresholds=THRESHOLDS[:1])
    right = np.cumsum(ranking.correct[0])
    if ranking.references.sum() == 0 or not right.any():
        raise ValueError("a lowest score needs validation pictures with a tumour that was found")
    f1 = 2.0 * right / (np.arange(1, len(right) + 1) + ranking.references.sum())
    return max(0.001, float(np.floor(ranking.score[int(f1.argmax())] * 1000) / 1000))
