"""Classification figures under group resampling; 0/0 is NaN and counted, never 0 or 1.

Every function takes the weights of `ml.evaluation.intervals.resample` and returns one value a
row of them. All sample sizes are of pictures weighted by how often their group was drawn.

Reference: Fawcett 2006, doi:10.1016/j.patrec.2005.10.010 (ROC); average precision as in
scikit-learn (no interpolation between points).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.evaluation.intervals import Numbers, ratio
from ml.labels import CLASSES, NO_TUMOR

ROC_POINTS: Final[int] = 200
_AT_ONCE: Final[int] = 64  # draws whose ranking fits into the cache of a core
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ClassificationSamples:
    """Classification figures of one model: the sample's own value first, then every draw's.

    Attributes:
        overall: [figure name] → (B,); "accuracy", "balanced_accuracy", "macro_f1",
            "auroc_macro", "auprc_macro", "tumour_sensitivity", "tumour_specificity".
        sensitivity: [class identifier] → (B,).
        specificity: [class identifier] → (B,).
    """

    overall: Mapping[str, Numbers]
    sensitivity: Mapping[str, Numbers]
    specificity: Mapping[str, Numbers]


def confusion(predicted: Labels, labels: Labels, weights: Numbers) -> Numbers:
    """Weighted confusion matrices (B, C, C), rows true, columns predicted."""
    count = len(CLASSES)
    cells = np.eye(count * count)[labels * count + predicted]
    return np.asarray((weights @ cells).reshape(-1, count, count))


def ranking_samples(scores: Numbers, positive: npt.NDArray[np.bool_], weights: Numbers) -> Numbers:
    """AUROC and average precision of one score against one class.

    Args:
        scores: (N,) higher means more likely positive; ties count half.
        positive: (N,) truth.
        weights: (B, N).

    Returns:
        (2, B): AUROC, AUPRC; NaN where a draw holds only one of the two sides (AUROC) or no
        positive (AUPRC).
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # of each run of ties
    return np.concatenate(
        [
            _ranking(weights[row : row + _AT_ONCE].take(order, axis=1), positive[order], last)
            for row in range(0, len(weights), _AT_ONCE)
        ],
        axis=1,
    )


def _ranking(drawn: Numbers, positive: npt.NDArray[np.bool_], last: Labels) -> Numbers:
    """`ranking_samples` for some rows of weights (b, N), the highest score first: (2, b)."""
    up_to = np.cumsum(drawn, axis=1).take(last, axis=1)
    true_up_to = np.cumsum(drawn * positive, axis=1).take(last, axis=1)
    hits = np.diff(true_up_to, axis=1, prepend=0.0)
    alarms = np.diff(up_to, axis=1, prepend=0.0) - hits
    positives = true_up_to[:, -1]
    above = (alarms * (true_up_to - hits / 2.0)).sum(axis=1)
    auroc = ratio(above, positives * (up_to[:, -1] - positives))
    # Precision is 0/0 only above the first drawn picture, where no hit weighs anything.
    precision = np.divide(true_up_to, up_to, out=np.zeros_like(up_to), where=up_to > 0)
    return np.stack([auroc, ratio((hits * precision).sum(axis=1), positives)])


def classification_samples(
    probabilities: Numbers, labels: Labels, weights: Numbers, *, operating_threshold: float
) -> ClassificationSamples:
    """All classification figures of one model.

    Macro figures are plain means over the four classes and NaN where one class is undefined.

    Args:
        probabilities: (N, 4) in the order of `ml.labels.CLASSES`.
        labels: (N,) index of the true class.
        weights: (B, N).
        operating_threshold: a picture counts as "tumour" when 1 − p(no_tumor) reaches it.
    """
    matrix = confusion(probabilities.argmax(axis=1), labels, weights)  # (B, C, C)
    total = matrix.sum(axis=(1, 2))[:, None]
    hit = np.diagonal(matrix, axis1=1, axis2=2)  # (B, C)
    truth, called = matrix.sum(axis=2), matrix.sum(axis=1)
    recall = ratio(hit, truth)
    specificity = ratio(total - truth - called + hit, total - truth)
    ranks = [
        ranking_samples(probabilities[:, c], labels == c, weights) for c in range(len(CLASSES))
    ]
    auroc, auprc = np.mean(ranks, axis=0)
    alarm = tumour_score(probabilities) >= operating_threshold
    tumour = labels != NO_TUMOR
    return ClassificationSamples(
        overall={
            "accuracy": ratio(hit.sum(axis=1), total[:, 0]),
            "balanced_accuracy": recall.mean(axis=1),
            "macro_f1": ratio(2.0 * hit, truth + called).mean(axis=1),
            "auroc_macro": auroc,
            "auprc_macro": auprc,
            "tumour_sensitivity": _share(alarm, tumour, weights),
            "tumour_specificity": _share(~alarm, ~tumour, weights),
        },
        sensitivity={name: recall[:, c] for c, name in enumerate(CLASSES)},
        specificity={name: specificity[:, c] for c, name in enumerate(CLASSES)},
    )


def _share(
    marked: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_], weights: Numbers
) -> Numbers:
    return ratio(weights @ (marked & among).astype(float), weights @ among.astype(float))


def tumour_score(probabilities: Numbers) -> Numbers:
    """1 − p(no_tumor), (N,)."""
    return np.asarray(1.0 - probabilities[:, NO_TUMOR])


def choose_operating_threshold(probabilities: Numbers, labels: Labels) -> float:
    """Threshold on 1 − p(no_tumor) with the highest sensitivity + specificity (Youden's index).

    Candidates lie half-way between neighbouring scores; of equally good ones the one nearest
    to 0.5 is taken. To be chosen on validation pictures only.

    Args:
        probabilities: (N, 4) of validation pictures.
        labels: (N,).

    Returns:
        Threshold in 0..1, rounded to six digits.

    Raises:
        ValueError: validation holds no tumour or no tumour-free picture.

    Reference: Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::aid-cncr2820030106>3.0.co;2-3.
    """
    tumour = labels != NO_TUMOR
    if not tumour.any() or tumour.all():
        raise ValueError("an operating point needs pictures with and without tumour")
    scores = tumour_score(probabilities)
    levels = np.unique(np.concatenate([[0.0, 1.0], scores]))
    candidates = np.round(np.append((levels[:-1] + levels[1:]) / 2.0, 0.5), 6)
    sensitivity = (scores[tumour][None] >= candidates[:, None]).mean(axis=1)
    specificity = (scores[~tumour][None] < candidates[:, None]).mean(axis=1)
    youden = np.round(sensitivity + specificity, 9)
    best = candidates[youden == youden.max()]
    return float(best[np.argmin(np.abs(best - 0.5))])


def roc_curve(
    scores: Numbers, positive: npt.NDArray[np.bool_], *, points: int = ROC_POINTS
) -> tuple[Numbers, Numbers]:
    """ROC curve from (0, 0) to (1, 1), thinned to at most `points` of its own points.

    Args:
        scores: (N,).
        positive: (N,) truth.
        points: most points to keep, >= 2.

    Returns:
        False-positive rates and true-positive rates, both rising; empty when one side is absent.
    """
    if not positive.any() or positive.all():
        return np.empty(0), np.empty(0)
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(scores[order][1:] != scores[order][:-1], True))
    hits = np.append(0, np.cumsum(positive[order])[last])
    alarms = np.append(0, np.cumsum(~positive[order])[last])
    # A point in the middle of a straight run changes nothing in the picture.
    corner = np.ones(len(hits), dtype=bool)
    corner[1:-1] = (np.diff(hits, 2) != 0) | (np.diff(alarms, 2) != 0)
    kept = np.flatnonzero(corner)
    if len(kept) > points:
        kept = kept[np.round(np.linspace(0, len(kept) - 1, points)).astype(int)]
    return alarms[kept] / alarms[-1], hits[kept] / hits[-1]
