"""Do the pictures read here lie as near to the training pictures as held-out ones did?

Both samples are distances by the gate's chosen method (`ml.inference.familiar`): those of the
brain MRI of the validation part, from the committed rows, and those stored with the readings. No
network runs and no picture is needed. Every patient weighs the same, however many pictures.

Reference: Kolmogorov 1933 and Smirnov 1948 (largest gap between two distribution curves); its
p-value by permutation of whole patients, Phipson and Smyth 2010, doi:10.2202/1544-6115.1585.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ml.evaluation.classification import ranking_samples
from ml.evaluation.gate_rows import BRAIN, read_tried
from ml.evaluation.intervals import SEED, Numbers, interval_of, resample
from ml.evaluation.published import Interval

__all__ = ["LEAST_PATIENTS", "PART", "Curve", "Distances", "Drift", "drift", "reference"]

PART: Final = "validation"
"""Part of the clean split that readings are compared with: the gate's limit was chosen on it."""
LEAST_PATIENTS: Final = 20
"""Fewest patients of whom a distribution is told."""
_DRAWS: Final = 999


@dataclass(frozen=True)
class Distances:
    """Distances of some pictures from the training pictures.

    Attributes:
        scores: one a picture; more is less familiar.
        patients: whose it is, in the same order; slices of one patient are not independent.
    """

    scores: tuple[float, ...]
    patients: tuple[str, ...]

    @property
    def n_patients(self) -> int:
        """How many patients there are."""
        return len(set(self.patients))

    @property
    def weights(self) -> Numbers:
        """(N,) weight of each picture: 1 for every patient."""
        counts = Counter(self.patients)
        return np.array([1.0 / counts[name] for name in self.patients])


@dataclass(frozen=True)
class Curve:
    """Share of the pictures up to each distance, every patient alike, to draw as steps."""

    scores: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Drift:
    """Two samples of distances compared.

    Attributes:
        farther: how often a recent picture lies farther away than one of the reference, 0..1, ties
            half; 0.5 where they are alike. Interval: 95 % percentile bootstrap over patients.
        gap: largest difference of the two curves, 0..1.
        p_value: how often patients dealt out by lot give a gap at least as large.
        recent: curve of the recent pictures.
        reference: curve of the reference.
    """

    farther: Interval
    gap: float
    p_value: float
    recent: Curve
    reference: Curve

    @property
    def shifted(self) -> bool:
        """Whether the interval leaves out 0.5."""
        low, high = self.farther.low, self.farther.high
        return low is not None and high is not None and not low <= 0.5 <= high


def reference(path: Path, method: str) -> Distances:
    """Distances of the held-out brain MRI that readings are compared with.

    Args:
        path: rows of the pictures tried on the gate.
        method: the gate's.

    Raises:
        MetricsError: the rows are absent or unusable.
    """
    rows = [row for row in read_tried(path) if row.kind == BRAIN and row.part == PART]
    return Distances(tuple(row.scores[method] for row in rows), tuple(row.group for row in rows))


def drift(recent: Distances, known: Distances, *, draws: int = _DRAWS) -> Drift | None:
    """Compare recent distances with known ones.

    Args:
        recent: of what was read.
        known: of the reference.
        draws: of the bootstrap and of the permutation.

    Returns:
        None where either has fewer than `LEAST_PATIENTS` patients.
    """
    if min(recent.n_patients, known.n_patients) < LEAST_PATIENTS:
        return None
    scores = np.array([*recent.scores, *known.scores], np.float64)
    share = np.concatenate([recent.weights, known.weights])
    newer = np.arange(len(scores)) < len(recent.scores)
    times = [
        resample(recent.patients, draws=draws),
        resample(known.patients, draws=draws, seed=SEED + 1),
    ]
    weights = share * np.concatenate(times, axis=1)
    found = interval_of(np.asarray(ranking_samples(scores, newer, weights)[0]))
    gaps = _gaps(scores, _dealt(recent, known, draws), share)
    return Drift(
        farther=Interval(found.value, found.low, found.high),
        gap=float(gaps[0]),
        p_value=float((gaps >= gaps[0] - 1e-12).mean()),
        recent=_curve(recent),
        reference=_curve(known),
    )


def _dealt(recent: Distances, known: Distances, draws: int) -> Numbers:
    """(1 + draws, N) 1 where a picture counts as recent: as it is, then patients dealt by lot.

    As many patients as there are recent ones are dealt each time, with all their pictures.
    """
    names = [*(f"r{name}" for name in recent.patients), *(f"k{name}" for name in known.patients)]
    patients, member = np.unique(np.asarray(names, str), return_inverse=True)
    random = np.random.PCG64(SEED).random_raw(draws * len(patients)).reshape(draws, -1)
    lots = random.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    dealt = lots[:, member] < recent.n_patients
    as_is = np.arange(len(names)) < len(recent.patients)
    return np.concatenate([as_is[None], dealt]).astype(np.float64)


def _gaps(scores: Numbers, recent: Numbers, share: Numbers) -> Numbers:
    """(B,) largest difference of the two curves for each way (B, N) to tell recent from known."""
    order = np.argsort(scores, kind="stable")
    last = np.append(np.diff(scores[order]) > 0, True)  # of equal scores the last one counts
    new = recent[:, order]
    steps = (share[order] * new, share[order] * (1.0 - new))
    shares = [np.cumsum(one, axis=1) / one.sum(axis=1, keepdims=True) for one in steps]
    return np.asarray(np.abs(shares[0] - shares[1])[:, last].max(axis=1))


def _curve(found: Distances) -> Curve:
    scores, weights = np.array(found.scores), found.weights
    order = np.argsort(scores, kind="stable")
    shares = np.cumsum(weights[order]) / weights.sum()
    return Curve(tuple(scores[order].tolist()), tuple(shares.tolist()))
