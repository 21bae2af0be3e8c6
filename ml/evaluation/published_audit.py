"""The figures of a data audit with types: the published ones, or those of one's own set.

`assets/metrics/audit.json` is written by ``python -m ml.datasets.audit`` from the rows in
`assets/metrics/rows/audit.csv`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.evaluation.figures_file import told

COMMAND = "python -m ml.datasets.audit"


@dataclass(frozen=True)
class Counts:
    """How much there is of something.

    Attributes:
        pictures: files.
        slices: distinct slices among them (near-duplicate clusters).
        groups: persons, as far as pixels or ids tell.
    """

    pictures: int
    slices: int
    groups: int


@dataclass(frozen=True)
class Leak:
    """How far the official test part of a set repeats its own training part.

    Attributes:
        test_pictures: pictures of the test part.
        exact_copy: share of them with the same bytes in training; None without a test part.
        copy: share with the same slice in training.
        groupmate: share with a picture of the same person in training.
    """

    test_pictures: int
    exact_copy: float | None
    copy: float | None
    groupmate: float | None


@dataclass(frozen=True)
class SetFigures:
    """What the audit found in one set.

    Attributes:
        counts: pictures, distinct slices and patient groups.
        exact_copies: files whose bytes another file has already.
        near_copies: pictures that show a slice which another picture shows already.
        conflicting_slices: distinct slices whose copies have contradictory labels.
        conflicting_pictures: pictures of these slices.
        largest_group: pictures of the largest patient group.
        leak: the official test part against the training part.
    """

    counts: Counts
    exact_copies: int
    near_copies: int
    conflicting_slices: int
    conflicting_pictures: int
    largest_group: int
    leak: Leak


@dataclass(frozen=True)
class AuditFigures:
    """All figures of one audit.

    Attributes:
        whole: all sets together.
        sets: by name of the set.
        classes: [set][label] → counts.
        copies_in: [set][other set] → pictures of the set with a copy in the other.
    """

    whole: SetFigures
    sets: Mapping[str, SetFigures]
    classes: Mapping[str, Mapping[str, Counts]]
    copies_in: Mapping[str, Mapping[str, int]]


def load(path: Path) -> AuditFigures:
    """Read the published figures.

    Raises:
        MetricsError: the file is absent or cannot be used.
    """
    with told(
        f"The data sets have not been audited. Run `{COMMAND}`.",
        f"The file of the audit's figures cannot be read. Run `{COMMAND}` to write it anew.",
    ):
        return figures_in(json.loads(path.read_text(encoding="utf-8")))


def figures_in(raw: Mapping[str, Any]) -> AuditFigures:
    """Types for the report of `ml.datasets.audit`.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: it is no such report.
    """
    return AuditFigures(
        whole=_set(raw["all"]),
        sets={name: _set(one) for name, one in raw["sources"].items()},
        classes={
            name: {label: _counts(one) for label, one in labels.items()}
            for name, labels in raw["class_by_source"].items()
        },
        copies_in={
            name: {other: int(count) for other, count in others.items()}
            for name, others in raw["pictures_with_copy_in"].items()
        },
    )


def _set(raw: Mapping[str, Any]) -> SetFigures:
    leak = raw["test_against_train"]
    return SetFigures(
        counts=_counts(raw),
        exact_copies=int(raw["exact_copies"]),
        near_copies=int(raw["near_copies"]),
        conflicting_slices=int(raw["conflicting_clusters"]),
        conflicting_pictures=int(raw["pictures_in_conflicting_clusters"]),
        largest_group=int(raw["largest_group"]),
        leak=Leak(
            test_pictures=int(leak["test_pictures"]),
            exact_copy=_share(leak["share_with_exact_copy"]),
            copy=_share(leak["share_with_copy"]),
            groupmate=_share(leak["share_with_groupmate"]),
        ),
    )


def _counts(raw: Mapping[str, Any]) -> Counts:
    return Counts(int(raw["pictures"]), int(raw["clusters"]), int(raw["groups"]))


def _share(raw: Any) -> float | None:
    return None if raw is None else float(raw)
