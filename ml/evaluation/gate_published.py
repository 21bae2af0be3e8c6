"""The gate's figures as a screen reads them: `assets/metrics/gate.json`, with types."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ml.evaluation.figures_file import told
from ml.evaluation.published import Interval, intervals_in

COMMAND: Final[str] = "python -m ml.evaluation --parts gate"


@dataclass(frozen=True)
class Rate:
    """How many of some pictures are refused.

    Attributes:
        refused: share of them, 0..1.
        n_pictures: how many there are.
        n_groups: patient groups, or sources, among them.
    """

    refused: Interval
    n_pictures: int
    n_groups: int


@dataclass(frozen=True)
class Candidate:
    """One method on validation material, at its own limit.

    Attributes:
        refused_brain_mri: share of brain MRI refused.
        passed_other_things: share of other things let through.
        auroc: brain MRI against other things.
    """

    refused_brain_mri: float
    passed_other_things: float
    auroc: float


@dataclass(frozen=True)
class GateFigures:
    """All that `gate.json` publishes and a screen shows.

    Attributes:
        protocol: how it was measured, in words.
        chosen_by: the rule behind method and limit, in words.
        method: the chosen one.
        limit: its limit.
        n_training: training pictures that others are compared with.
        candidates: by method, on validation.
        auroc: brain MRI against other things, test.
        brain_mri: held-out brain MRI, test: refused by mistake.
        other_things: pictures of other things, test: refused as they should be.
        new_kinds: those of them of a kind that validation did not have.
        by_pixels: share of the other things that a look at the pixels refuses already.
        kinds: the same by kind of thing.
        other_brain_mri: brain MRI of kinds outside the training sets, by kind.
    """

    protocol: str
    chosen_by: str
    method: str
    limit: float
    n_training: int
    candidates: Mapping[str, Candidate]
    auroc: Interval
    brain_mri: Rate
    other_things: Rate
    new_kinds: Rate
    by_pixels: float
    kinds: Mapping[str, Rate]
    other_brain_mri: Mapping[str, Rate]


def load(path: Path) -> GateFigures:
    """Read the published figures.

    Raises:
        MetricsError: the file is absent or damaged.
    """
    with told(
        f"The gate has not been measured. Run `{COMMAND}`.",
        f"The gate's figures are damaged. Run `{COMMAND}`.",
    ):
        raw = json.loads(path.read_text(encoding="utf-8"))
        test = raw["test"]
        return GateFigures(
            protocol=str(raw["protocol"]),
            chosen_by=str(raw["chosen_by"]),
            method=str(raw["chosen"]["method"]),
            limit=float(raw["chosen"]["limit"]),
            n_training=int(raw["space"]["n_pictures"]),
            candidates={name: _candidate(one) for name, one in raw["candidates"].items()},
            auroc=intervals_in(test)["auroc"],
            brain_mri=_rate(test["brain_mri"]),
            other_things=_rate(test["other_things"]),
            new_kinds=_rate(test["other_things_of_new_kinds"]),
            by_pixels=float(test["other_things_by_pixels"]),
            kinds={kind: _rate(one) for kind, one in raw["kinds"].items()},
            other_brain_mri={kind: _rate(one) for kind, one in raw["other_brain_mri"].items()},
        )


def _rate(raw: Mapping[str, Any]) -> Rate:
    return Rate(
        refused=intervals_in(raw)["refused"],
        n_pictures=int(raw["n_pictures"]),
        n_groups=int(raw["n_groups"]),
    )


def _candidate(raw: Mapping[str, Any]) -> Candidate:
    return Candidate(
        refused_brain_mri=float(raw["refused_brain_mri"]),
        passed_other_things=float(raw["passed_other_things"]),
        auroc=float(raw["auroc"]),
    )
