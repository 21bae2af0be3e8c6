"""The table of the background probe and the figures that come from it.

`background_clean.csv`: id, source, group, label, then for every view `<view>_<class>`,
`<view>_tumour` and `<view>_tumour_seen` (empty where no outline is known).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.errors import MetricsError
from ml.evaluation.classification import classification_samples, ranking_samples
from ml.evaluation.intervals import (
    DRAWS,
    Interval,
    Numbers,
    interval_of,
    resample,
    weighted_mean,
)
from ml.evaluation.rows import number
from ml.evaluation.table_files import read_lines, unusable, write_lines
from ml.labels import CLASSES, NO_TUMOR, class_index

WHERE: Final[tuple[str, ...]] = ("id", "source", "group", "label")
SEEN: Final[str] = "_tumour_seen"
EVEN: Final[float] = 0.5
"""The probe calls a tumour from here on; it was trained with both sides weighing alike."""
PROTOCOL: Final[str] = (
    "A logistic regression on the prepared picture with the head, or only the brain, masked out: "
    "grey levels of a coarse grid and their histogram. Trained on the training part of the clean "
    "split, one picture a near-duplicate cluster, every class weighing alike; nothing chosen on "
    "validation or test. Figures are of the test part, with the bootstrap over patient groups. "
    f"A tumour is called at {EVEN}."
)


@dataclass(frozen=True)
class ViewFinding:
    """What the probe says of one picture in one view.

    Attributes:
        classes: four probabilities in the order of `ml.labels.CLASSES`.
        tumour: probability of any tumour, by a probe of its own.
        tumour_seen: share of the tumour that was left in view; NaN where no outline is known.
    """

    classes: tuple[float, ...]
    tumour: float
    tumour_seen: float


@dataclass(frozen=True)
class BackgroundRow:
    """One test picture.

    Attributes:
        id: path of the picture.
        source: data set.
        group: patient group.
        label: class identifier.
        views: [view] → what the probe says.
    """

    id: str
    source: str
    group: str
    label: str
    views: Mapping[str, ViewFinding]


def write_background_rows(path: Path, rows: Sequence[BackgroundRow]) -> None:
    """Write one line a picture.

    Raises:
        MetricsError: there is no row.
    """
    if not rows:
        raise MetricsError("there is no picture of which the background was probed")
    header = [*WHERE]
    for view in rows[0].views:
        header += [*(f"{view}_{label}" for label in CLASSES), f"{view}_tumour", view + SEEN]
    body = []
    for row in rows:
        cells: list[str] = []
        for found in row.views.values():
            cells += map(number, (*found.classes, found.tumour, found.tumour_seen))
        body.append([row.id, row.source, row.group, row.label, *cells])
    write_lines(path, header, body)


def read_background_rows(path: Path) -> list[BackgroundRow]:
    """Read the lines back.

    Raises:
        MetricsError: the file is absent or lacks a column.
    """
    lines = read_lines(path)
    try:
        views = [column.removesuffix(SEEN) for column in lines[0] if column.endswith(SEEN)]
        return [
            BackgroundRow(
                **{name: line[name] for name in WHERE},
                views={view: _finding(line, view) for view in views},
            )
            for line in lines
        ]
    except (KeyError, ValueError) as error:
        raise unusable(path, error) from error


def _finding(line: Mapping[str, str], view: str) -> ViewFinding:
    seen = line[view + SEEN]
    return ViewFinding(
        classes=tuple(float(line[f"{view}_{label}"]) for label in CLASSES),
        tumour=float(line[f"{view}_tumour"]),
        tumour_seen=float(seen) if seen else math.nan,
    )


def background_figures(rows: Sequence[BackgroundRow], *, draws: int = DRAWS) -> dict[str, Any]:
    """Figures of every view, with the bootstrap over groups.

    Args:
        rows: all rows of the table.
        draws: of the bootstrap.

    Returns:
        protocol, n_pictures, n_groups, and "views": [view] → "balanced_accuracy" and
        "auroc_macro" of the four classes, "tumour_balanced_accuracy" and "tumour_auroc",
        and "tumour_seen", the mean share of the tumour left in view.
    """
    groups = [row.group for row in rows]
    weights = resample(groups, draws=draws)
    return {
        "protocol": PROTOCOL,
        "n_pictures": len(rows),
        "n_groups": len(set(groups)),
        "views": {view: _view(rows, view, weights) for view in rows[0].views},
    }


def _view(rows: Sequence[BackgroundRow], view: str, weights: Numbers) -> dict[str, Interval]:
    labels = np.array([class_index(row.label) for row in rows])
    found = [row.views[view] for row in rows]
    four = classification_samples(
        np.array([one.classes for one in found]), labels, weights, operating_threshold=EVEN
    ).overall
    score, positive = np.array([one.tumour for one in found]), labels != NO_TUMOR
    right = ((score >= EVEN) == positive).astype(np.float64)
    sides = [
        weighted_mean(np.where(side, right, np.nan), weights) for side in (positive, ~positive)
    ]
    seen = np.array([one.tumour_seen for one in found])
    return {
        "balanced_accuracy": interval_of(four["balanced_accuracy"]),
        "auroc_macro": interval_of(four["auroc_macro"]),
        "tumour_balanced_accuracy": interval_of(np.mean(sides, axis=0)),
        "tumour_auroc": interval_of(ranking_samples(score, positive, weights)[0]),
        "tumour_seen": interval_of(weighted_mean(seen, weights)),
    }
