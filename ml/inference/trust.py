"""What a probability is worth: calibrated, and as a set of classes that cannot be ruled out.

Temperatures and limits are fitted on validation groups by the evaluation, which writes them with
the figures they reached on test groups to `assets/metrics/trust.json`. Nothing is fitted here.

Reference: Guo et al. 2017, arXiv:1706.04599 (temperature); Vovk 2012, arXiv:1209.2673
(class-conditional conformal prediction).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.errors import MetricsError
from ml.labels import CLASSES
from ml.results import Classification, FloatArray

__all__ = ["LEVEL", "TRUST_FILE", "Trust", "calibrate", "load_trust", "scaled"]

LEVEL: Final[str] = "0.90"
"""Share of patients' pictures whose true class the set on screen is meant to hold."""
TRUST_FILE: Path = Path(__file__).resolve().parents[2] / "assets" / "metrics" / "trust.json"


@dataclass(frozen=True)
class Trust:
    """What validation chose.

    Attributes:
        temperatures: [network name, and "mean"] → temperature, > 0.
        limits: [level] → for each class of `CLASSES` the lowest calibrated probability with which
            it still belongs to the set.
    """

    temperatures: Mapping[str, float]
    limits: Mapping[str, tuple[float, ...]]

    def temperature(self, model: str) -> float:
        """Temperature of a network, or of the mean.

        Raises:
            MetricsError: nothing was fitted for it.
        """
        try:
            return self.temperatures[model]
        except KeyError:
            raise MetricsError(
                f"assets/metrics/{TRUST_FILE.name} has no temperature for {model}; run "
                "`make evaluate` to write it again"
            ) from None

    def calibrated(self, reading: Classification) -> Classification:
        """A network's answer, or the mean's, with its calibrated probabilities.

        Raises:
            MetricsError: nothing was fitted for it.
        """
        temperature = self.temperature(reading.model)
        return replace(reading, calibrated=scaled(reading.probabilities, temperature))

    def prediction_set(self, probabilities: FloatArray, level: str = LEVEL) -> tuple[str, ...]:
        """Classes that cannot be ruled out, in the order of `CLASSES`.

        Args:
            probabilities: (4,) calibrated, of the mean.
            level: one of the fitted ones.

        Returns:
            One class where the reading is clear; several, or none at all, where it is not.

        Raises:
            MetricsError: the level was not fitted.
        """
        try:
            limits = self.limits[level]
        except KeyError:
            raise MetricsError(
                f"assets/metrics/{TRUST_FILE.name} has no limits for {level}; run `make evaluate`"
            ) from None
        return tuple(
            label
            for label, probability, least in zip(CLASSES, probabilities, limits, strict=True)
            if float(probability) >= least
        )


def scaled(probabilities: FloatArray, temperature: float) -> FloatArray:
    """Probabilities (..., 4) → softmax(log p / temperature), float32; 1 changes nothing."""
    logs = np.log(np.maximum(probabilities.astype(np.float64), 1e-30)) / temperature
    raised = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)


def calibrate(
    readings: tuple[Classification, ...], mean: Classification, trust: Trust | None
) -> tuple[tuple[Classification, ...], Classification, tuple[str, ...] | None]:
    """Readings and mean with calibrated probabilities, and the mean's prediction set.

    Args:
        readings: one a network.
        mean: mean of their uncalibrated probabilities.
        trust: what validation chose; None leaves everything as it is, and no set.

    Raises:
        MetricsError: something was not fitted.
    """
    if trust is None:
        return readings, mean, None
    shown = trust.calibrated(mean)
    found = trust.prediction_set(shown.shown)
    return tuple(trust.calibrated(one) for one in readings), shown, found


def load_trust(file: Path | None = None) -> Trust | None:
    """What validation chose, or None where the evaluation has not written it.

    Raises:
        MetricsError: the file is there but cannot be used.
    """
    file = file or TRUST_FILE
    return _load(file, file.stat().st_mtime_ns) if file.is_file() else None


@cache
def _load(file: Path, changed: int) -> Trust:  # noqa: ARG001  a rewritten file is read again
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        temperatures = {
            name: float(entry["temperature"]) for name, entry in content["calibration"].items()
        }
        limits = {
            level: tuple(float(entry["least"][label]) for label in CLASSES)
            for level, entry in content["sets"].items()
        }
        if not all(np.isfinite(t) and t > 0 for t in temperatures.values()):
            raise ValueError("a temperature is not positive")
        return Trust(temperatures, limits)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MetricsError(
            f"assets/metrics/{file.name} cannot be used ({error}); run `make evaluate` to write "
            "it again"
        ) from error
