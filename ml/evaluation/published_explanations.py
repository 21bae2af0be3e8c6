"""The figures of the heat maps as a screen reads them: `assets/metrics/explanations.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.errors import MetricsError
from ml.evaluation.published import Interval, intervals_in

COMMAND = "python -m ml.evaluation --parts explanations"


@dataclass(frozen=True)
class Pointing:
    """How well some maps point at the tumour.

    Attributes:
        energy: share of the positive energy inside the mask.
        hit: pointing game, share of the maps whose maximum is in the mask or near it.
    """

    energy: Interval
    hit: Interval


@dataclass(frozen=True)
class NetworkMaps:
    """The maps of one network.

    Attributes:
        methods: [method of one forward pass] → figures on all test pictures with a mask.
        untrained: the default method on the untrained network.
        times: energy of the default method over that of a baseline: "quarter" and "best" for the
            Gaussians, "untrained".
        part: [method, the slow ones too] → figures on the part of the pictures they share.
        part_untrained: the untrained network on that part.
        sanity: [step] → rank correlation with the maps after weights were drawn anew.
    """

    methods: Mapping[str, Pointing]
    untrained: Pointing
    times: Mapping[str, Interval]
    part: Mapping[str, Pointing]
    part_untrained: Pointing
    sanity: Mapping[str, Interval]


@dataclass(frozen=True)
class ExplanationFigures:
    """Everything that `explanations.json` publishes and a screen shows.

    Attributes:
        protocol: how it was measured, in words.
        n_pictures: test pictures with a mask.
        n_groups: patient groups among them.
        n_part: of these, pictures of the slow methods and of the sanity check.
        default: method that is drawn on the screen, chosen on validation.
        network: whose map is drawn first, likewise.
        gaussians: "quarter" and "best" → standard deviation (share of the head box) and figures.
        part_gaussians: the same on the part.
        networks: by registry name.
    """

    protocol: str
    n_pictures: int
    n_groups: int
    n_part: int
    default: str
    network: str
    gaussians: Mapping[str, tuple[float, Pointing]]
    part_gaussians: Mapping[str, tuple[float, Pointing]]
    networks: Mapping[str, NetworkMaps]


def load(path: Path) -> ExplanationFigures | None:
    """Read the published figures, None where nobody measured them.

    Raises:
        MetricsError: the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        on_part = {name: _all(found) for name, found in raw["part"]["networks"].items()}
        return ExplanationFigures(
            protocol=str(raw["protocol"]),
            n_pictures=int(raw["n_pictures"]),
            n_groups=int(raw["n_groups"]),
            n_part=int(raw["part"]["n_pictures"]),
            default=str(raw["default"]),
            network=str(raw["network"]),
            gaussians=_gaussians(raw["gaussians"], raw["gaussians"]),
            part_gaussians=_gaussians(raw["gaussians"], raw["part"]["gaussians"]),
            networks={
                name: NetworkMaps(
                    methods=_all(part["methods"]),
                    untrained=_pointing(part["untrained"]),
                    times=intervals_in(part["times"]),
                    part={m: p for m, p in on_part[name].items() if m != "untrained"},
                    part_untrained=on_part[name]["untrained"],
                    sanity=intervals_in(raw["sanity"]["networks"][name]),
                )
                for name, part in raw["networks"].items()
            },
        )
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise MetricsError(
            "The figures of the heat maps are damaged. Run `python -m ml.evaluation --report-only`."
        ) from error


def _gaussians(
    chosen: Mapping[str, Any], raw: Mapping[str, Any]
) -> dict[str, tuple[float, Pointing]]:
    return {name: (float(chosen[name]["sigma"]), _pointing(part)) for name, part in raw.items()}


def _all(raw: Mapping[str, Any]) -> dict[str, Pointing]:
    return {name: _pointing(part) for name, part in raw.items()}


def _pointing(raw: Mapping[str, Any]) -> Pointing:
    found = intervals_in(raw)
    return Pointing(found["energy"], found["hit"])
