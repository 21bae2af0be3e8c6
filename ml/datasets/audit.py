"""What a brain-MRI data set repeats, leaks and contradicts: figures before any training.

``python -m ml.datasets.audit FOLDER [FOLDER…] [--out DIR]`` reads class folders (with or without
train/test folders above them), the figshare set (``index.csv`` or ``.mat`` files) and Br35H,
prints a table and writes ``audit.json`` (figures only) and ``audit.csv`` (one row a picture).
Several folders are searched together, so that copies between sets are found as well.

- exact copy: the same bytes (MD5);
- near copy: the same slice re-encoded, resized, mirrored, rotated, sharpened … (one cluster);
- group-mate: the same person as far as the pixels or a patient id tell (`ml.datasets.groups`).

Limits: persons can only be told apart where slices are close or ids are given, so the share of
test pictures with a group-mate in training is a lower bound.
"""

import argparse
import hashlib
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ml.datasets.fingerprints import CACHE, fingerprint_all
from ml.datasets.groups import find_groups, find_links, patient_key
from ml.datasets.picture import TUMOR, Picture
from ml.datasets.readers import read_br35h, read_class_folders, read_figshare
from ml.datasets.tables import write_csv, write_text
from ml.errors import DatasetError, MissingDataset

__all__ = ["AuditRow", "audit", "main", "read_folders", "report", "table"]

_COLUMNS: Final[tuple[str, ...]] = (
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


def read_folders(folders: Sequence[Path]) -> tuple[list[Picture], Path]:
    """Pictures of all sets, with paths relative to their common parent, and that parent.

    Raises:
        MissingDataset: a folder does not exist.
        DatasetLayout: a folder holds no picture in any layout known here.
    """
    absent = [f for f in folders if not f.is_dir()]
    if absent:
        raise MissingDataset(f"Not a folder: {', '.join(f.as_posix() for f in absent)}")
    places = [f.resolve() for f in folders]
    root = Path(os.path.commonpath([p.parent for p in places]))
    pictures: dict[str, Picture] = {}
    for place in places:
        for picture in _read(place, root):
            pictures.setdefault(picture.path, picture)
    return list(pictures.values()), root


def audit(pictures: Sequence[Picture], root: Path, *, cache: Path | None = CACHE) -> list[AuditRow]:
    """Clusters, groups, MD5 and label conflicts of all pictures, in their order.

    Raises:
        DatasetLayout: a picture cannot be read.
    """
    prints = fingerprint_all(pictures, root, cache=cache)
    links = find_links(prints.hashes, prints.patterns)
    patients = [(p.source, patient_key(p.patient_id)) if p.patient_id else None for p in pictures]
    clusters, groups = (ids.tolist() for ids in find_groups(links, patients))
    labels: dict[int, set[str]] = defaultdict(set)
    for picture, cluster in zip(pictures, clusters, strict=True):
        labels[cluster].add(picture.label)
    return [
        AuditRow(
            path=picture.path,
            source=picture.source,
            label=picture.label,
            official=picture.official or "",
            md5=hashlib.md5((root / picture.path).read_bytes(), usedforsecurity=False).hexdigest(),
            cluster=cluster,
            group=group,
            label_conflict=_contradict(labels[cluster]),
        )
        for picture, cluster, group in zip(pictures, clusters, groups, strict=True)
    ]


def report(rows: Sequence[AuditRow]) -> dict[str, Any]:
    """Figures of the audit: all sets together, each set, and copies between the sets."""
    sources = sorted({r.source for r in rows})
    inside = {s: [r for r in rows if r.source == s] for s in sources}
    return {
        "all": _figures(rows),
        "sources": {s: _figures(inside[s]) for s in sources},
        "class_by_source": {
            s: {label: _counts(r for r in inside[s] if r.label == label) for label in labels}
            for s in sources
            for labels in [sorted({r.label for r in inside[s]})]
        },
        "pictures_with_copy_in": {
            s: {o: _held(inside[s], inside[o]) for o in sources if o != s} for s in sources
        },
    }


def table(figures: dict[str, Any]) -> str:
    """The report as text for a terminal."""
    lines = [_line("set", *_SHORT.values())]
    for name, values in [*figures["sources"].items(), ("all", figures["all"])]:
        lines.append(_line(name, *(_show(values[key]) for key in _SHORT)))
    lines += ["", _line("test pictures with …", "test", *_LEAKS.values())]
    for name, values in figures["sources"].items():
        test = values["test_against_train"]
        if test["test_pictures"]:
            shares = (_show(test[key]) for key in _LEAKS)
            lines.append(_line(name, _show(test["test_pictures"]), *shares))
    lines += ["", _line("class by set", "pictures", "slices", "groups")]
    for name, labels in figures["class_by_source"].items():
        for label, count in labels.items():
            lines.append(_line(f"{name} / {label}", *(_show(v) for v in count.values())))
    if len(figures["sources"]) > 1:
        names = list(figures["sources"])
        lines += ["", _line("pictures with a copy in", *names)]
        for name, others in figures["pictures_with_copy_in"].items():
            lines.append(_line(name, *(_show(others.get(o, "–")) for o in names)))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: audit folders, print, and write JSON and CSV."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.datasets.audit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=Path("out/audit"), metavar="DIR")
    parser.add_argument("--no-cache", action="store_true", help="hash every picture again")
    options = parser.parse_args(arguments)
    try:
        pictures, root = read_folders(options.folders)
        rows = audit(pictures, root, cache=None if options.no_cache else CACHE)
    except DatasetError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    figures = report(rows)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "audit.json", json.dumps(figures, indent=2) + "\n")
    write_csv(options.out / "audit.csv", _COLUMNS, _csv_rows(rows))
    print(table(figures))
    print(f"\nwritten: {options.out / 'audit.json'}, {options.out / 'audit.csv'}")
    return 0


_SHORT: Final[dict[str, str]] = {
    "pictures": "pictures",
    "exact_copies": "exact copies",
    "near_copies": "near copies",
    "clusters": "slices",
    "groups": "groups",
    "conflicting_clusters": "conflicts",
}
_LEAKS: Final[dict[str, str]] = {
    "share_with_exact_copy": "exact copy",
    "share_with_copy": "copy",
    "share_with_groupmate": "group-mate",
}


def _read(place: Path, root: Path) -> list[Picture]:
    if (place / "index.csv").is_file() or next(place.rglob("*.mat"), None):
        return read_figshare(place, root)
    if next(place.rglob("annotations_*.json"), None):
        return read_br35h(place, root)
    return read_class_folders(place, root, source=place.name, any_class=True)


def _contradict(labels: set[str]) -> bool:
    # A tumour of unknown type contradicts only its absence.
    return len(labels - {TUMOR}) > 1 or {TUMOR, "no_tumor"} <= labels


def _counts(rows: Iterable[AuditRow]) -> dict[str, int]:
    rows = list(rows)
    return {
        "pictures": len(rows),
        "clusters": len({r.cluster for r in rows}),
        "groups": len({r.group for r in rows}),
    }


def _figures(rows: Sequence[AuditRow]) -> dict[str, Any]:
    clusters = Counter(r.cluster for r in rows)
    return {
        **_counts(rows),
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


def _csv_rows(rows: Sequence[AuditRow]) -> Iterable[dict[str, object]]:
    train: dict[str, set[tuple[str, str | int]]] = {"md5": set(), "cluster": set(), "group": set()}
    for row in rows:
        if row.official == "train":
            for name, seen in train.items():
                seen.add((row.source, getattr(row, name)))
    for row in rows:
        test = row.official == "test"
        yield {
            **{name: getattr(row, name) for name in _COLUMNS if hasattr(row, name)},
            "exact_copy_in_train": int(test and (row.source, row.md5) in train["md5"]),
            "copy_in_train": int(test and (row.source, row.cluster) in train["cluster"]),
            "groupmate_in_train": int(test and (row.source, row.group) in train["group"]),
            "label_conflict": int(row.label_conflict),
        }


def _show(value: object) -> str:
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def _line(first: str, *cells: str) -> str:
    return f"{first:<28}" + "".join(f"{cell:>14}" for cell in cells)


if __name__ == "__main__":
    raise SystemExit(main())
