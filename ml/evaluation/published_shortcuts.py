"""Figures of the shortcut and robustness checks, read back with types.

`background.json` and `robustness.json` are written by the evaluation alone. A file that is not
there was not measured yet; a figure it lacks is None, never a number from elsewhere.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.errors import MetricsError
from ml.evaluation.published import COMMAND, Interval, intervals_in


@dataclass(frozen=True)
class Background:
    """What the background alone gives away (EVALUATION.md, section 6).

    Attributes:
        protocol: how it was measured, in words.
        n_pictures: test pictures.
        n_groups: patient groups among them.
        views: [what the probe saw] → [figure] → interval.
    """

    protocol: str
    n_pictures: int | None
    n_groups: int | None
    views: Mapping[str, Mapping[str, Interval]]


@dataclass(frozen=True)
class Point:
    """One network at one strength.

    Attributes:
        balanced_accuracy: of the class put first.
        change: paired difference from the untouched pictures.
    """

    balanced_accuracy: Interval
    change: Interval

    @property
    def falls(self) -> bool:
        """The interval of the change lies below 0."""
        return self.change.high is not None and self.change.high < 0.0


@dataclass(frozen=True)
class Curves:
    """All networks under one corruption.

    Attributes:
        values: the corruption's stated number at strengths 1, 2, …
        models: [network, and "mean"] → one point a strength.
    """

    values: tuple[float, ...]
    models: Mapping[str, tuple[Point, ...]]


@dataclass(frozen=True)
class Robustness:
    """Balanced accuracy on corrupted test pictures (EVALUATION.md, section 6).

    Attributes:
        protocol: how it was measured, in words.
        n_pictures: test pictures, each version counted once.
        n_groups: patient groups among them.
        same_networks: the networks are those of the other figures.
        untouched: [network, and "mean"] → balanced accuracy at strength 0.
        corruptions: by name.
    """

    protocol: str
    n_pictures: int | None
    n_groups: int | None
    same_networks: bool
    untouched: Mapping[str, Interval]
    corruptions: Mapping[str, Curves]


def load_background(path: Path) -> Background | None:
    """The figures of the probe, None where nobody measured them.

    Raises:
        MetricsError: the file is damaged.
    """
    raw = _read(path, "views")
    if raw is None:
        return None
    return Background(
        protocol=str(raw.get("protocol", "")),
        n_pictures=_count(raw.get("n_pictures")),
        n_groups=_count(raw.get("n_groups")),
        views={name: intervals_in(view) for name, view in raw["views"].items()},
    )


def load_robustness(path: Path) -> Robustness | None:
    """The curves, None where nobody measured them.

    Raises:
        MetricsError: the file is damaged.
    """
    raw = _read(path, "corruptions")
    if raw is None:
        return None
    try:
        corruptions = {name: _curves(found) for name, found in raw["corruptions"].items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error
    return Robustness(
        protocol=str(raw.get("protocol", "")),
        n_pictures=_count(raw.get("n_pictures")),
        n_groups=_count(raw.get("n_groups")),
        same_networks=raw.get("same_networks") is True,
        untouched=intervals_in(raw.get("untouched")),
        corruptions=corruptions,
    )


def _curves(raw: Mapping[str, Any]) -> Curves:
    values = tuple(float(value) for value in raw["values"])
    wanted = [str(strength) for strength in range(1, len(values) + 1)]
    return Curves(
        values=values,
        models={
            model: tuple(_point(points[strength]) for strength in wanted)
            for model, points in raw["models"].items()
        },
    )


def _point(raw: Mapping[str, Any]) -> Point:
    found = intervals_in(raw)
    return Point(found.get("balanced_accuracy", Interval()), found.get("change", Interval()))


def _read(path: Path, needed: str) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    if not isinstance(raw, dict) or not isinstance(raw.get(needed), dict):
        raise _damaged(path)
    return raw


def _damaged(path: Path) -> MetricsError:
    return MetricsError(f"{path.name} cannot be read. Run `{COMMAND}` to write it anew.")


def _count(raw: object) -> int | None:
    return int(raw) if isinstance(raw, int) else None
