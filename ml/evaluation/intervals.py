"""95 % intervals that resample patient groups, and the paired comparison of two models.

One matrix of weights carries both the figure and its draws: row 0 weighs every picture once
(the figure itself), each further row is one draw of as many groups as there are, with
replacement, every picture weighing as often as its group was drawn. A statistic is written once
as a function of that matrix and comes back with one value a row.

Reference: Efron and Tibshirani 1993, An Introduction to the Bootstrap, ch. 13 (percentile
interval); Field and Welsh 2007, doi:10.1111/j.1467-9868.2007.00593.x (cluster bootstrap).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

DRAWS: Final[int] = 2000
SEED: Final[int] = 20240607
LEVEL: Final[float] = 0.95

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A figure with its percentile interval.

    Attributes:
        value: the figure on the pictures as they are; NaN where it is 0/0.
        low: lower end; NaN when no draw defined the figure.
        high: upper end, likewise.
        undefined: number of draws in which the figure was 0/0; they are left out of the ends.
    """

    value: float
    low: float
    high: float
    undefined: int = 0


def resample(groups: Sequence[str], *, draws: int = DRAWS, seed: int = SEED) -> Numbers:
    """Weight of every picture in the sample itself and in every draw of groups.

    The raw stream of PCG64 is used (NumPy guarantees it across versions, unlike its
    distributions), so that committed figures recompute byte for byte; the modulo's bias is
    below 1e-15.

    Args:
        groups: patient group of each picture, length N.
        draws: number of bootstrap draws.
        seed: of the random stream.

    Returns:
        (1 + draws, N) float64; row 0 is all ones.

    Raises:
        ValueError: no picture at all.
    """
    if len(groups) == 0:
        raise ValueError("no picture to resample")
    names, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    count = len(names)
    picks = np.random.PCG64(seed).random_raw(draws * count) % np.uint64(count)
    cells = picks.astype(np.int64).reshape(draws, count) + count * np.arange(draws)[:, None]
    times = np.bincount(cells.ravel(), minlength=draws * count).reshape(draws, count)
    return np.concatenate([np.ones((1, len(groups))), times[:, member].astype(np.float64)])


def interval_of(samples: Numbers) -> Interval:
    """Figure and percentile interval from the values of the sample (first) and of the draws.

    Args:
        samples: (1 + draws,), NaN where undefined.
    """
    drawn = samples[1:]
    defined = drawn[np.isfinite(drawn)]
    tail = 100.0 * (1.0 - LEVEL) / 2.0
    low, high = np.percentile(defined, [tail, 100.0 - tail]) if defined.size else (np.nan, np.nan)
    return Interval(float(samples[0]), float(low), float(high), int(drawn.size - defined.size))


def paired_difference(first: Numbers, second: Numbers) -> tuple[Interval, bool]:
    """Difference of two models on the same pictures and the same draws.

    Args:
        first: (1 + draws,) values of a statistic for one model.
        second: the other model's values, from the same weights.

    Returns:
        Interval of first − second, and whether it leaves out 0 (only then is it a ranking).
    """
    interval = interval_of(first - second)
    return interval, bool(interval.low > 0.0 or interval.high < 0.0)


def ratio(numerator: Numbers, denominator: Numbers) -> Numbers:
    """Element-wise division in which 0/0 is NaN, without a warning."""
    out = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator != 0)
    return out


def weighted_mean(values: Numbers, weights: Numbers) -> Numbers:
    """Mean of the defined values under every row of weights.

    Args:
        values: (N,), NaN where a picture has no value; such pictures do not count.
        weights: (B, N).

    Returns:
        (B,), NaN where no weight falls on a defined value.
    """
    known = np.isfinite(values)
    return ratio(weights[:, known] @ values[known], weights[:, known].sum(axis=1))


def weighted_median(values: Numbers, weights: Numbers) -> Numbers:
    """Median of the defined values, each repeated as often as its whole-number weight says.

    Args:
        values: (N,), NaN where a picture has no value.
        weights: (B, N), whole numbers.

    Returns:
        (B,), NaN where no weight falls on a defined value.
    """
    known = np.flatnonzero(np.isfinite(values))
    if known.size == 0:
        return np.full(len(weights), np.nan)
    order = known[np.argsort(values[known], kind="stable")]
    below = np.cumsum(weights[:, order], axis=1)
    total = below[:, -1]
    lower = np.argmax(below > np.floor((total - 1) / 2)[:, None], axis=1)
    upper = np.argmax(below > np.floor(total / 2)[:, None], axis=1)
    middle = (values[order[lower]] + values[order[upper]]) / 2.0
    return np.where(total > 0, middle, np.nan)
