"""How far an outlined area, and the change between two of them, varies on held-out patients.

Both come from the committed rows of the outline network: its area and the radiologist's of the
same slice. Nobody in the public sets was outlined at two points in time, so two slices of one
patient stand for two examinations: the network's change from one to the other is set against the
radiologist's.

Reference: Bland and Altman 1999, doi:10.1177/096228029900800204 (limits of agreement, of ratios
and without a normal distribution).
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np

from ml.evaluation.intervals import (
    DRAWS,
    LEVEL,
    Interval,
    Numbers,
    interval_of,
    resample,
)
from ml.evaluation.segmentation import OutlineRow
from ml.labels import CLASSES, NO_TUMOR

__all__ = ["PROTOCOL", "variability_figures", "weighted_quantile"]

PROTOCOL: Final = (
    "figshare slices of the test part of the clean split with a tumour, outlined as the app shows "
    "it; the radiologist's outline is the truth. Area: network over radiologist, median and 95 % "
    "limits of agreement (2.5 and 97.5 percentile of the ratio). Change: of every two slices of "
    "one patient the ratio of the network's areas over that of the radiologist's, upside down "
    "where it is below 1; the factor that 95 % of the pairs stay below. Two slices stand for two "
    "examinations, because nobody in these sets was outlined twice: another scanner, position or "
    "sequence would add to it. Slices where nothing was outlined have no ratio and are counted. "
    "Every patient weighs the same. Diameters and volumes are not in the rows. Intervals: 95 % "
    f"percentile bootstrap over patients, {DRAWS} draws."
)
_TAIL: Final = (1.0 - LEVEL) / 2.0


def variability_figures(
    rows: Sequence[OutlineRow], chosen: Mapping[str, Any], *, draws: int = DRAWS
) -> dict[str, Any]:
    """The content of variability.json, with `Interval` leaves.

    Args:
        rows: of the test part, by the network alone.
        chosen: what validation chose, as in thresholds.json.
        draws: of the bootstrap.
    """
    least = float(chosen.get("least_tumour", 0.0))
    tumour = [
        row.withheld_below(least)
        for row in rows
        if row.label != CLASSES[NO_TUMOR] and row.score.reference_px
    ]
    outlined = [row for row in tumour if row.score.predicted_px]
    errors = np.array([_error(row) for row in outlined], np.float64)
    groups = [row.group for row in outlined]
    pairs = [(i, j) for i, j in combinations(range(len(groups)), 2) if groups[i] == groups[j]]
    apart = np.array([abs(errors[i] - errors[j]) for i, j in pairs], np.float64)
    of_pair = [groups[i] for i, _ in pairs]
    limits = {"low": _TAIL, "median": 0.5, "high": 1.0 - _TAIL}
    return {
        "protocol": PROTOCOL,
        "threshold": float(chosen["threshold"]),
        "least_tumour": least,
        "n_pictures": len(outlined),
        "n_groups": len(set(groups)),
        "n_pairs": len(pairs),
        "n_groups_with_pairs": len(set(of_pair)),
        "nothing_outlined": len(tumour) - len(outlined),
        "area": {name: _factor(errors, groups, share, draws) for name, share in limits.items()},
        "change": {"factor": _factor(apart, of_pair, LEVEL, draws)},
    }


def weighted_quantile(values: Numbers, weights: Numbers, share: float) -> Numbers:
    """The least value that holds at least a share of the weight, under every row of weights.

    Args:
        values: (N,).
        weights: (B, N), >= 0.
        share: 0..1.

    Returns:
        (B,), NaN where there is no weight.
    """
    if not len(values):
        return np.full(len(weights), np.nan)
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[:, order], axis=1)
    total = below[:, -1:]
    reached = np.argmax(below >= share * total * (1.0 - 1e-12), axis=1)
    return np.where(total[:, 0] > 0, values[order][reached], np.nan)


def _error(row: OutlineRow) -> float:
    """Natural logarithm of the network's area over the radiologist's."""
    return float(np.log(row.score.predicted_px / row.score.reference_px))


def _factor(logs: Numbers, groups: Sequence[str], share: float, draws: int) -> Interval:
    """Quantile of ratios out of their logarithms, every patient with the same weight."""
    if not groups:
        return Interval(np.nan, np.nan, np.nan)
    _, member, counts = np.unique(np.asarray(groups, str), return_inverse=True, return_counts=True)
    weights = resample(groups, draws=draws) / counts[member]
    return interval_of(np.exp(weighted_quantile(logs, weights, share)))
