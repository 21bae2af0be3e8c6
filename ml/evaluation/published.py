"""The published figures, read back from `assets/metrics/summary.json` with types.

The file is written by the evaluation alone; a figure it lacks is None here and a dash on
screen, never a number from elsewhere.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml.errors import MetricsError
from ml.labels import CLASSES

COMMAND = "make evaluate"


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval; None where the figure is not defined."""

    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def complement(self) -> "Interval":
        """The interval of 1 - figure (miss rate of a sensitivity)."""
        return Interval(_one_minus(self.value), _one_minus(self.high), _one_minus(self.low))


@dataclass(frozen=True)
class Curve:
    """One ROC curve: false and true positive rates, equally long."""

    fpr: tuple[float, ...]
    tpr: tuple[float, ...]


@dataclass(frozen=True)
class ModelFigures:
    """Classification figures of one network or of the mean (EVALUATION.md, section 3).

    Attributes:
        figures: by name ("accuracy", "balanced_accuracy", …).
        sensitivity: by class identifier.
        specificity: by class identifier.
        confusion: 4 rows (true class) of 4 counts (predicted class), or None.
        roc: by class identifier.
    """

    figures: Mapping[str, Interval] = field(default_factory=dict)
    sensitivity: Mapping[str, Interval] = field(default_factory=dict)
    specificity: Mapping[str, Interval] = field(default_factory=dict)
    confusion: tuple[tuple[int, ...], ...] | None = None
    roc: Mapping[str, Curve] = field(default_factory=dict)

    def get(self, name: str) -> Interval:
        """A figure by its name, an undefined one when the file lacks it."""
        return self.figures.get(name, Interval())

    @property
    def miss_rate(self) -> Interval:
        """Share of held-out tumours called tumour-free."""
        return self.get("tumour_sensitivity").complement


@dataclass(frozen=True)
class SplitFigures:
    """Figures of all networks on one split.

    Attributes:
        protocol: how the split was made, in words.
        n_pictures: test pictures.
        n_groups: patient groups among them.
        models: by registry name, and "mean".
        leaky_share: share of the test pictures with a group-mate in training, or None.
    """

    protocol: str = ""
    n_pictures: int | None = None
    n_groups: int | None = None
    models: Mapping[str, ModelFigures] = field(default_factory=dict)
    leaky_share: float | None = None


@dataclass(frozen=True)
class SegmentationFigures:
    """Figures of a segmenter (EVALUATION.md, section 4).

    Attributes:
        figures: by name ("dice_mean", "hd95_mm_median", …).
        by_class: the same for each tumour class.
        counts: (pictures, groups) by class, "all" and "tumour_free".
        tumour_free: figures on pictures without a tumour.
        dice_values: Dice of every picture by class.
        threshold: mask threshold, chosen on validation groups.
        least_tumour: an outline is withheld where the classifiers' mean gives a tumour less.
        alone: figures of the network without that rule, empty where there is none.
    """

    figures: Mapping[str, Interval] = field(default_factory=dict)
    by_class: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)
    counts: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    tumour_free: Mapping[str, Interval] = field(default_factory=dict)
    dice_values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    threshold: float | None = None
    least_tumour: float | None = None
    alone: Mapping[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class PairFigures:
    """One part of the counterfactual pairs (EVALUATION.md, section 6).

    Attributes:
        n_pictures: pictures, all versions counted.
        n_heads: heads that have both versions.
        auroc: tumour against none, by registry name, and "mean".
    """

    n_pictures: int | None = None
    n_heads: int | None = None
    auroc: Mapping[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """Everything that `summary.json` publishes."""

    protocol: str
    split_id: str
    clean: SplitFigures
    official_sartaj: SplitFigures | None
    segmentation: Mapping[str, SegmentationFigures]
    counterfactual: Mapping[str, PairFigures]


def load(path: Path) -> Summary:
    """Read the published figures.

    Raises:
        MetricsError: the file is absent, not JSON, or has no clean split.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MetricsError(
            f"The held-out figures have not been computed. Run `{COMMAND}`."
        ) from None
    except (OSError, ValueError) as error:
        raise MetricsError(
            f"The file of held-out figures cannot be read. Run `{COMMAND}` to write it anew."
        ) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("clean"), dict):
        raise MetricsError(
            f"The file of held-out figures has no clean split. Run `{COMMAND}` to write it anew."
        )
    official = raw.get("official_sartaj")
    return Summary(
        protocol=_text(raw.get("protocol")),
        split_id=_text(raw.get("split_id")),
        clean=_split(raw["clean"]),
        official_sartaj=_split(official) if isinstance(official, dict) else None,
        segmentation={k: _segmentation(v) for k, v in _items(raw.get("segmentation"))},
        counterfactual={
            k: PairFigures(
                n_pictures=_count(v.get("n_pictures")),
                n_heads=_count(v.get("n_heads")),
                auroc=intervals_in(v.get("auroc")),
            )
            for k, v in _items(raw.get("counterfactual"))
        },
    )


def _split(raw: Mapping[str, Any]) -> SplitFigures:
    return SplitFigures(
        protocol=_text(raw.get("protocol")),
        n_pictures=_count(raw.get("n_pictures")),
        n_groups=_count(raw.get("n_groups")),
        models={name: _model(value) for name, value in _items(raw.get("models"))},
        leaky_share=_number(raw.get("leaky_share")),
    )


def _model(raw: Mapping[str, Any]) -> ModelFigures:
    confusion = raw.get("confusion")
    return ModelFigures(
        figures=intervals_in(raw),
        sensitivity=intervals_in(raw.get("sensitivity")),
        specificity=intervals_in(raw.get("specificity")),
        confusion=_matrix(confusion),
        roc={
            label: Curve(_numbers(curve.get("fpr")), _numbers(curve.get("tpr")))
            for label, curve in _items(raw.get("roc"))
        },
    )


def _segmentation(raw: Mapping[str, Any]) -> SegmentationFigures:
    parts = {"all": raw, **dict(_items(raw.get("by_class")))}
    parts["tumour_free"] = raw.get("tumour_free") or {}
    values = raw.get("dice_values")
    return SegmentationFigures(
        figures=intervals_in(raw),
        by_class={label: intervals_in(part) for label, part in _items(raw.get("by_class"))},
        counts={
            name: (_count(part.get("n_pictures")), _count(part.get("n_groups")))
            for name, part in parts.items()
        },
        tumour_free=intervals_in(raw.get("tumour_free")),
        dice_values={k: _numbers(v) for k, v in values.items()} if values else {},
        threshold=_number(raw.get("threshold")),
        least_tumour=_number(raw.get("least_tumour")),
        alone=intervals_in(raw.get("alone")),
    )


def _items(raw: object) -> list[tuple[str, Mapping[str, Any]]]:
    """Name and object pairs of a JSON object; anything else in it is left out."""
    if not isinstance(raw, dict):
        return []
    return [(str(key), value) for key, value in raw.items() if isinstance(value, dict)]


def intervals_in(raw: object) -> dict[str, Interval]:
    """[name] → interval of everything in a JSON object that is one."""
    return {
        name: Interval(_number(v.get("value")), _number(v.get("low")), _number(v.get("high")))
        for name, v in _items(raw)
        if "value" in v
    }


def _matrix(raw: object) -> tuple[tuple[int, ...], ...] | None:
    size = len(CLASSES)
    if not isinstance(raw, list) or [len(row) for row in raw] != [size] * size:
        return None
    return tuple(tuple(int(count) for count in row) for row in raw)


def _numbers(raw: object) -> tuple[float, ...]:
    values = raw if isinstance(raw, list) else []
    return tuple(float(v) for v in values if isinstance(v, int | float))


def _number(raw: object) -> float | None:
    return float(raw) if isinstance(raw, int | float) else None


def _count(raw: object) -> int | None:
    return int(raw) if isinstance(raw, int) else None


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""


def _one_minus(value: float | None) -> float | None:
    return None if value is None else 1.0 - value
