"""Rows of an audit, and the figures that follow from them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ml.datasets.picture import TUMOR
from ml.datasets.tables import counts, read_rows

__all__ = ["COLUMNS", "AuditRow", "contradict", "csv_rows", "read_audit_rows", "report"]

COLUMNS: Final[tuple[str, ...]] = (
    "path",
    "source",
    "label",
    "official",
    "md5",
    "cluster",
    "group",
    "exact_copy_in_train",
    "copy_in_train",
    "groupmate_in_train",
    "label_conflict",
)


@dataclass(frozen=True)
class AuditRow:
    """What the audit found out about one picture.

    Attributes:
        path: relative to the folder that holds all audited sets.
        source: name of the set's folder.
        label: class folder it lies in.
        official: train, validation or test as shipped, or "".
        md5: of the file's bytes.
        cluster: pictures of the same slice share it.
        group: pictures of the same person, as far as known, share it.
        label_conflict: another picture of the same slice has a contradicting label.
    """

    path: str
    source: str
    label: str
    official: str
    md5: str
    cluster: int
    group: int
    label_conflict: bool


def report(rows: Sequence[AuditRow]) -> dict[str, Any]:
    """Figures of the audit: all sets together, each set, and copies between the sets."""
    sources = sorted({r.source for r in rows})
    inside = {s: [r for r in rows if r.source == s] for s in sources}
    return {
        "all": _figures(rows),
        "sources": {s: _figures(inside[s]) for s in sources},
        "class_by_source": {
            s: {label: counts([r for r in inside[s] if r.label == label]) for label in labels}
            for s in sources
            for labels in [sorted({r.label for r in inside[s]})]
        },
        "pictures_with_copy_in": {
            s: {o: _held(inside[s], inside[o]) for o in sources if o != s} for s in sources
        },
    }


def csv_rows(rows: Sequence[AuditRow]) -> Iterator[dict[str, object]]:
    """Rows as `COLUMNS` has them: with what each test picture has in its set's training part."""
    train: dict[str, set[tuple[str, str | int]]] = {"md5": set(), "cluster": set(), "group": set()}
    for row in rows:
        if row.official == "train":
            for name, seen in train.items():
                seen.add((row.source, getattr(row, name)))
    for row in rows:
        test = row.official == "test"
        yield {
            **{name: getattr(row, name) for name in COLUMNS if hasattr(row, name)},
            "exact_copy_in_train": int(test and (row.source, row.md5) in train["md5"]),
            "copy_in_train": int(test and (row.source, row.cluster) in train["cluster"]),
            "groupmate_in_train": int(test and (row.source, row.group) in train["group"]),
            "label_conflict": int(row.label_conflict),
        }


def read_audit_rows(path: Path) -> list[AuditRow]:
    """Rows of an ``audit.csv``.

    Raises:
        DatasetError: the file is absent.
    """
    return [
        AuditRow(
            path=row["path"],
            source=row["source"],
            label=row["label"],
            official=row["official"],
            md5=row["md5"],
            cluster=int(row["cluster"]),
            group=int(row["group"]),
            label_conflict=row["label_conflict"] == "1",
        )
        for row in read_rows(path, command="python -m ml.datasets.audit")
    ]


def contradict(labels: set[str]) -> bool:
    """Whether labels of one slice exclude each other."""
    # A tumour of unknown type contradicts only its absence.
    return len(labels - {TUMOR}) > 1 or {TUMOR, "no_tumor"} <= labels


def _figures(rows: Sequence[AuditRow]) -> dict[str, Any]:
    clusters = Counter(r.cluster for r in rows)
    return {
        **counts(rows),
        "exact_copies": len(rows) - len({r.md5 for r in rows}),
        "near_copies": len(rows) - len(clusters),
        "pictures_in_clusters_of_two_or_more": sum(n for n in clusters.values() if n > 1),
        "largest_cluster": max(clusters.values()),
        "largest_group": max(Counter(r.group for r in rows).values()),
        "conflicting_clusters": len({r.cluster for r in rows if r.label_conflict}),
        "pictures_in_conflicting_clusters": sum(r.label_conflict for r in rows),
        "test_against_train": _leaks(rows),
    }


def _leaks(rows: Sequence[AuditRow]) -> dict[str, float | int | None]:
    train = [r for r in rows if r.official == "train"]
    test = [r for r in rows if r.official == "test"]
    seen = {name: {getattr(r, name) for r in train} for name in ("md5", "cluster", "group")}

    def share(name: str) -> float | None:
        hits = sum(getattr(r, name) in seen[name] for r in test)
        return round(hits / len(test), 4) if test else None

    return {
        "test_pictures": len(test),
        "train_pictures": len(train),
        "share_with_exact_copy": share("md5"),
        "share_with_copy": share("cluster"),
        "share_with_groupmate": share("group"),
    }


def _held(rows: Sequence[AuditRow], others: Sequence[AuditRow]) -> int:
    clusters = {r.cluster for r in others}
    return sum(r.cluster in clusters for r in rows)
