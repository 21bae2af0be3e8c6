"""What a brain-MRI data set repeats, leaks and contradicts: figures before any training.

``python -m ml.datasets.audit FOLDER [FOLDER…] [--out DIR]`` reads class folders (with or without
train/test folders above them), the figshare set (``index.csv`` or ``.mat`` files) and Br35H,
prints a table and writes ``audit.json`` (figures only) and ``audit.csv`` (one row a picture).
Several folders are searched together, so that copies between sets are found as well.
Without a FOLDER it audits the public sets in use and writes ``assets/metrics/audit.json`` and
``assets/metrics/rows/audit.csv``, from which the page *Data audit* reads.

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
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from ml.datasets.audit_rows import COLUMNS, AuditRow, contradict, csv_rows, report
from ml.datasets.fingerprints import CACHE, fingerprint_all
from ml.datasets.groups import find_groups, find_links, patient_key
from ml.datasets.picture import SOURCES, Picture
from ml.datasets.readers import data_root, read_br35h, read_class_folders, read_figshare
from ml.datasets.tables import write_csv, write_text
from ml.errors import DatasetError, MissingDataset

__all__ = ["AuditRow", "audit", "main", "read_folders", "report", "table"]

_METRICS: Final[Path] = Path(__file__).resolve().parents[2] / "assets" / "metrics"


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


def audit(
    pictures: Sequence[Picture],
    root: Path,
    *,
    cache: Path | None = CACHE,
    progress: Callable[[float], None] | None = None,
) -> list[AuditRow]:
    """Clusters, groups, MD5 and label conflicts of all pictures, in their order.

    Args:
        pictures: what to audit.
        root: folder their paths are relative to.
        cache: folder of fingerprints kept between runs, or None.
        progress: told which share of the pictures is hashed.

    Raises:
        DatasetLayout: a picture cannot be read.
    """
    prints = fingerprint_all(pictures, root, cache=cache, progress=progress)
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
            label_conflict=contradict(labels[cluster]),
        )
        for picture, cluster, group in zip(pictures, clusters, groups, strict=True)
    ]


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
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=Path("out/audit"), metavar="DIR")
    parser.add_argument("--no-cache", action="store_true", help="hash every picture again")
    options = parser.parse_args(arguments)
    try:
        pictures, root = read_folders(options.folders or _sets_in_use())
        rows = audit(pictures, root, cache=None if options.no_cache else CACHE)
    except DatasetError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    figures = report(rows)
    folder = options.out if options.folders else _METRICS
    lines = folder if options.folders else _METRICS / "rows"
    lines.mkdir(parents=True, exist_ok=True)
    write_text(folder / "audit.json", json.dumps(figures, indent=2) + "\n")
    write_csv(lines / "audit.csv", COLUMNS, csv_rows(rows))
    print(table(figures))
    print(f"\nwritten: {folder / 'audit.json'}, {lines / 'audit.csv'}")
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


def _sets_in_use() -> list[Path]:
    """Folders of the public sets, in the order of the splits: the same numbers of clusters."""
    root = data_root()
    return [root / source for source in SOURCES if (root / source).is_dir()]


def _read(place: Path, root: Path) -> list[Picture]:
    if (place / "index.csv").is_file() or next(place.rglob("*.mat"), None):
        return read_figshare(place, root)
    if next(place.rglob("annotations_*.json"), None):
        return read_br35h(place, root)
    return read_class_folders(place, root, source=place.name, any_class=True)


def _show(value: object) -> str:
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def _line(first: str, *cells: str) -> str:
    return f"{first:<28}" + "".join(f"{cell:>14}" for cell in cells)


if __name__ == "__main__":
    raise SystemExit(main())
