"""Rows of the split files, their counts, and writing them in one move."""

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ml.errors import DatasetError

__all__ = [
    "Row",
    "counts",
    "counts_by",
    "overlap",
    "read_rows",
    "split_id",
    "write_csv",
    "write_text",
]


@dataclass(frozen=True)
class Row:
    """One picture in the splits.

    Attributes:
        path: relative to the data root.
        label: the label in use: one of `ml.labels.CLASSES` or ``tumor``.
        shipped_label: the label its source gives it.
        source: which set.
        cluster: same slice; the id of its first member.
        group: same person, as far as known; the id of its first member.
        split: train, validation, test or excluded.
        fold: 0..4, or -1 when excluded.
        official: train, validation or test as shipped, or "".
        representative: 1 for the one member that counts for its cluster in a test set.
    """

    path: str
    label: str
    shipped_label: str
    source: str
    cluster: str
    group: str
    split: str
    fold: int
    official: str
    representative: int


def overlap(rows: Iterable[Row]) -> dict[str, float | int]:
    """How far the official test part of one source repeats its training part.

    Returns:
        Number of test pictures, and the shares of them with a copy (same cluster) and with a
        group-mate in training.
    """
    rows = list(rows)
    train = [r for r in rows if r.official == "train"]
    test = [r for r in rows if r.official == "test"]
    clusters, groups = {r.cluster for r in train}, {r.group for r in train}
    count = max(len(test), 1)
    return {
        "test_pictures": len(test),
        "share_with_copy_in_train": round(sum(r.cluster in clusters for r in test) / count, 4),
        "share_with_groupmate_in_train": round(sum(r.group in groups for r in test) / count, 4),
    }


def read_rows(path: Path, *, command: str = "python -m ml.datasets.splits") -> list[dict[str, str]]:
    """Rows of one of the committed CSV files.

    Args:
        path: the file.
        command: what makes it.

    Raises:
        DatasetError: the file is absent.
    """
    if not path.is_file():
        raise DatasetError(f"{path.name} is missing; make it with {command}")
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def split_id(content: bytes) -> str:
    """Short name of a split from the bytes of its file; changes when any line does."""
    return hashlib.sha256(content).hexdigest()[:16]


class Grouped(Protocol):
    """A picture whose slice and person are known as far as can be."""

    @property
    def cluster(self) -> str | int:
        """Same slice."""

    @property
    def group(self) -> str | int:
        """Same person."""


def counts(rows: Sequence[Grouped]) -> dict[str, int]:
    """Pictures, distinct slices and persons (as far as known) among some rows."""
    return {
        "pictures": len(rows),
        "clusters": len({r.cluster for r in rows}),
        "groups": len({r.group for r in rows}),
    }


def counts_by(rows: Iterable[Row], column: str) -> dict[str, dict[str, int]]:
    """`counts` for every value of a column, in order of the values."""
    chosen = list(rows)
    return {
        value: counts([r for r in chosen if getattr(r, column) == value])
        for value in sorted({getattr(r, column) for r in chosen})
    }


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the named columns of `rows`; the file appears complete or not at all."""
    partial = path.with_suffix(".part")
    with partial.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    partial.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write a text file that appears complete or not at all."""
    partial = path.with_suffix(".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
