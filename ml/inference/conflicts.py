"""Where a reading contradicts itself: class, outline, heat maps and networks set side by side.

Kinds, in the order of `KINDS`:
    - `tumour_without_outline`: the mean's class is a tumour and nothing is outlined, because the
      U-Net marks nothing or because its outline is withheld;
    - `mark_without_tumour`: the mean's class is no tumour and the U-Net marks something, whether
      its outline is shown or withheld;
    - `heat_elsewhere`: the mean's class is a tumour, an outline is shown, and too little of the
      heat maps' energy lies inside it, measured by what an even map over the picture would have
      there, because an outline is small and a map coarse. Only maps of the mean's class count,
      and only those of networks that put that class first themselves; their shares are averaged;
    - `networks_disagree`: not every network puts the mean's class first.

The evaluation and a reading call the same `conflicts`, so that they cannot drift. The least ratio
of the energy is chosen on validation groups by the evaluation, which writes it to
`assets/metrics/conflicts.json` with what each conflict meant on held-out patients.

Limits: two answers that agree can both be wrong; no conflict is no proof.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from ml.errors import MetricsError
from ml.inference.heatmaps import draw_together
from ml.labels import CLASSES, NO_TUMOR
from ml.results import Analysis, BoolArray, Heatmap, Refused

__all__ = [
    "COMMAND",
    "CONFLICTS_FILE",
    "HEAT_ELSEWHERE",
    "KINDS",
    "MARK_WITHOUT_TUMOUR",
    "NETWORKS_DISAGREE",
    "TUMOUR_WITHOUT_OUTLINE",
    "Evidence",
    "conflicts",
    "deciding",
    "evidence",
    "gather",
    "least_heat_ratio",
]

TUMOUR_WITHOUT_OUTLINE: Final[str] = "tumour_without_outline"
MARK_WITHOUT_TUMOUR: Final[str] = "mark_without_tumour"
HEAT_ELSEWHERE: Final[str] = "heat_elsewhere"
NETWORKS_DISAGREE: Final[str] = "networks_disagree"
KINDS: Final[tuple[str, ...]] = (
    TUMOUR_WITHOUT_OUTLINE,
    MARK_WITHOUT_TUMOUR,
    HEAT_ELSEWHERE,
    NETWORKS_DISAGREE,
)
CONFLICTS_FILE: Path = Path(__file__).resolve().parents[2] / "assets" / "metrics" / "conflicts.json"
COMMAND: Final[str] = "python -m ml.evaluation --parts conflicts"


@dataclass(frozen=True)
class Evidence:
    """The few numbers of a reading that can contradict each other.

    Attributes:
        label: class identifier of the mean.
        networks: [network name] → class identifier it puts first.
        marked_px: pixels that the U-Net marks, before anything is withheld.
        outlined_px: pixels of the outline as shown, 0 where it is withheld.
        picture_px: pixels of the whole picture.
        inside: [network name] → share of the energy of its heat map of the mean's class that lies
            inside the outline, 0..1; without the networks that have no such map, and empty where
            nothing is outlined.
    """

    label: str
    networks: Mapping[str, str]
    marked_px: int
    outlined_px: int
    picture_px: int
    inside: Mapping[str, float]

    @property
    def tumour(self) -> bool:
        """Whether the mean's class is a tumour."""
        return self.label != CLASSES[NO_TUMOR]

    @property
    def agreement(self) -> int:
        """How many networks put the mean's class first."""
        return sum(label == self.label for label in self.networks.values())

    @property
    def heat_ratio(self) -> float | None:
        """How many times the energy of an even map lies inside the outline; None without heat.

        Mean over the networks that agree with a mean that reads a tumour.
        """
        shares = [share for name, share in self.inside.items() if self.networks[name] == self.label]
        if not self.tumour or not shares:
            return None
        return sum(shares) / len(shares) / (self.outlined_px / self.picture_px)


def evidence(read: Analysis) -> Evidence:
    """What of a reading can contradict itself."""
    outline = read.segmentation
    shown = outline.measurement.area_px
    maps = {name: maps[read.mean.label] for name, maps in read.heatmaps.items()} if shown else {}
    return Evidence(
        label=read.mean.label,
        networks={reading.model: reading.label for reading in read.classifications},
        marked_px=outline.marked_px,
        outlined_px=shown,
        picture_px=outline.mask.size,
        inside={
            name: _energy_inside(one, outline.mask) for name, one in maps.items() if not one.empty
        },
    )


def deciding(read: Analysis) -> Analysis:
    """A reading with no heat map but those that can make a conflict: a map takes as long as a pass.

    They are the ones of networks that put the mean's class first, where that is a tumour.
    """
    agree = {one.model for one in read.classifications if one.label == read.mean.label}
    tumour = read.mean.label != CLASSES[NO_TUMOR]
    maps = {name: maps for name, maps in read.heatmaps.items() if tumour and name in agree}
    return replace(read, heatmaps=maps)


def gather(reads: Iterable[Analysis | Refused]) -> None:
    """Draw the heat maps that decide on the conflicts of several readings, all of them together."""
    draw_together(
        (maps, read.mean.label)
        for read in reads
        if isinstance(read, Analysis) and read.segmentation.measurement.area_px
        for maps in deciding(read).heatmaps.values()
    )


def conflicts(found: Evidence, least: float) -> tuple[str, ...]:
    """The contradictions of a reading, in the order of `KINDS`; () where there is none.

    Args:
        found: from `evidence`, or from a row of the evaluation.
        least: how many times the energy of an even heat map has to lie inside the outline.
    """
    ratio = found.heat_ratio
    present = {
        TUMOUR_WITHOUT_OUTLINE: found.tumour and found.outlined_px == 0,
        MARK_WITHOUT_TUMOUR: not found.tumour and found.marked_px > 0,
        HEAT_ELSEWHERE: ratio is not None and ratio < least,
        NETWORKS_DISAGREE: found.agreement < len(found.networks),
    }
    return tuple(kind for kind in KINDS if present[kind])


def least_heat_ratio(file: Path | None = None) -> float:
    """How many times the energy of an even heat map has to lie inside, as validation chose it.

    Raises:
        MetricsError: the evaluation has not written it, or the file cannot be used.
    """
    file = file or CONFLICTS_FILE
    return _least_heat_ratio(file, file.stat().st_mtime_ns if file.is_file() else 0)


@cache
def _least_heat_ratio(file: Path, changed: int) -> float:  # noqa: ARG001  a rewritten file is read again
    try:
        least = float(json.loads(file.read_text(encoding="utf-8"))["least_heat_ratio"])
        if not 0.0 <= least < math.inf:
            raise ValueError(f"{least} is no ratio")
        return least
    except FileNotFoundError:
        raise MetricsError(f"What conflicts mean was not measured. Run `{COMMAND}`.") from None
    except (KeyError, OSError, TypeError, ValueError) as error:
        raise MetricsError(
            f"assets/metrics/{file.name} cannot be used ({error}). Run `{COMMAND}` to write it "
            "anew."
        ) from error


def _energy_inside(heatmap: Heatmap, mask: BoolArray) -> float:
    """Share of a heat map's energy (H, W) that lies inside a mask (H, W), 0..1."""
    values = heatmap.values.astype(np.float64)
    return float(values[mask].sum() / values.sum())
