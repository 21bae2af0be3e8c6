"""The table of corrupted test pictures and the curves that come from it.

`robustness_clean.parquet` (a CSV would be over a megabyte): id, corruption, strength, value, then
for every network and the mean `<network>_called`, index of the class put first, and
`<network>_true`, the probability of the true class. Strength 0, the untouched picture, is there
once, as corruption "none".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from ml.errors import MetricsError
from ml.evaluation.calibration import softmax
from ml.evaluation.classification import Labels, confusion
from ml.evaluation.intervals import (
    DRAWS,
    Interval,
    Numbers,
    interval_of,
    paired_difference,
    ratio,
    resample,
)
from ml.evaluation.rows import ClassificationTable, with_mean

UNTOUCHED: Final[str] = "none"
DIGITS: Final[int] = 4
WHERE: Final[tuple[str, ...]] = ("id", "corruption", "strength", "value")
CALLED: Final[str] = "_called"
TRUE: Final[str] = "_true"
SAME: Final[float] = 0.01
"""Difference of a probability up to which two readings are by the same network."""
PROTOCOL: Final[str] = (
    "Clean test part, one picture a near-duplicate cluster, corrupted on its stored pixels before "
    "the preprocessing; the networks and their thresholds stay as they are. Balanced accuracy of "
    "the class put first, with the bootstrap over patient groups. A fall is called real only when "
    "the interval of the paired difference from the untouched pictures leaves out 0."
)


@dataclass(frozen=True)
class StressTable:
    """What every network says about every version of every picture.

    Attributes:
        id: path of the picture, length N.
        corruption: name, or "none" for the untouched picture.
        strength: 0..5.
        value: the corruption's stated number at that strength; NaN where untouched.
        called: [network, and "mean"] → (N,) index of the class put first.
        true: [network, and "mean"] → (N,) probability of the true class.
    """

    id: tuple[str, ...]
    corruption: tuple[str, ...]
    strength: tuple[int, ...]
    value: tuple[float, ...]
    called: Mapping[str, Labels]
    true: Mapping[str, Numbers]


def write_robustness_rows(path: Path, table: StressTable) -> None:
    """Write one row a (picture, corruption, strength).

    Raises:
        MetricsError: there is no row.
    """
    if not table.id:
        raise MetricsError("there is no corrupted picture to write")
    columns: dict[str, Any] = {name: list(getattr(table, name)) for name in WHERE}
    for name, called in table.called.items():
        columns[name + CALLED] = called.astype(np.int8)
        columns[name + TRUE] = table.true[name].round(DIGITS)
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).astype({"strength": np.int8}).to_parquet(path, index=False)


def read_robustness(path: Path) -> StressTable:
    """Read the rows back.

    Raises:
        MetricsError: the file is absent, damaged or lacks a column.
    """
    if not path.is_file():
        raise MetricsError(f"{path.name} has not been computed; run `make evaluate`")
    try:
        frame = pd.read_parquet(path)
        names = [c.removesuffix(CALLED) for c in frame.columns if c.endswith(CALLED)]
        return StressTable(
            **{name: tuple(frame[name].tolist()) for name in WHERE},
            called={name: frame[name + CALLED].to_numpy(np.int64) for name in names},
            true={name: frame[name + TRUE].to_numpy(np.float64) for name in names},
        )
    except (KeyError, OSError, ValueError) as error:
        raise MetricsError(
            f"{path.name} cannot be used ({type(error).__name__}); run `make evaluate` to write "
            "it again"
        ) from error


def balanced_samples(called: Labels, labels: Labels, weights: Numbers) -> Numbers:
    """Balanced accuracy (B,) under every row of weights (B, N); NaN where a class is absent."""
    matrix = confusion(called, labels, weights)
    return np.asarray(ratio(np.diagonal(matrix, axis1=1, axis2=2), matrix.sum(axis=2)).mean(axis=1))


def robustness_figures(
    table: StressTable, clean: ClassificationTable, *, draws: int = DRAWS
) -> dict[str, Any]:
    """Curves of every network under every corruption, with the bootstrap over groups.

    Args:
        table: all rows.
        clean: test part of the rows of the clean split: group and class of every picture, and
            what the networks of the other figures say of it.
        draws: of the bootstrap.

    Returns:
        protocol, n_pictures, n_groups, "same_networks" (the untouched pictures are read as in the
        rows of the clean split), "untouched": [network] → balanced accuracy, and "corruptions":
        [name] → "values" and "models": [network] → [strength 1..] → "balanced_accuracy" and
        "change", the paired difference from the untouched pictures.

    Raises:
        MetricsError: a picture is no test picture, or lacks one of its versions.
    """
    parts = _parts(table)
    untouched = parts.pop((UNTOUCHED, 0), {})
    at, places = _fitting(untouched, parts, clean), list(untouched.values())
    groups = [clean.where["group"][place] for place in at]
    labels, weights = clean.labels[at], resample(groups, draws=draws)
    measured = partial(_balanced, table, labels=labels, weights=weights)
    before = measured(places)
    corruptions: dict[str, Any] = {}
    for (name, strength), part in parts.items():
        rows = list(part.values())
        curve = corruptions.setdefault(name, {"values": [], "models": {m: {} for m in before}})
        curve["values"].append(table.value[rows[0]])
        for model, after in measured(rows).items():
            curve["models"][model][str(strength)] = _point(after, before[model])
    return {
        "protocol": PROTOCOL,
        "n_pictures": len(places),
        "n_groups": len(set(groups)),
        "same_networks": _same(table, places, clean, at=at),
        "untouched": {model: interval_of(samples) for model, samples in before.items()},
        "corruptions": corruptions,
    }


def _balanced(
    table: StressTable, rows: Sequence[int], *, labels: Labels, weights: Numbers
) -> dict[str, Numbers]:
    """[network] → balanced accuracy (B,) on some rows, one of every picture in their order."""
    return {
        model: balanced_samples(called[rows], labels, weights)
        for model, called in table.called.items()
    }


def _parts(table: StressTable) -> dict[tuple[str, int], dict[str, int]]:
    """[corruption, strength] → [picture] → its row; strengths rising, pictures by path."""
    parts: dict[tuple[str, int], dict[str, int]] = {}
    order = sorted(range(len(table.id)), key=lambda row: (table.strength[row], table.id[row]))
    for row in order:
        key = (table.corruption[row], table.strength[row])
        parts.setdefault(key, {})[table.id[row]] = row
    return parts


def _fitting(
    untouched: Mapping[str, int],
    parts: Mapping[tuple[str, int], Mapping[str, int]],
    clean: ClassificationTable,
) -> Labels:
    """Place (N,) of every untouched picture among the rows of the clean split.

    Raises:
        MetricsError: a picture is no test picture, or lacks one of its versions.
    """
    ids = list(untouched)
    known = {name: at for at, name in enumerate(clean.where["id"])}
    if not ids or any(list(part) != ids for part in parts.values()) or not set(ids) <= set(known):
        raise MetricsError(
            "the rows of corrupted pictures do not fit the clean split; run `make evaluate` to "
            "write them again"
        )
    return np.array([known[name] for name in ids])


def _point(after: Numbers, before: Numbers) -> dict[str, Interval]:
    change, _ = paired_difference(after, before)
    return {"balanced_accuracy": interval_of(after), "change": change}


def _same(
    table: StressTable, rows: Sequence[int], clean: ClassificationTable, *, at: Labels
) -> bool:
    """Whether the untouched pictures were read by the networks of the clean split's rows."""
    if set(table.true) != set(with_mean(clean.logits)):
        return False
    labels = clean.labels[at]
    for name, logits in with_mean(clean.logits).items():
        expected = softmax(logits[at])[np.arange(len(at)), labels]
        if np.abs(expected - table.true[name][list(rows)]).max() > SAME:
            return False
    return True
