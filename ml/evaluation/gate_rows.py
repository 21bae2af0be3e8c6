"""The table of pictures tried on the gate, the choice of method and limit, and the figures.

`gate_clean.csv`: id, kind, group, part, the score of every method of `ml.inference.familiar`, and
the four looks at the pixels. Kind `BRAIN` are pictures of held-out patients; other kinds of the
parts "validation" and "test" are no brain MRI; part "other" is brain MRI of other kinds. What is
refused is derived from scores and looks again, not read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.errors import MetricsError
from ml.evaluation.classification import ranking_samples
from ml.evaluation.gate_published import COMMAND
from ml.evaluation.intervals import DRAWS, Numbers, interval_of, resample, weighted_mean
from ml.evaluation.other_mri import OTHER
from ml.evaluation.table_files import read_lines, unusable, write_lines
from ml.inference.familiar import METHODS
from ml.inference.pixel_checks import PixelChecks, PixelLimits

BRAIN: Final[str] = "brain MRI"
"""Kind of the pictures that should pass."""
WHERE: Final[tuple[str, ...]] = ("id", "kind", "group", "part")
LOOKS: Final[tuple[str, ...]] = ("bright", "colour", "levels", "corners")
DIGITS: Final[int] = 6
MOST_REFUSED: Final[float] = 0.01
"""Largest share of validation brain MRI that a limit may refuse."""

RULE: Final[str] = (
    f"limit of each method: the least that refuses at most {100 * MOST_REFUSED:g} % of the brain "
    "MRI of the validation part of data/splits/clean.csv, looks at the pixels included; of the "
    "methods the one that lets the fewest validation pictures of other things pass, then the "
    "highest AUROC there, then the first"
)
PROTOCOL: Final[str] = (
    "Brain MRI: pictures of held-out patient groups, one a near-duplicate cluster, Br35H's tumours "
    "of unknown type included. Other things: pictures inside scikit-learn, pydicom and nibabel, "
    "and drawings by code; validation and test share no picture, and what is of a kind that "
    "validation did not have is told apart too. Space and "
    "pixel limits were fitted on training pictures; the weights of the taught score on these and "
    "on validation pictures of other things, whose own score comes from weights taught without "
    "their kind; method and limit were chosen on validation. "
    f"Intervals: 95 % percentile bootstrap over groups, {DRAWS} draws; crops, flips and windows of "
    "one picture, and all drawings of a kind, are one group, and an interval has no width where "
    "every group gave the same. "
    "AUROC: brain MRI against other things, a picture that fails a look at its pixels ranks last. "
    "Other kinds of brain MRI: test pictures spoilt on purpose, a diffusion series, and this "
    "project's simulated scans; not part of any choice."
)


@dataclass(frozen=True)
class Tried:
    """One picture that was tried.

    Attributes:
        id: name of the picture.
        kind: what it shows.
        group: patient group, or source of the picture.
        part: "validation", "test" or "other".
        scores: [method] → distance from the training pictures.
        looks: what its pixels are like.
    """

    id: str
    kind: str
    group: str
    part: str
    scores: Mapping[str, float]
    looks: PixelChecks


def write_tried(path: Path, rows: Sequence[Tried]) -> None:
    """Write one line a picture."""
    body = (
        (
            *(getattr(row, name) for name in WHERE),
            *(f"{row.scores[name]:.{DIGITS}f}" for name in METHODS),
            *(f"{getattr(row.looks, name):.{DIGITS}f}" for name in LOOKS),
        )
        for row in rows
    )
    write_lines(path, (*WHERE, *METHODS, *LOOKS), body)


def read_tried(path: Path) -> list[Tried]:
    """Read the lines back.

    Raises:
        MetricsError: the file is absent, empty or lacks a column.
    """
    lines = read_lines(path, command=COMMAND)
    try:
        return [
            Tried(
                **{name: line[name] for name in WHERE},
                scores={name: float(line[name]) for name in METHODS},
                looks=PixelChecks(**{name: float(line[name]) for name in LOOKS}),
            )
            for line in lines
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise unusable(path, error, command=COMMAND) from error


def distances(rows: Sequence[Tried], method: str, pixels: PixelLimits) -> Numbers:
    """(N,) score of every picture, infinite where a look at its pixels refuses it already."""
    return np.array(
        [np.inf if pixels.broken(row.looks) else row.scores[method] for row in rows], np.float64
    )


def choose(rows: Sequence[Tried], pixels: PixelLimits) -> dict[str, Any]:
    """The method and limit that `RULE` gives on the validation rows, and every candidate.

    Raises:
        MetricsError: validation lacks brain MRI or other things, or no limit keeps to the rule.
    """
    brain, foreign = _part(rows, "validation")
    once = np.ones((1, len(brain) + len(foreign)))
    found: dict[str, Any] = {}
    for method in METHODS:
        passing, others = (distances(part, method, pixels) for part in (brain, foreign))
        limit = float(np.quantile(passing, 1.0 - MOST_REFUSED, method="higher"))
        if not np.isfinite(limit):
            raise MetricsError("the looks at the pixels refuse too much brain MRI; fit them anew")
        found[method] = {
            "limit": limit,
            "refused_brain_mri": float((passing > limit).mean()),
            "passed_other_things": float((others <= limit).mean()),
            "auroc": float(_auroc(passing, others, once)[0]),
        }
    best = min(METHODS, key=lambda name: _worth(found[name]))
    return {"chosen": {"method": best, "limit": found[best]["limit"]}, "candidates": found}


def gate_figures(
    rows: Sequence[Tried],
    pixels: PixelLimits,
    *,
    split_id: str,
    space: Mapping[str, Any],
    draws: int = DRAWS,
) -> dict[str, Any]:
    """The content of gate.json, with `Interval` leaves.

    Args:
        rows: all rows of the table.
        pixels: limits of the looks at the pixels.
        split_id: of the split in use.
        space: what is said of the fitted space: its SHA-256 and its number of pictures.
        draws: of the bootstrap.

    Raises:
        MetricsError: a part is missing, or no limit keeps to the rule.
    """
    found = choose(rows, pixels)
    chosen = _Chosen(pixels, **found["chosen"])
    other = [row for row in rows if row.part == OTHER]
    return {
        "protocol": PROTOCOL,
        "split_id": split_id,
        "space": dict(space),
        "chosen_by": RULE,
        **found,
        "test": _tested(rows, chosen, draws),
        "kinds": _by_kind(_part(rows, "test")[1], chosen, draws),
        "other_brain_mri": _by_kind(other, chosen, draws),
    }


@dataclass(frozen=True)
class _Chosen:
    """How the gate decides."""

    pixels: PixelLimits
    method: str
    limit: float

    def distances(self, rows: Sequence[Tried]) -> Numbers:
        """(N,) score by the chosen method, infinite where the pixels refuse."""
        return distances(rows, self.method, self.pixels)


def _tested(rows: Sequence[Tried], chosen: _Chosen, draws: int) -> dict[str, Any]:
    """How the test part fares; of new kinds are things of which validation has no example."""
    brain, foreign = _part(rows, "test")
    weights = resample([row.group for row in (*brain, *foreign)], draws=draws)
    near, far = chosen.distances(brain), chosen.distances(foreign)
    known = {row.kind for row in _part(rows, "validation")[1]}
    new = [row for row in foreign if row.kind not in known]
    return {
        "auroc": interval_of(_auroc(near, far, weights)),
        "brain_mri": _refused(brain, chosen, draws),
        "other_things": _refused(foreign, chosen, draws),
        "other_things_of_new_kinds": _refused(new, chosen, draws),
        "other_things_by_pixels": float(np.mean(np.isinf(far))),
    }


def _part(rows: Sequence[Tried], part: str) -> tuple[list[Tried], list[Tried]]:
    """Brain MRI and other things of a part."""
    inside = [row for row in rows if row.part == part]
    brain = [row for row in inside if row.kind == BRAIN]
    foreign = [row for row in inside if row.kind != BRAIN]
    if not brain or not foreign:
        raise MetricsError(f"the {part} part of the gate's rows is not whole; run `{COMMAND}`")
    return brain, foreign


def _auroc(brain: Numbers, foreign: Numbers, weights: Numbers) -> Numbers:
    """(B,) how often another thing is farther away than a brain MRI; brain MRI come first."""
    positive = np.arange(len(brain) + len(foreign)) >= len(brain)
    return np.asarray(ranking_samples(np.concatenate([brain, foreign]), positive, weights)[0])


def _worth(found: Mapping[str, float]) -> tuple[float, float]:
    """Smaller is better: other things that pass, then the AUROC upside down."""
    return found["passed_other_things"], -found["auroc"]


def _refused(rows: Sequence[Tried], chosen: _Chosen, draws: int) -> dict[str, Any]:
    """Share of rows that are refused, with counts."""
    stopped = (chosen.distances(rows) > chosen.limit).astype(np.float64)
    groups = [row.group for row in rows]
    return {
        "n_pictures": len(rows),
        "n_groups": len(set(groups)),
        "refused": interval_of(weighted_mean(stopped, resample(groups, draws=draws))),
    }


def _by_kind(rows: Sequence[Tried], chosen: _Chosen, draws: int) -> dict[str, Any]:
    kinds = dict.fromkeys(row.kind for row in rows)
    return {
        kind: _refused([row for row in rows if row.kind == kind], chosen, draws) for kind in kinds
    }
