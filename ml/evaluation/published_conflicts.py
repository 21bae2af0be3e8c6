"""What contradictions within a reading meant: `assets/metrics/conflicts.json`, with types."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.evaluation.figures_file import told
from ml.evaluation.published import Interval, intervals_in
from ml.inference.conflicts import COMMAND, KINDS


@dataclass(frozen=True)
class Meaning:
    """What one case meant on held-out patients.

    Attributes:
        n_pictures: test pictures in which it occurred.
        n_groups: patient groups among them.
        share: of all test pictures, 0..1.
        accuracy: how often the class of the mean was right in them.
        n_outlines: how many of them have a radiologist's outline.
        dice: mean overlap of the outline as shown with it.
    """

    n_pictures: int
    n_groups: int
    share: Interval
    accuracy: Interval
    n_outlines: int
    dice: Interval


@dataclass(frozen=True)
class ConflictFigures:
    """Everything that `conflicts.json` publishes.

    Attributes:
        protocol: how it was measured, in words.
        chosen_on: how `least_heat_ratio` was chosen.
        least_heat_ratio: how many times the energy of an even heat map has to lie inside the
            outline.
        same_networks: the networks are those of the other figures.
        whole: all test pictures.
        none: those without a conflict.
        some: those with one or more.
        kinds: by kind of conflict (`ml.inference.conflicts.KINDS`).
        agreement: by how many networks put the mean's class first, all of them first.
        networks: how many networks there are.
    """

    protocol: str
    chosen_on: str
    least_heat_ratio: float
    same_networks: bool
    whole: Meaning
    none: Meaning
    some: Meaning
    kinds: Mapping[str, Meaning]
    agreement: Mapping[int, Meaning]
    networks: int


def load(path: Path) -> ConflictFigures:
    """Read the published figures.

    Raises:
        MetricsError: the file is absent or damaged.
    """
    with told(
        f"What conflicts mean was not measured. Run `{COMMAND}`.",
        f"The figures of conflicts within a reading are damaged. Run `{COMMAND}`.",
    ):
        raw = json.loads(path.read_text(encoding="utf-8"))
        return ConflictFigures(
            protocol=str(raw["protocol"]),
            chosen_on=str(raw["chosen_on"]),
            least_heat_ratio=float(raw["least_heat_ratio"]),
            same_networks=raw["same_networks"] is True,
            whole=_meaning(raw["all"]),
            none=_meaning(raw["none"]),
            some=_meaning(raw["any"]),
            kinds={kind: _meaning(raw["conflicts"][kind]) for kind in KINDS},
            agreement={int(k): _meaning(one) for k, one in raw["agreement"].items()},
            networks=int(raw["networks"]),
        )


def _meaning(raw: Mapping[str, Any]) -> Meaning:
    found = intervals_in(raw)
    return Meaning(
        n_pictures=int(raw["n_pictures"]),
        n_groups=int(raw["n_groups"]),
        share=found["share"],
        accuracy=found["accuracy"],
        n_outlines=int(raw["n_outlines"]),
        dice=found["dice"],
    )
