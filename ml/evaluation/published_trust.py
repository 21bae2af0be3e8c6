"""Calibration, prediction sets and referral, read back from `assets/metrics/trust.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.evaluation.figures_file import told
from ml.evaluation.published import COMMAND, Interval, intervals_in
from ml.labels import CLASSES


@dataclass(frozen=True)
class Reliability:
    """A model's calibration on test groups, before or after its temperature.

    Attributes:
        figures: "ece", "brier" and "nll".
        confidence: mean confidence of each bin, rising.
        right: share of right answers in it.
    """

    figures: Mapping[str, Interval]
    confidence: tuple[float, ...]
    right: tuple[float, ...]


@dataclass(frozen=True)
class Calibrated:
    """One model: what was chosen on validation groups, and what it gave on test groups."""

    method: str
    temperature: float
    before: Reliability
    after: Reliability


@dataclass(frozen=True)
class Coverage:
    """Prediction sets of one nominal level on test groups.

    Attributes:
        overall: share of pictures whose set holds the true class.
        by_class: the same for each class.
        figures: "mean_size", "single", "several", "empty", "right_when_single".
    """

    overall: Interval
    by_class: Mapping[str, Interval]
    figures: Mapping[str, Interval]


@dataclass(frozen=True)
class TrustFigures:
    """All that `trust.json` publishes.

    Attributes:
        protocol: how it was measured, in words.
        n_pictures: test pictures.
        n_groups: patient groups among them.
        calibration: by model name, and "mean".
        coverage: by nominal level.
        confidence_auroc: right against wrong answers of the mean by its confidence.
        referral: (share referred, accuracy of the rest), rising.
    """

    protocol: str
    n_pictures: int
    n_groups: int
    calibration: Mapping[str, Calibrated]
    coverage: Mapping[str, Coverage]
    confidence_auroc: Interval
    referral: tuple[tuple[float, Interval], ...]


def load(path: Path) -> TrustFigures:
    """Read the published figures.

    Raises:
        MetricsError: the file is absent or cannot be used.
    """
    with told(
        f"Calibration has not been measured. Run `{COMMAND}`.",
        f"The file of calibration figures cannot be read. Run `{COMMAND}` to write it anew.",
    ):
        raw = json.loads(path.read_text(encoding="utf-8"))
        test = raw["test"]
        return TrustFigures(
            protocol=str(raw["protocol"]),
            n_pictures=int(test["n_pictures"]),
            n_groups=int(test["n_groups"]),
            calibration={
                name: _calibrated(chosen, test["calibration"][name])
                for name, chosen in raw["calibration"].items()
            },
            coverage={level: _coverage(one) for level, one in test["coverage"].items()},
            confidence_auroc=intervals_in(test)["confidence_auroc"],
            referral=tuple(
                (float(one["referred"]), intervals_in(one)["accuracy"]) for one in test["referral"]
            ),
        )


def _calibrated(chosen: Mapping[str, Any], measured: Mapping[str, Any]) -> Calibrated:
    return Calibrated(
        method=str(chosen["method"]),
        temperature=float(chosen["temperature"]),
        before=_reliability(measured["before"]),
        after=_reliability(measured["after"]),
    )


def _reliability(raw: Mapping[str, Any]) -> Reliability:
    bins = raw["reliability"]
    return Reliability(
        figures=intervals_in(raw),
        confidence=tuple(float(one["confidence"]) for one in bins),
        right=tuple(float(one["right"]) for one in bins),
    )


def _coverage(raw: Mapping[str, Any]) -> Coverage:
    figures = intervals_in(raw)
    by_class = intervals_in(raw["by_class"])
    return Coverage(
        overall=figures.pop("overall"),
        by_class={label: by_class[label] for label in CLASSES},
        figures=figures,
    )
