"""The tables of scored heat maps: one row a picture, network and method.

`explanations_clean.csv`: id, group, label, split, network, method, called, energy, hit. `called`
is the class that the network put first and that the map explains. The centred Gaussian has no
network and class; its method is "gaussian_" and its standard deviation. A cell is empty where the
map has no positive energy.

`explanation_sanity_clean.csv`: id, group, network, step, correlation: the rank correlation of a
test picture's map with that of the same network after weights were drawn anew.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.errors import MetricsError
from ml.evaluation.published_explanations import COMMAND
from ml.evaluation.rows import number
from ml.evaluation.table_files import read_lines, unusable, write_lines
from ml.inference.explain import METHODS

SLOW: Final[tuple[str, ...]] = ("score_cam",)
"""Methods that need many forward passes: measured on a part of the pictures."""
UNTRAINED: Final[str] = "untrained"
WHOLE: Final[str] = "whole"
STEPS: Final[tuple[str, ...]] = ("head", "stride_32", "stride_16", "stride_8", WHOLE)
"""How far down weights are drawn anew: the head, then all that makes maps of a stride."""
GAUSSIAN: Final[str] = "gaussian_"
QUARTER: Final[float] = 0.25
WIDTHS: Final[tuple[float, ...]] = (0.02, 0.05, 0.1, 0.15, 0.2, QUARTER, 0.3, 0.4)
"""Standard deviations of the Gaussian that are tried, shares of the head box's side."""


@dataclass(frozen=True)
class ExplanationRow:
    """How well one map of one picture points at the tumour.

    Attributes:
        id: path of the picture.
        group: patient group.
        label: true class.
        split: "validation" or "test".
        network: registry name, "" for the Gaussian.
        method: one of `METHODS`, of `SLOW`, "untrained", or a Gaussian.
        called: class that the network put first, "" for the Gaussian.
        energy: share of the positive energy inside the mask, NaN where there is none.
        hit: pointing game, 0..1, NaN likewise; of untrained networks the mean over their heads.
    """

    id: str
    group: str
    label: str
    split: str
    network: str
    method: str
    called: str
    energy: float
    hit: float


@dataclass(frozen=True)
class SanityRow:
    """What drawing weights anew does to one map.

    Attributes:
        id: path of the picture.
        group: patient group.
        network: registry name.
        step: how far down from the head weights were drawn anew.
        correlation: Spearman's, of the maps before and after; NaN where one is flat.
    """

    id: str
    group: str
    network: str
    step: str
    correlation: float


def gaussian(width: float) -> str:
    """Name of the Gaussian of a width among the methods."""
    return f"{GAUSSIAN}{width:g}"


def mean_energy(rows: Iterable[ExplanationRow], method: str) -> float:
    """Mean over networks of the mean energy in the mask, NaN without a row."""
    by_network: dict[str, list[float]] = {}
    for row in rows:
        if row.method == method and not math.isnan(row.energy):
            by_network.setdefault(row.network, []).append(row.energy)
    return float(np.mean([np.mean(v) for v in by_network.values()])) if by_network else math.nan


def validation_energy(rows: Sequence[ExplanationRow], methods: Sequence[str]) -> dict[str, float]:
    """[method] → mean energy on the validation part, the mean over networks.

    Raises:
        MetricsError: a method was not measured there.
    """
    held = [row for row in rows if row.split == "validation"]
    found = {method: mean_energy(held, method) for method in methods}
    if any(math.isnan(value) for value in found.values()):
        raise MetricsError(f"a heat map was not scored on the validation part; run `{COMMAND}`")
    return found


def choose_method(rows: Sequence[ExplanationRow]) -> str:
    """The method with the highest mean energy on validation, of those a screen can draw.

    Raises:
        MetricsError: a method was not measured there.
    """
    found = validation_energy(rows, METHODS)
    return max(METHODS, key=found.__getitem__)


def choose_network(rows: Sequence[ExplanationRow], method: str) -> str:
    """The network whose maps by a method hold the most energy in the mask on validation.

    Raises:
        MetricsError: the method was not measured there.
    """
    validation_energy(rows, [method])
    held = [row for row in rows if row.split == "validation" and row.method == method]
    names = dict.fromkeys(row.network for row in held)
    energy = {
        name: mean_energy([row for row in held if row.network == name], method) for name in names
    }
    return max(energy, key=energy.__getitem__)


def choose_width(rows: Sequence[ExplanationRow]) -> float:
    """The width of the best centred Gaussian on validation.

    Raises:
        MetricsError: a width was not measured there.
    """
    found = validation_energy(rows, [gaussian(width) for width in WIDTHS])
    return max(WIDTHS, key=lambda width: found[gaussian(width)])


def write_explanation_rows(path: Path, rows: Sequence[ExplanationRow]) -> None:
    """Write one line a picture, network and method."""
    _write(path, rows, ExplanationRow)


def write_sanity_rows(path: Path, rows: Sequence[SanityRow]) -> None:
    """Write one line a picture, network and step."""
    _write(path, rows, SanityRow)


def read_explanation_rows(path: Path) -> list[ExplanationRow]:
    """Read the lines back.

    Raises:
        MetricsError: the file is absent, empty or lacks a column.
    """
    return [ExplanationRow(**_values(line, path, ExplanationRow)) for line in _lines(path)]


def read_sanity_rows(path: Path) -> list[SanityRow]:
    """Read the lines back.

    Raises:
        MetricsError: the file is absent, empty or lacks a column.
    """
    return [SanityRow(**_values(line, path, SanityRow)) for line in _lines(path)]


def _lines(path: Path) -> list[dict[str, str]]:
    return read_lines(path, command=COMMAND)


def _write(path: Path, rows: Sequence[ExplanationRow] | Sequence[SanityRow], kind: type) -> None:
    body = ([_cell(value) for value in astuple(row)] for row in rows)
    write_lines(path, [column.name for column in fields(kind)], body)


def _cell(value: str | float) -> str:
    return value if isinstance(value, str) else number(value)


def _values(line: Mapping[str, str], path: Path, kind: type) -> dict[str, Any]:
    try:
        return {
            column.name: _number(line[column.name]) if column.type is float else line[column.name]
            for column in fields(kind)
        }
    except (KeyError, TypeError, ValueError) as error:
        raise unusable(path, error, command=COMMAND) from error


def _number(text: str) -> float:
    return float(text) if text else math.nan
