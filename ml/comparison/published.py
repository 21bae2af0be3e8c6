"""The comparison as a screen reads it: `assets/metrics/comparison/comparison.json`, with types."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml.errors import MetricsError
from ml.evaluation.published import Interval, intervals_in

COMMAND = "make compare"


@dataclass(frozen=True)
class Facts:
    """What a network costs.

    Attributes:
        input_size: side of its input, pixels.
        parameters: number of weights.
        bytes: its weights as float16.
        ms: median time of one scan on the machine that measured it.
        minutes: training time on that machine.
    """

    input_size: int
    parameters: int
    bytes: int
    ms: float
    minutes: float


@dataclass(frozen=True)
class Protocol:
    """All networks on the same pictures.

    Attributes:
        title: how training and test were kept apart.
        n_pictures: test pictures.
        n_groups: patient groups among them.
        leaky_share: share of them with a group-mate in training, or None where none can be.
        models: [network] → [figure] → interval, the best balanced accuracy first.
        ranked: pairs (better, worse) whose difference in balanced accuracy leaves out 0.
        n_pairs: pairs that were compared.
    """

    title: str
    n_pictures: int
    n_groups: int
    leaky_share: float | None
    models: Mapping[str, Mapping[str, Interval]]
    ranked: Sequence[tuple[str, str]]
    n_pairs: int


@dataclass(frozen=True)
class Comparison:
    """Everything that `comparison.json` publishes and a screen shows.

    Attributes:
        titles: [network] → what a reader sees.
        protocols: by identifier.
        outlines: [network] → [figure] → interval.
        boxes: [network] → [figure] → interval.
        facts: [network] → cost, as trained for the clean split where it was.
        reported: what others report: work, network, data, protocol, by_patient, accuracy.
    """

    titles: Mapping[str, str]
    protocols: Mapping[str, Protocol]
    outlines: Mapping[str, Mapping[str, Interval]]
    boxes: Mapping[str, Mapping[str, Interval]]
    facts: Mapping[str, Facts]
    reported: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


def load(path: Path) -> Comparison:
    """Read the published comparison.

    Raises:
        MetricsError: the file is absent or damaged.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MetricsError(
            f"The networks of the field have not been compared. Run `{COMMAND}`."
        ) from None
    except (OSError, ValueError) as error:
        raise MetricsError(
            f"The file of the comparison cannot be read. Run `{COMMAND}` to write it anew."
        ) from error
    try:
        return Comparison(
            titles=raw["titles"],
            protocols={name: _protocol(value) for name, value in raw["protocols"].items()},
            outlines={name: intervals_in(value) for name, value in raw["outlines"].items()},
            boxes={name: intervals_in(value) for name, value in raw["boxes"].items()},
            facts={name: _facts(value) for name, value in raw["facts"].items()},
            reported=tuple(raw["reported"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise MetricsError(
            f"The file of the comparison is damaged. Run `{COMMAND}` to write it anew."
        ) from error


def _protocol(raw: Mapping[str, Any]) -> Protocol:
    models = {name: intervals_in(value) for name, value in raw["models"].items()}
    best = sorted(models, key=lambda name: -(models[name]["balanced_accuracy"].value or 0.0))
    return Protocol(
        title=raw["title"],
        n_pictures=raw["n_pictures"],
        n_groups=raw["n_groups"],
        leaky_share=raw["leaky_share"],
        models={name: models[name] for name in best},
        ranked=tuple(
            (one["a"], one["b"]) if one["difference"]["value"] > 0 else (one["b"], one["a"])
            for one in raw["paired"]
            if one["ranking"]
        ),
        n_pairs=len(raw["paired"]),
    )


def _facts(raw: Mapping[str, Any]) -> Facts:
    """Of the clean split where it was trained there, else of whatever was measured."""
    one = raw.get("clean") or next(iter(raw.values()))
    return Facts(**{name: one[name] for name in Facts.__dataclass_fields__})
