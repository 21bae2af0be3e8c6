"""How far the stated probabilities can be believed, before and after temperature scaling.

Reference: Guo et al. 2017, arXiv:1706.04599 (temperature, ECE); Nguyen and O'Connor 2015,
arXiv:1508.05154 (equal-mass bins).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from ml.evaluation.intervals import Numbers, weighted_mean

BINS: Final[int] = 15
LOG_TEMPERATURE_BOUNDS: Final[tuple[float, float]] = (-3.0, 3.0)
TEMPERATURE_DIGITS: Final[int] = 4
"""The fitted temperature is rounded before use: the last bits of an optimiser differ between
machines, and committed figures must not."""


def log_softmax(logits: Numbers, temperature: float = 1.0) -> Numbers:
    """Logits (N, C) → log-probabilities (N, C), numerically safe."""
    scaled = logits / temperature
    shifted = scaled - scaled.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def softmax(logits: Numbers, temperature: float = 1.0) -> Numbers:
    """Logits (N, C) → probabilities (N, C)."""
    return np.exp(log_softmax(logits, temperature))


def negative_log_likelihood(logits: Numbers, labels: npt.NDArray[np.int64]) -> Numbers:
    """Per picture −log p(true class), (N,), natural logarithm."""
    return -log_softmax(logits)[np.arange(len(labels)), labels]


def brier(probabilities: Numbers, labels: npt.NDArray[np.int64]) -> Numbers:
    """Per picture sum over the classes of (p − truth)², (N,), 0..2.

    Reference: Brier 1950 (the original multi-class form).
    """
    truth = np.eye(probabilities.shape[1])[labels]
    return np.asarray(((probabilities - truth) ** 2).sum(axis=1))


def expected_calibration_error(
    probabilities: Numbers, labels: npt.NDArray[np.int64], weights: Numbers, *, bins: int = BINS
) -> Numbers:
    """ECE of the top class with bins of equal mass, made afresh under every row of weights.

    Each bin holds exactly 1/bins of the weight: a picture on a border is shared between both
    bins, and pictures of equal confidence are shared evenly, so the order of rows is no matter.

    Args:
        probabilities: (N, C).
        labels: (N,) index of the true class.
        weights: (B, N).
        bins: number of bins.

    Returns:
        (B,), 0..1; NaN where the weights are all zero.

    Limits: a sum of absolute gaps grows with noise, so small samples, and draws with repeated
        pictures even more, show a larger ECE than the model has; the interval can lie above
        the figure itself.
    """
    confidence = probabilities.max(axis=1)
    gap = confidence - (probabilities.argmax(axis=1) == labels)
    order = np.argsort(confidence, kind="stable")
    ranked = confidence[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    drawn = weights[:, order]
    mass = _from_zero(np.add.reduceat(drawn, starts, axis=1))
    excess = _from_zero(np.add.reduceat(drawn * gap[order], starts, axis=1))
    edges = np.linspace(0.0, 1.0, bins + 1)
    out = np.full(len(weights), np.nan)
    for row, total in enumerate(mass[:, -1]):
        if total > 0:
            at_edges = np.interp(edges * total, mass[row], excess[row])
            out[row] = np.abs(np.diff(at_edges)).sum() / total
    return out


def _from_zero(steps: Numbers) -> Numbers:
    """Running total along axis 1 with a leading zero: (B, K) → (B, K + 1)."""
    return np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)


def fit_temperature(logits: Numbers, labels: npt.NDArray[np.int64]) -> float:
    """Temperature with the lowest NLL; to be fitted on validation pictures only.

    Args:
        logits: (N, C) of validation pictures, N > 0.
        labels: (N,).

    Returns:
        T > 0, rounded to four digits; probabilities are softmax(logits / T).

    Raises:
        ValueError: no validation picture.
    """
    if len(labels) == 0:
        raise ValueError("a temperature needs validation pictures")

    def loss(log_temperature: float) -> float:
        return float(negative_log_likelihood(logits / np.exp(log_temperature), labels).mean())

    from scipy.optimize import minimize_scalar  # here: 35 MB that an app which fits none can save

    best = minimize_scalar(
        loss, bounds=LOG_TEMPERATURE_BOUNDS, method="bounded", options={"xatol": 1e-9}
    )
    return round(float(np.exp(best.x)), TEMPERATURE_DIGITS)


def calibration_samples(
    logits: Numbers, labels: npt.NDArray[np.int64], weights: Numbers
) -> dict[str, Numbers]:
    """ "ece", "brier" and "nll" under every row of weights, each (B,)."""
    probabilities = softmax(logits)
    return {
        "ece": expected_calibration_error(probabilities, labels, weights),
        "brier": weighted_mean(brier(probabilities, labels), weights),
        "nll": weighted_mean(negative_log_likelihood(logits, labels), weights),
    }
