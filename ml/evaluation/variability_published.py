"""How far outlined areas vary: `assets/metrics/variability.json`, with types."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ml.evaluation.figures_file import told
from ml.evaluation.published import Interval, intervals_in

COMMAND: Final[str] = "python -m ml.evaluation --report-only"


@dataclass(frozen=True)
class Variability:
    """All that `variability.json` publishes and a screen shows.

    Attributes:
        protocol: how it was measured, in words.
        n_pictures: slices with an outline.
        n_groups: patients among them.
        n_pairs: pairs of slices of one patient.
        area_low: 2.5 percentile of the network's area over the radiologist's.
        area_high: 97.5 percentile of it.
        change: factor that the error of a change stays below in 95 % of the pairs, >= 1.
    """

    protocol: str
    n_pictures: int
    n_groups: int
    n_pairs: int
    area_low: Interval
    area_high: Interval
    change: Interval


def load(path: Path) -> Variability:
    """Read the published figures.

    Raises:
        MetricsError: the file is absent or damaged.
    """
    with told(
        f"How far a measurement varies has not been computed. Run `{COMMAND}`.",
        f"The figures of how far a measurement varies are damaged. Run `{COMMAND}`.",
    ):
        raw = json.loads(path.read_text(encoding="utf-8"))
        area = intervals_in(raw["area"])
        return Variability(
            protocol=str(raw["protocol"]),
            n_pictures=int(raw["n_pictures"]),
            n_groups=int(raw["n_groups"]),
            n_pairs=int(raw["n_pairs"]),
            area_low=area["low"],
            area_high=area["high"],
            change=intervals_in(raw["change"])["factor"],
        )
