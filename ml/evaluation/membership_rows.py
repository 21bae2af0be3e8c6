"""The table of looked-up pictures, the choice of the distance, and the figures from both.

`membership_clean.csv`: id, group, part, variant, distance, hit, ms. `part` is that of the split:
training pictures come in edited copies, held-out pictures as published. `ms` is the processor
time of the look-up. Hits are derived from the distances again, not read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.datasets.hashing import BITS
from ml.errors import MetricsError
from ml.evaluation.copies import AS_PUBLISHED, KINDS, SAME_PICTURE
from ml.evaluation.intervals import (
    DRAWS,
    Interval,
    Numbers,
    interval_of,
    resample,
    weighted_mean,
)
from ml.evaluation.membership_published import COMMAND
from ml.evaluation.table_files import read_lines, unusable, write_lines

COLUMNS: Final[tuple[str, ...]] = ("id", "group", "part", "variant", "distance", "hit", "ms")
MOST_FALSE: Final[float] = 0.01
"""Largest share of held-out pictures that may be taken for training pictures."""

RULE: Final[str] = (
    "largest distance at which the upper end of the 95 % interval of the false hits on the "
    f"validation part of data/splits/clean.csv is at most {100 * MOST_FALSE:g} %"
)
PROTOCOL: Final[str] = (
    "Hits: training pictures, one of every patient group and then others by lot, each as published "
    "and in edited copies; a hit is a copy for which any training picture is near enough. False "
    "hits: pictures of held-out patient groups, one a near-duplicate cluster, as published. Every "
    "picture goes in as a file. The distance was chosen on the validation part. Intervals: 95 % "
    f"percentile bootstrap over groups, {DRAWS} draws; they have no width where every group gave "
    "the same. Time: processor time of the look-up of a decoded scan, all cores together."
)


@dataclass(frozen=True)
class LookUp:
    """One picture that was looked up.

    Attributes:
        id: path relative to the data root.
        group: patient group.
        part: "train", "validation" or "test".
        variant: edit it went in with (`ml.evaluation.copies`).
        distance: to the nearest training picture, 0..256.
        ms: processor time, milliseconds, rounded as it is written.
    """

    id: str
    group: str
    part: str
    variant: str
    distance: int
    ms: float


def write_look_ups(path: Path, rows: Sequence[LookUp], max_distance: int) -> None:
    """Write one line a picture and variant."""
    body = (
        (
            *(row.id, row.group, row.part, row.variant),
            *(row.distance, int(row.distance <= max_distance), f"{row.ms:.1f}"),
        )
        for row in rows
    )
    write_lines(path, COLUMNS, body)


def read_look_ups(path: Path) -> list[LookUp]:
    """Read the lines back.

    Raises:
        MetricsError: the file is absent, empty or lacks a column.
    """
    lines = read_lines(path, command=COMMAND)
    try:
        return [
            LookUp(
                **{name: line[name] for name in ("id", "group", "part", "variant")},
                distance=int(line["distance"]),
                ms=float(line["ms"]),
            )
            for line in lines
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise unusable(path, error, command=COMMAND) from error


def choose_distance(rows: Sequence[LookUp], *, draws: int = DRAWS) -> int:
    """The distance that `RULE` gives on the validation rows among `rows`.

    Raises:
        MetricsError: there is no validation row, or no distance keeps to the rule.
    """
    held_out = [row for row in rows if row.part == "validation"]
    if not held_out:
        raise MetricsError("no validation picture was looked up; run `make evaluate`")
    weights = resample([row.group for row in held_out], draws=draws)
    distances = _distances(held_out)
    chosen = None
    # in steps of 2: half of every hash is ones, so two of them differ in an even number of bits
    for limit in range(0, BITS + 1, 2):
        if interval_of(weighted_mean(_hits(distances, limit), weights)).high > MOST_FALSE:
            break
        chosen = limit
    if chosen is None:
        raise MetricsError("held-out pictures equal training pictures; look at the split again")
    return chosen


def membership_figures(
    rows: Sequence[LookUp],
    *,
    split_id: str,
    index: Mapping[str, Any],
    draws: int = DRAWS,
) -> dict[str, Any]:
    """The content of membership.json, with `Interval` leaves.

    Args:
        rows: all rows of the table.
        split_id: of the split in use.
        index: what is said of the index: its SHA-256 and its number of pictures.
        draws: of the bootstrap.

    Raises:
        MetricsError: a part or a kind of copy has no row.
    """
    limit = choose_distance(rows, draws=draws)
    held_out = {name: [r for r in rows if r.part == name] for name in ("validation", "test")}
    training = [row for row in rows if row.part == "train"]
    kinds = {name: [r for r in training if r.variant in KINDS[name]] for name in KINDS}
    whole = [row for name in SAME_PICTURE for row in kinds[name]]
    times = [row.ms for row in rows if row.variant == AS_PUBLISHED]
    return {
        "protocol": PROTOCOL,
        "split_id": split_id,
        "index": dict(index),
        "max_distance": limit,
        "chosen_on": RULE,
        "hits": _share(whole, limit, draws),
        "hits_by_kind": {name: _share(part, limit, draws) for name, part in kinds.items()},
        "false_hits": {name: _share(part, limit, draws) for name, part in held_out.items()},
        "ms": {
            "median": float(np.median(times)),
            "p95": float(np.percentile(times, 95)),
            "n": len(times),
        },
    }


def _share(rows: Sequence[LookUp], limit: int, draws: int) -> dict[str, Any]:
    """Share of rows at most `limit` away, with counts and the largest and smallest distance."""
    if not rows:
        raise MetricsError("a kind of copy or a part of the split was not looked up")
    distances = _distances(rows)
    weights = resample([row.group for row in rows], draws=draws)
    share: Interval = interval_of(weighted_mean(_hits(distances, limit), weights))
    return {
        "n_pictures": len({row.id for row in rows}),
        "n_groups": len({row.group for row in rows}),
        "n_look_ups": len(rows),
        "nearest": int(distances.min()),
        "farthest": int(distances.max()),
        "share": share,
    }


def _distances(rows: Sequence[LookUp]) -> Numbers:
    return np.array([row.distance for row in rows], dtype=np.float64)


def _hits(distances: Numbers, limit: int) -> Numbers:
    return (distances <= limit).astype(np.float64)
