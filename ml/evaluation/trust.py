"""Calibration, prediction sets and referral: fitted on validation, measured on test groups.

Every network and the mean get one temperature where that lowers the negative log-likelihood of
validation groups that it was not fitted on. Prediction sets are class-conditional split-conformal
sets of the calibrated mean. All of it is derived from `classification_clean.csv`.

Reference: Vovk 2012, arXiv:1209.2673; Angelopoulos & Bates 2023, arXiv:2107.07511 (section 4.1).
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ml.errors import MetricsError
from ml.evaluation.calibration import (
    calibration_samples,
    fit_temperature,
    negative_log_likelihood,
    softmax,
)
from ml.evaluation.classification import Labels, ranking_samples
from ml.evaluation.intervals import Interval, Numbers, interval_of, ratio, resample, weighted_mean
from ml.evaluation.outline_summary import counts
from ml.evaluation.rows import MEAN, ClassificationTable, with_mean
from ml.labels import CLASSES

LEVELS: Final[tuple[float, ...]] = (0.80, 0.90, 0.95)
"""Nominal shares of pictures whose true class the set holds."""
FOLDS: Final[int] = 5
"""Parts of the validation groups when a temperature is tried on groups it has not seen."""
REFERRED: Final[tuple[float, ...]] = tuple(round(0.05 * k, 2) for k in range(11))
"""Shares of the least sure pictures that are handed to somebody else, 0..0.5."""
RELIABILITY_BINS: Final[int] = 10


def trust_figures(table: ClassificationTable) -> dict[str, Any]:
    """The content of trust.json, with `Interval` leaves.

    Args:
        table: rows of the clean split, validation and test.

    Raises:
        MetricsError: one of the two parts is absent, or lacks a class.
    """
    validation, test = _whole(table, "validation"), _whole(table, "test")
    fitted, held_out = with_mean(validation.logits), with_mean(test.logits)
    groups = validation.where["group"]
    calibration = {
        name: choose_temperature(logits, validation.labels, groups)
        for name, logits in fitted.items()
    }
    temperature = {name: float(entry["temperature"]) for name, entry in calibration.items()}
    known = softmax(fitted[MEAN], temperature[MEAN])
    sets = {f"{level:.2f}": limits(known, validation.labels, level) for level in LEVELS}
    weights = resample(test.where["group"])
    shown = softmax(held_out[MEAN], temperature[MEAN])
    return {
        "calibration": calibration,
        "sets": sets,
        "test": {
            **counts(test.where["group"]),
            "calibration": {
                name: _before_and_after(logits, test.labels, weights, temperature[name])
                for name, logits in held_out.items()
            },
            "coverage": {
                level: coverage(shown, test.labels, weights, entry["least"])
                for level, entry in sets.items()
            },
            "confidence_auroc": _confidence_auroc(shown, test.labels, weights),
            "referral": referral(shown, test.labels, weights),
        },
    }


def _whole(table: ClassificationTable, name: str) -> ClassificationTable:
    """A part that has pictures of every class.

    Raises:
        MetricsError: it has not.
    """
    part = table.part(name)
    if len(np.unique(part.labels)) < len(CLASSES):
        raise MetricsError(
            f"The {name} rows do not hold every class; run `make evaluate` to write them again"
        )
    return part


def choose_temperature(logits: Numbers, labels: Labels, groups: Sequence[str]) -> dict[str, Any]:
    """Temperature of one model, 1 where fitting one does not help groups it has not seen.

    Returns:
        "temperature", "method" ("temperature" or "none"), and "nll": mean negative
        log-likelihood of validation pictures in folds of groups, without and with it.
    """
    folds = np.array([_fold(group) for group in groups])
    plain = negative_log_likelihood(logits, labels)
    scaled = np.full(len(labels), np.nan)
    for fold in range(FOLDS):
        inside, outside = folds == fold, folds != fold
        if inside.any() and outside.any():
            fitted = fit_temperature(logits[outside], labels[outside])
            scaled[inside] = negative_log_likelihood(logits[inside] / fitted, labels[inside])
    # NaN, which is below nothing, where there was no other group to fit on
    nll = {"none": float(plain.mean()), "temperature": float(scaled.mean())}
    helps = nll["temperature"] < nll["none"]
    return {
        "method": "temperature" if helps else "none",
        "temperature": fit_temperature(logits, labels) if helps else 1.0,
        "nll": nll,
    }


def _fold(group: str) -> int:
    return hashlib.sha256(group.encode()).digest()[0] % FOLDS


def limits(probabilities: Numbers, labels: Labels, level: float) -> dict[str, Any]:
    """For every class the lowest probability with which it belongs to the set.

    Args:
        probabilities: (N, 4) calibrated, of validation pictures.
        labels: (N,).
        level: nominal share, 0..1.

    Returns:
        "least": [class] → probability, 0 where too few pictures allow no exclusion; "n": [class]
        → validation pictures.
    """
    least, number = {}, {}
    for index, label in enumerate(CLASSES):
        own = np.sort(probabilities[labels == index, index])
        # the k-th lowest is left out with a chance of at most k / (n + 1)
        k = math.floor((1.0 - level) * (len(own) + 1) + 1e-9)
        # rounded down, so that the picture it was read off stays in
        least[label] = math.floor(own[k - 1] * 1e6) / 1e6 if k >= 1 else 0.0
        number[label] = len(own)
    return {"least": least, "n": number}


def members(probabilities: Numbers, least: Mapping[str, float]) -> Numbers:
    """(N, 4) bool, which classes belong to each picture's set."""
    return np.asarray(probabilities >= np.array([least[label] for label in CLASSES]))


def coverage(
    probabilities: Numbers, labels: Labels, weights: Numbers, least: Mapping[str, float]
) -> dict[str, Any]:
    """How often the set holds the true class, overall and by class, and how large it is.

    Args:
        probabilities: (N, 4) calibrated, of test pictures.
        labels: (N,).
        weights: (B, N).
        least: as `limits` gives it.
    """
    inside = members(probabilities, least)
    held = inside[np.arange(len(labels)), labels].astype(np.float64)
    size = inside.sum(axis=1)
    values = {
        "overall": held,
        "mean_size": size,
        "single": size == 1,
        "several": size > 1,
        "empty": size == 0,
        "right_when_single": np.where(size == 1, held, np.nan),
    }
    by_class = {label: np.where(labels == i, held, np.nan) for i, label in enumerate(CLASSES)}
    return {
        **{name: _mean(column, weights) for name, column in values.items()},
        "by_class": {label: _mean(column, weights) for label, column in by_class.items()},
    }


def _mean(values: npt.NDArray[Any], weights: Numbers) -> Interval:
    return interval_of(weighted_mean(np.asarray(values, np.float64), weights))


def _before_and_after(
    logits: Numbers, labels: Labels, weights: Numbers, temperature: float
) -> dict[str, Any]:
    found = {}
    for name, scaled in (("before", logits), ("after", logits / temperature)):
        samples = calibration_samples(scaled, labels, weights)
        found[name] = {
            **{figure: interval_of(values) for figure, values in samples.items()},
            "reliability": reliability(softmax(scaled), labels),
        }
    return found


def reliability(probabilities: Numbers, labels: Labels) -> list[dict[str, float]]:
    """Mean confidence and share of right answers in bins of as many pictures each, rising."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    order = np.argsort(confidence, kind="stable")
    return [
        {
            "confidence": float(confidence[part].mean()),
            "right": float(right[part].mean()),
            "n": len(part),
        }
        for part in np.array_split(order, RELIABILITY_BINS)
        if len(part)
    ]


def _confidence_auroc(probabilities: Numbers, labels: Labels, weights: Numbers) -> Interval:
    """How well the confidence tells right answers from wrong ones."""
    right = np.asarray(probabilities.argmax(axis=1) == labels)
    return interval_of(ranking_samples(probabilities.max(axis=1), right, weights)[0])


def referral(probabilities: Numbers, labels: Labels, weights: Numbers) -> list[dict[str, Any]]:
    """Accuracy of what is left when the least sure share of the pictures is referred.

    The share is of the weight, in every draw anew; pictures of equal confidence go in the order
    of the rows.
    """
    order = np.argsort(probabilities.max(axis=1), kind="stable")
    right = (probabilities.argmax(axis=1) == labels)[order].astype(np.float64)
    drawn = weights[:, order]
    total = drawn.sum(axis=1, keepdims=True)
    before = np.cumsum(drawn, axis=1) - drawn
    found = []
    for share in REFERRED:
        # a picture on the border is kept with the part of its weight that is left
        kept = np.clip(before + drawn - share * total, 0.0, drawn)
        accuracy = ratio((kept * right).sum(axis=1), kept.sum(axis=1))
        found.append({"referred": share, "accuracy": interval_of(accuracy)})
    return found
