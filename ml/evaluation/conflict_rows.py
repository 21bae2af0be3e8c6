"""The table of readings that may contradict themselves, and the figures from it.

`conflicts_clean.csv`: id, source, group, split, label, `<network>_class` for every network, mean,
confidence, agreement, marked_px, outlined_px, picture_px, `<network>_inside` for every network,
dice. `mean` is the mean's class and `confidence` its probability, uncalibrated; `marked_px` is what
the U-Net marks and `outlined_px` what of it is shown; `inside` is the share of the energy of the
network's heat map of the mean's class inside the outline shown; `dice` compares that outline with
the radiologist's. An empty cell is a figure that does not exist there. Agreement and conflicts are
derived again, not read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.errors import MetricsError
from ml.evaluation.calibration import softmax
from ml.evaluation.intervals import DRAWS, Numbers, interval_of, resample, weighted_mean
from ml.evaluation.outline_summary import counts
from ml.evaluation.rows import MEAN, ClassificationTable, number, with_mean
from ml.evaluation.table_files import read_lines, unusable, write_lines
from ml.inference.conflicts import COMMAND, KINDS, Evidence, conflicts
from ml.labels import class_index
from ml.results import BoolArray

WHERE: Final[tuple[str, ...]] = ("id", "source", "group", "split", "label")
CLASS: Final[str] = "_class"
INSIDE: Final[str] = "_inside"
MOST_FLAGGED: Final[float] = 0.05
"""Largest share of rightly read validation pictures whose heat maps may count as elsewhere."""
RATIOS: Final[tuple[float, ...]] = tuple(round(0.05 * k, 2) for k in range(101))
"""Least ratios of the heat maps' energy inside the outline that are tried, rising."""
SAME: Final[float] = 1e-3
"""Most by which two runs of the same networks may differ in a probability."""

RULE: Final[str] = (
    f"largest ratio, in steps of {RATIOS[1]:g}, that flags at most {100 * MOST_FLAGGED:g} % of the "
    "validation pictures of data/splits/clean.csv whose tumour class the mean reads rightly and "
    "that have an outline and a heat map"
)
PROTOCOL: Final[str] = (
    "Pictures of the validation and test parts of the clean split, one a near-duplicate cluster, "
    "read as on the screen; figures are of the test part. Share: how often it occurred. Accuracy: "
    "how often the class of the mean was right where it occurred. Dice: overlap of the outline "
    "shown, empty where it is withheld, with the radiologist's, where there is one. The least "
    "ratio of heat-map energy was chosen on the validation part. Intervals: 95 % percentile "
    f"bootstrap over groups, {DRAWS} draws; a draw in which a figure is 0/0 is left out and "
    "counted; they have no width where every group gave the same."
)


@dataclass(frozen=True)
class ConflictRow:
    """One picture as it was read.

    Attributes:
        id: path relative to the data folder.
        source: public data set.
        group: patient group.
        split: "validation" or "test".
        label: true class identifier.
        evidence: what in the reading can contradict itself.
        confidence: the mean's probability of its class, uncalibrated, 0..1.
        dice: of the outline as shown; NaN without a radiologist's outline.
    """

    id: str
    source: str
    group: str
    split: str
    label: str
    evidence: Evidence
    confidence: float
    dice: float

    @property
    def right(self) -> bool:
        """Whether the mean's class is the true one."""
        return self.evidence.label == self.label


def write_conflict_rows(path: Path, rows: Sequence[ConflictRow]) -> None:
    """Write one line a picture."""
    names = list(rows[0].evidence.networks)
    header = (
        *(*WHERE, *(name + CLASS for name in names), "mean", "confidence", "agreement"),
        *("marked_px", "outlined_px", "picture_px", *(name + INSIDE for name in names), "dice"),
    )
    body = (
        (
            *(getattr(row, column) for column in WHERE),
            *(row.evidence.networks[name] for name in names),
            *(row.evidence.label, number(row.confidence), row.evidence.agreement),
            *(row.evidence.marked_px, row.evidence.outlined_px, row.evidence.picture_px),
            *(number(row.evidence.inside.get(name, math.nan)) for name in names),
            number(row.dice),
        )
        for row in rows
    )
    write_lines(path, header, body)


def read_conflict_rows(path: Path) -> list[ConflictRow]:
    """Read the lines back.

    Raises:
        MetricsError: the file is absent, empty or lacks a column.
    """
    lines = read_lines(path, command=COMMAND)
    try:
        return [_row(line) for line in lines]
    except (KeyError, TypeError, ValueError) as error:
        raise unusable(path, error, command=COMMAND) from error


def _row(line: Mapping[str, str]) -> ConflictRow:
    names = [column.removesuffix(CLASS) for column in line if column.endswith(CLASS)]
    found = Evidence(
        label=line["mean"],
        networks={name: line[name + CLASS] for name in names},
        marked_px=int(line["marked_px"]),
        outlined_px=int(line["outlined_px"]),
        picture_px=int(line["picture_px"]),
        inside={name: float(line[name + INSIDE]) for name in names if line[name + INSIDE]},
    )
    return ConflictRow(
        **{column: line[column] for column in WHERE},
        evidence=found,
        confidence=float(line["confidence"]),
        dice=float(line["dice"]) if line["dice"] else math.nan,
    )


def choose_least_heat_ratio(rows: Sequence[ConflictRow]) -> float:
    """The ratio that `RULE` gives on the validation rows among `rows`; 0 where none has one.

    Raises:
        MetricsError: there is no validation row.
    """
    held_out = [row for row in rows if row.split == "validation"]
    if not held_out:
        raise MetricsError(f"no validation picture was read; run `{COMMAND}`")
    ratios = [row.evidence.heat_ratio for row in held_out if row.right]
    known = np.array([ratio for ratio in ratios if ratio is not None], dtype=np.float64)
    if not known.size:
        return 0.0
    return max(least for least in RATIOS if np.mean(known < least) <= MOST_FLAGGED)


def conflict_figures(
    rows: Sequence[ConflictRow], clean: ClassificationTable, *, draws: int = DRAWS
) -> dict[str, Any]:
    """The content of conflicts.json apart from its split, with `Interval` leaves.

    Args:
        rows: all rows of the table.
        clean: rows of the clean split: what the networks of the other figures say.
        draws: of the bootstrap.

    Raises:
        MetricsError: a part of the split is absent.
    """
    least = choose_least_heat_ratio(rows)
    test = _test_part(rows, draws)
    found = [conflicts(row.evidence, least) for row in test.rows]
    networks = len(test.rows[0].evidence.networks)
    agreement = np.array([row.evidence.agreement for row in test.rows])
    some = np.array([bool(one) for one in found])
    return {
        "protocol": PROTOCOL,
        "least_heat_ratio": least,
        "chosen_on": RULE,
        "networks": networks,
        "same_networks": _same(rows, clean),
        "all": test.meant(np.ones(len(found), np.bool_)),
        "none": test.meant(~some),
        "any": test.meant(some),
        "conflicts": {kind: test.meant(np.array([kind in one for one in found])) for kind in KINDS},
        "agreement": {str(k): test.meant(agreement == k) for k in range(networks, -1, -1)},
    }


@dataclass(frozen=True)
class _Test:
    """Test pictures with the draws of their groups, and of those with a radiologist's outline."""

    rows: Sequence[ConflictRow]
    weights: Numbers
    drawn: BoolArray
    drawn_weights: Numbers

    def meant(self, case: BoolArray) -> dict[str, Any]:
        """How often a case (N,) occurred, how right the class was, how good the outline."""
        right = np.array([float(row.right) for row in self.rows])
        overlap = np.array([row.dice for row in self.rows])
        known = np.where(case, overlap, np.nan)[self.drawn]
        return {
            **counts([row.group for row, one in zip(self.rows, case, strict=True) if one]),
            "share": interval_of(weighted_mean(case.astype(np.float64), self.weights)),
            "accuracy": interval_of(weighted_mean(np.where(case, right, np.nan), self.weights)),
            "n_outlines": int(np.count_nonzero(np.isfinite(known))),
            "dice": interval_of(weighted_mean(known, self.drawn_weights)),
        }


def _test_part(rows: Sequence[ConflictRow], draws: int) -> _Test:
    test = [row for row in rows if row.split == "test"]
    drawn = np.array([math.isfinite(row.dice) for row in test], dtype=np.bool_)
    if not drawn.any():
        raise MetricsError(f"no test picture with a radiologist's outline; run `{COMMAND}`")
    outlined = [row.group for row in test if math.isfinite(row.dice)]
    return _Test(
        test,
        resample([row.group for row in test], draws=draws),
        drawn,
        # as for the published overlap: only groups that have an outline are drawn
        resample(outlined, draws=draws),
    )


def _same(rows: Sequence[ConflictRow], clean: ClassificationTable) -> bool:
    """Whether the pictures were read by the networks of the clean split's rows."""
    mean = softmax(with_mean(clean.logits)[MEAN])
    known = dict(zip(clean.where["id"], mean, strict=True))
    if {row.id for row in rows} != set(known):
        return False
    return all(
        abs(known[row.id][class_index(row.evidence.label)] - row.confidence) <= SAME for row in rows
    )
