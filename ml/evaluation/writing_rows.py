"""The table of pictures searched for writing, the choice of the limit, and the figures.

`writing_clean.csv`: id, group, part, material, score, and where something was written on it the
height of a capital letter, contrast, grey level beneath and font; where nothing was, the time.
`writing_seen.csv`: published pictures over the limit, with what was seen there
by looking at them. Both give every figure.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.datasets.tables import split_id
from ml.errors import MetricsError
from ml.evaluation.intervals import DRAWS, Numbers, interval_of, resample, weighted_mean
from ml.evaluation.letters import LEAST_CONTRAST, NEW, SIZES_PX
from ml.evaluation.places import Places
from ml.evaluation.table_files import read_lines, unusable, write_lines
from ml.inference.writing import COMMAND

AS_PUBLISHED: Final[str] = "as published"
PICTURE: Final[str] = "written on a picture"
PHANTOM: Final[str] = "written on a simulated scan"
COLUMNS: Final[tuple[str, ...]] = (
    *("id", "group", "part", "material", "score"),
    *("size_px", "contrast", "beneath", "font", "ms"),
)
WRITING: Final[str] = "writing"
NONE: Final[str] = "none"
MOST_FALSE: Final[float] = 0.01
"""Largest share of validation pictures without writing that may be warned of."""
BLACK: Final[float] = 16.0
"""Mean grey level of 255 below which letters stand beside the head."""

RULE: Final[str] = (
    f"least score that at most {100 * MOST_FALSE:g} % of the published pictures of the validation "
    "part of data/splits/clean.csv reach, those left out in which writing was seen"
)
PROTOCOL: Final[str] = (
    "Hits: simulated scans, and pictures of held-out patients, with a random name, date or number "
    f"written on them by code: capitals of {SIZES_PX[0]} to {SIZES_PX[1]} px (OpenCV's "
    "faces come out a quarter smaller), any place and "
    f"brightness that differs from what is beneath by {LEAST_CONTRAST:g} of 255 or more, seven "
    "fonts of which three were new to the detector; a hit is a window over the limit that lies on "
    "the writing. False alarms: pictures of held-out patients as published, one a near-duplicate "
    "cluster. Some of these have writing: every one over the limit was looked at, one by one, and "
    "those with letters or figures (also of a scale) are counted apart, not as false alarms; "
    "pictures under the limit were not looked at. The detector was fitted on training pictures and "
    "the limit chosen on validation. Intervals: 95 % percentile bootstrap over groups, "
    f"{DRAWS} draws. Time: processor time of a decoded scan, all cores together."
)


@dataclass(frozen=True)
class Tried:
    """One picture that was searched.

    Attributes:
        id: path relative to the data root, or number of a simulated scan.
        group: patient group, or the same number.
        part: "validation" or "test".
        material: AS_PUBLISHED, PICTURE or PHANTOM.
        score: highest of a window; where something was written, of one that lies on it.
        size_px: height of a capital letter of what was written, 0 for nothing.
        contrast: of the letters, of 255.
        beneath: mean grey level beneath them, of 255.
        font: one of `ml.evaluation.letters.FONTS`, or "".
        ms: processor time, milliseconds; 0 where it was not taken.
    """

    id: str
    group: str
    part: str
    material: str
    score: float
    size_px: int = 0
    contrast: float = 0.0
    beneath: float = 0.0
    font: str = ""
    ms: float = 0.0


def write_tried(path: Path, rows: Sequence[Tried]) -> None:
    """Write one line a picture."""
    body = (
        (
            *(row.id, row.group, row.part, row.material, f"{row.score:.4f}"),
            *(row.size_px, f"{row.contrast:.1f}", f"{row.beneath:.1f}", row.font, f"{row.ms:.1f}"),
        )
        for row in rows
    )
    write_lines(path, COLUMNS, body)


def read_tried(path: Path) -> list[Tried]:
    """Read the lines back.

    Raises:
        MetricsError: the file is absent, empty or lacks a column.
    """
    lines = read_lines(path, command=COMMAND)
    try:
        return [
            Tried(
                id=line["id"],
                group=line["group"],
                part=line["part"],
                material=line["material"],
                score=float(line["score"]),
                size_px=int(line["size_px"]),
                contrast=float(line["contrast"]),
                beneath=float(line["beneath"]),
                font=line["font"],
                ms=float(line["ms"]),
            )
            for line in lines
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise unusable(path, error, command=COMMAND) from error


def read_seen(path: Path) -> dict[str, bool]:
    """[published picture] → whether writing was seen in it by looking at it.

    Raises:
        MetricsError: the file is absent, empty or not what it should be.
    """
    lines = read_lines(path, command=COMMAND)
    try:
        return {line["id"]: {WRITING: True, NONE: False}[line["seen"]] for line in lines}
    except KeyError as error:
        raise unusable(path, error, command=COMMAND) from error


def choose_limit(rows: Sequence[Tried], seen: Mapping[str, bool]) -> float:
    """The limit that `RULE` gives.

    Raises:
        MetricsError: there is no validation picture without writing.
    """
    free = [row for row in _published(rows, "validation") if not seen.get(row.id, False)]
    if not free:
        raise MetricsError(f"no validation picture was searched for writing; run `{COMMAND}`")
    scores = sorted((row.score for row in free), reverse=True)
    return round(scores[int(MOST_FALSE * len(scores))] + 1e-4, 4)


def build_writing(places: Places) -> dict[str, Any]:
    """The content of writing.json of a repository, with `Interval` leaves.

    Raises:
        MetricsError: rows are absent or unusable, or the split or the small network is missing.
    """
    try:
        split, letters = places.split.read_bytes(), places.letters.read_bytes()
    except OSError as error:
        raise unusable(places.letters, error, command=COMMAND) from error
    return writing_figures(
        read_tried(places.writing_rows),
        read_seen(places.writing_seen),
        split_id=split_id(split),
        letters={"sha256": hashlib.sha256(letters).hexdigest()},
    )


def writing_figures(
    rows: Sequence[Tried],
    seen: Mapping[str, bool],
    *,
    split_id: str,
    letters: Mapping[str, Any],
    draws: int = DRAWS,
) -> dict[str, Any]:
    """The content of writing.json, with `Interval` leaves.

    Args:
        rows: all rows of the table.
        seen: see `read_seen`.
        split_id: of the split in use.
        letters: what is said of the small network: its SHA-256.
        draws: of the bootstrap.

    Raises:
        MetricsError: rows are missing, or a test picture over the limit was not looked at.
    """
    limit = choose_limit(rows, seen)
    test = _published(rows, "test")
    over = _looked_at([row for row in test if row.score >= limit], seen)
    written = [row for row in rows if row.part == "test" and row.material != AS_PUBLISHED]
    times = [row.ms for row in rows if row.material == AS_PUBLISHED]
    return {
        "protocol": PROTOCOL,
        "chosen_on": RULE,
        "split_id": split_id,
        "letters": dict(letters),
        "limit": limit,
        "hits": {name: _share(part, limit, draws) for name, part in _kinds(written).items()},
        "false_alarms": _share([row for row in test if not seen.get(row.id, False)], limit, draws),
        "with_writing": sum(seen.get(row.id, False) for row in over),
        "ms": {
            "median": float(np.median(times)),
            "p95": float(np.percentile(times, 95)),
            "n": len(times),
        },
    }


def _looked_at(over: Sequence[Tried], seen: Mapping[str, bool]) -> Sequence[Tried]:
    """Pictures over the limit, once all of them were looked at.

    Raises:
        MetricsError: one of them was not.
    """
    unseen = [row.id for row in over if row.id not in seen]
    if unseen:
        raise MetricsError(
            f"{len(unseen)} pictures over the limit were not looked at, for instance "
            f"{unseen[0]}; look at them and note what is there in writing_seen.csv"
        )
    return over


_KINDS: Final[Mapping[str, Callable[[Tried], bool]]] = {
    "simulated": lambda row: row.material == PHANTOM,
    "pictures": lambda row: row.material == PICTURE,
    "size_8_15": lambda row: row.size_px < 16,
    "size_16_40": lambda row: row.size_px >= 16,
    "beside_the_head": lambda row: row.beneath < BLACK,
    "on_the_head": lambda row: row.beneath >= BLACK,
    "new_fonts": lambda row: row.font in NEW,
}
"""[name] → whether a row with writing is of this kind; the last five are of both materials."""


def _kinds(written: Sequence[Tried]) -> dict[str, list[Tried]]:
    return {name: [row for row in written if belongs(row)] for name, belongs in _KINDS.items()}


def _published(rows: Sequence[Tried], part: str) -> list[Tried]:
    return [row for row in rows if row.part == part and row.material == AS_PUBLISHED]


def _share(rows: Sequence[Tried], limit: float, draws: int) -> dict[str, Any]:
    """Share of rows over the limit, with counts."""
    if not rows:
        raise MetricsError(f"a kind of picture was not searched for writing; run `{COMMAND}`")
    weights = resample([row.group for row in rows], draws=draws)
    found: Numbers = np.array([row.score >= limit for row in rows], np.float64)
    return {
        "share": interval_of(weighted_mean(found, weights)),
        "n_pictures": len(rows),
        "n_groups": len({row.group for row in rows}),
    }
