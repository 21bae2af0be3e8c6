"""The table of counterfactual pairs and the figures that come from it.

`counterfactual_clean.csv`: id, pair, kind, source, groups, label, then `<network>_tumour` for
every network and `mean_tumour`. `pair` names the head, which all its versions share; `groups`
are the patient groups that a picture shows, joined by ";": the head's and, where a piece of
another head was blended in, that one's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.errors import MetricsError
from ml.evaluation.classification import ranking_samples
from ml.evaluation.intervals import DRAWS, Interval, Numbers, interval_of, resample
from ml.evaluation.rows import DIGITS, MEAN
from ml.evaluation.table_files import read_lines, unusable, write_lines
from ml.labels import CLASSES, NO_TUMOR

WHERE: Final[tuple[str, ...]] = ("id", "pair", "kind", "source", "groups", "label")
SUFFIX: Final[str] = "_tumour"
NONE: Final[str] = CLASSES[NO_TUMOR]


@dataclass(frozen=True)
class PairRow:
    """One version of a head and what the networks say about it.

    Attributes:
        id: unique name of the picture.
        pair: head that it shows.
        kind: "original", "counterfactual" or "sham".
        source: data set of the head.
        groups: patient groups that it shows, the head's first.
        label: class identifier after the edit.
        tumour: [network name] → probability of any tumour, rounded as it is written.
    """

    id: str
    pair: str
    kind: str
    source: str
    groups: tuple[str, ...]
    label: str
    tumour: Mapping[str, float]


def write_pairs(path: Path, rows: Sequence[PairRow]) -> None:
    """Write one line a picture.

    Raises:
        MetricsError: there is no row.
    """
    if not rows:
        raise MetricsError("there is no counterfactual pair to write")
    networks = list(rows[0].tumour)
    body = []
    for row in rows:
        said = [row.tumour[name] for name in networks]
        where = (row.id, row.pair, row.kind, row.source, ";".join(row.groups), row.label)
        figures = (f"{value:.{DIGITS}f}" for value in (*said, float(np.mean(said))))
        body.append([*where, *figures])
    write_lines(path, [*WHERE, *(name + SUFFIX for name in (*networks, MEAN))], body)


def read_pairs(path: Path) -> list[PairRow]:
    """Read the lines back; the mean is computed again, not read.

    Raises:
        MetricsError: the file is absent or lacks a column.
    """
    lines = read_lines(path)
    try:
        names = [c.removesuffix(SUFFIX) for c in lines[0] if c.endswith(SUFFIX)]
        return [
            PairRow(
                **{name: line[name] for name in WHERE if name != "groups"},
                groups=tuple(line["groups"].split(";")),
                tumour={name: float(line[name + SUFFIX]) for name in names if name != MEAN},
            )
            for line in lines
        ]
    except (KeyError, ValueError) as error:
        raise unusable(path, error) from error


def scores_of(rows: Sequence[PairRow]) -> dict[str, Numbers]:
    """[network, and "mean"] → tumour probability (N,)."""
    found = {name: np.array([row.tumour[name] for row in rows]) for name in rows[0].tumour}
    return {**found, MEAN: np.mean(list(found.values()), axis=0)}


def pair_weights(rows: Sequence[PairRow], *, draws: int = DRAWS) -> Numbers:
    """Weights (1 + draws, N) of rows in the sample and in every draw of patient groups.

    Groups are drawn with replacement; a picture that shows two patients counts as the product of
    how often each was drawn. Within a head and kind the versions share a weight of one, so that
    every head stands equally on both sides and its style alone decides nothing.

    Reference: Owen 2007, doi:10.1214/07-AOAS122 (pigeonhole bootstrap of crossed groups).
    """
    names = sorted({group for row in rows for group in row.groups})
    times = resample(names, draws=draws)
    column = {name: at for at, name in enumerate(names)}
    counts: dict[tuple[str, str, bool], int] = {}
    for row in rows:
        counts[_side(row)] = counts.get(_side(row), 0) + 1
    weights = np.empty((len(times), len(rows)))
    for at, row in enumerate(rows):
        drawn = times[:, [column[group] for group in row.groups]].prod(axis=1)
        weights[:, at] = drawn / counts[_side(row)]
    return weights


def _side(row: PairRow) -> tuple[str, str, bool]:
    return row.pair, row.kind, row.label == NONE


def _complete(rows: Sequence[PairRow]) -> list[PairRow]:
    """Original and counterfactual rows of the heads that have both."""
    edited = {row.pair for row in rows if row.kind == "counterfactual"}
    return [row for row in rows if row.kind != "sham" and row.pair in edited]


def pair_figures(rows: Sequence[PairRow], *, draws: int = DRAWS) -> dict[str, dict[str, Any]]:
    """AUROC of tumour against none for every network, with the bootstrap over groups.

    Parts: "pairs" holds both versions of every head (the headline), "painted_out" only the
    tumour slices, "blended_in" only the tumour-free heads, "sham" the shams of both.

    Args:
        rows: all rows of the table.
        draws: of the bootstrap.

    Returns:
        [part] → n_pictures, n_heads, n_groups, and "auroc": [network, "mean"] → `Interval`.

    Raises:
        MetricsError: there is no complete pair.
    """
    whole = _complete(rows)
    if not whole:
        raise MetricsError("no head has both versions: there is no counterfactual pair")
    with_tumour = {r.pair for r in rows if r.kind == "original" and r.label != NONE}
    parts = {
        "pairs": whole,
        "painted_out": [row for row in whole if row.pair in with_tumour],
        "blended_in": [row for row in whole if row.pair not in with_tumour],
        "sham": [row for row in rows if row.kind == "sham"],
    }
    return {name: _figures(part, draws) for name, part in parts.items() if part}


def _figures(rows: Sequence[PairRow], draws: int) -> dict[str, Any]:
    positive = np.array([row.label != NONE for row in rows])
    weights = pair_weights(rows, draws=draws)
    auroc: dict[str, Interval] = {
        name: interval_of(ranking_samples(scores, positive, weights)[0])
        for name, scores in scores_of(rows).items()
    }
    return {
        "n_pictures": len(rows),
        "n_heads": len({row.pair for row in rows}),
        "n_groups": len({group for row in rows for group in row.groups}),
        "auroc": auroc,
    }
