"""The splits that every figure of this project rests on; rebuilt by one command.

``python -m ml.datasets.splits`` reads the public sets, finds clusters and groups
(`ml.datasets.groups`) and writes to ``data/splits/``:

- ``clean.csv``: every picture; train / validation / test by group, about 70 / 15 / 15;
- ``official.csv``: Sartaj and Roboflow as shipped, with cluster, group and clean split;
- ``folds.csv``: five folds by group over all pictures that are not excluded;
- ``conflicts.csv``: pictures whose label another picture of the same slice contradicts;
- ``summary.json``: counts, and how far the official test parts overlap their training parts.

Label conflicts inside a cluster: figshare's label is used for all its members; without figshare
the cluster is left out (split ``excluded``). Br35H's outlined slices (label ``tumor``) contradict
only ``no_tumor``. One member a cluster is its representative: figshare first, then a picture
with a known class, then the one with most pixels.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.datasets.assign import deal
from ml.datasets.fingerprints import CACHE, fingerprint_all
from ml.datasets.groups import Links, find_groups, find_links, patient_key
from ml.datasets.picture import TUMOR, Picture
from ml.datasets.readers import data_root, read_all
from ml.datasets.tables import Row, counts, counts_by, overlap, read_rows, write_csv, write_text
from ml.errors import DatasetError
from ml.labels import CLASSES

__all__ = [
    "EXCLUDED",
    "FOLDER",
    "FOLDS",
    "SEED",
    "SHARES",
    "SPLITS",
    "Row",
    "build",
    "main",
    "make_rows",
    "overlap",
    "read_rows",
    "summary",
]

FOLDER: Final[Path] = Path(__file__).resolve().parents[2] / "data" / "splits"
"""Where the committed splits are."""

SEED: Final[int] = 20240229
"""Fixed; another seed is another split and other figures."""

SPLITS: Final[tuple[str, ...]] = ("train", "validation", "test")
SHARES: Final[tuple[float, ...]] = (0.70, 0.15, 0.15)
EXCLUDED: Final[str] = "excluded"
FOLDS: Final[int] = 5

_LARGEST: Final[float] = 0.25
_CLEAN = ("path", "label", "source", "cluster", "group", "split", "representative")
_OFFICIAL = ("path", "label", "source", "cluster", "group", "split", "official", "representative")
_FOLDS = ("path", "label", "source", "cluster", "group", "fold", "representative")
_CONFLICTS = ("path", "label", "shipped_label", "source", "cluster", "group", "settled_by")


def build(root: Path, *, cache: Path | None = CACHE) -> tuple[list[Row], Links]:
    """Rows of all pictures under a data root, and the links they rest on.

    Raises:
        MissingDataset: none of the sets is there.
        DatasetLayout: a set is not laid out as published.
    """
    pictures = read_all(root)
    prints = fingerprint_all(pictures, root, cache=cache)
    links = find_links(prints.hashes, prints.patterns)
    return make_rows(pictures, links, prints.areas.tolist()), links


def make_rows(pictures: Sequence[Picture], links: Links, areas: Sequence[int]) -> list[Row]:
    """Clusters, groups, settled labels, representatives, splits and folds of all pictures."""
    patients = [patient_key(p.patient_id) if p.patient_id else None for p in pictures]
    clusters, groups = find_groups(links, patients)
    members: dict[int, list[int]] = defaultdict(list)
    for position, cluster in enumerate(clusters.tolist()):
        members[cluster].append(position)
    labels, excluded = _settled_labels(pictures, members)
    representative = {
        min(inside, key=lambda i: _rank(pictures[i], areas[i])) for inside in members.values()
    }
    sizes = _sizes(
        pictures,
        labels,
        groups.tolist(),
        sorted(i for i in representative if int(clusters[i]) not in excluded),
    )
    split = deal(sizes, SHARES, seed=SEED, largest=_LARGEST)
    fold = deal(sizes, [1.0] * FOLDS, seed=SEED)
    rows = []
    for i, picture in enumerate(pictures):
        cluster, group = int(clusters[i]), int(groups[i])
        row = Row(
            path=picture.path,
            label=labels[i],
            shipped_label=picture.label,
            source=picture.source,
            cluster=f"c{cluster:05d}",
            group=f"g{group:05d}",
            split=EXCLUDED,
            fold=-1,
            official=picture.official or "",
            representative=int(i in representative),
        )
        if cluster not in excluded:
            row = replace(row, split=SPLITS[split[group]], fold=fold[group])
        rows.append(row)
    return rows


def _settled_labels(
    pictures: Sequence[Picture], members: Mapping[int, Sequence[int]]
) -> tuple[list[str], set[int]]:
    """Label of every picture, and the clusters that are left out because theirs contradict."""
    labels, excluded = [p.label for p in pictures], set()
    for cluster, inside in members.items():
        settled = _settle([pictures[i] for i in inside])
        if settled is None:
            excluded.add(cluster)
        for i in inside:
            labels[i] = _label(pictures[i], settled)
    return labels, excluded


def summary(rows: Sequence[Row], pictures: Sequence[Picture], links: Links) -> dict[str, Any]:
    """Counts of pictures, clusters and groups, and the evidence for the thresholds."""
    figshare = {r.cluster for r in rows if r.source == "figshare"}
    largest = Counter(r.group for r in rows).most_common(5)
    return {
        "seed": SEED,
        "total": counts(rows),
        "by_split": {
            part: {
                "total": counts([r for r in rows if r.split == part]),
                "by_label": counts_by((r for r in rows if r.split == part), "label"),
                "by_source": counts_by((r for r in rows if r.split == part), "source"),
            }
            for part in (*SPLITS, EXCLUDED)
        },
        "largest_groups": [count for _, count in largest],
        "official": {s: overlap(r for r in rows if r.source == s) for s in ("sartaj", "roboflow")},
        "copies_of_figshare": {
            s: sum(r.cluster in figshare for r in rows if r.source == s)
            for s in ("sartaj", "roboflow", "br35h")
        },
        "links_between_figshare_slices": _figshare_links(pictures, links),
        "conflicts": sum(_contradicted(r) for r in rows),
    }


def write(rows: Sequence[Row], report: dict[str, Any], folder: Path) -> None:
    """Write the four CSV files and the summary, each in one move."""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "clean.csv", _CLEAN, [asdict(r) for r in rows])
    official = [
        asdict(r) | {"label": r.shipped_label}
        for r in rows
        if r.source in {"sartaj", "roboflow"} and r.official
    ]
    write_csv(folder / "official.csv", _OFFICIAL, official)
    write_csv(folder / "folds.csv", _FOLDS, [asdict(r) for r in rows if r.fold >= 0])
    conflicts = [
        asdict(r) | {"settled_by": "excluded" if r.split == EXCLUDED else "figshare"}
        for r in rows
        if _contradicted(r)
    ]
    write_csv(folder / "conflicts.csv", _CONFLICTS, conflicts)
    write_text(folder / "summary.json", json.dumps(report, indent=2) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: rebuild all splits."""
    parser = argparse.ArgumentParser(prog="python -m ml.datasets.splits", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to")
    parser.add_argument("--no-cache", action="store_true", help="hash every picture again")
    options = parser.parse_args(arguments)
    try:
        root = data_root()
        rows, links = build(root, cache=None if options.no_cache else CACHE)
        report = summary(rows, read_all(root), links)
    except DatasetError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    write(rows, report, options.out)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0


def _settle(inside: Sequence[Picture]) -> str | None:
    """Label of a cluster, or None when its members contradict each other beyond repair."""
    authority = {p.label for p in inside if p.source == "figshare"}
    known = authority or {p.label for p in inside if p.label != TUMOR}
    if len(known) > 1:
        return None
    if not known:
        return TUMOR
    label = next(iter(known))
    if not authority and label == "no_tumor" and any(p.label == TUMOR for p in inside):
        return None
    return label


def _label(picture: Picture, settled: str | None) -> str:
    # An outlined slice of unknown type keeps its label: it serves the segmenter only.
    return picture.label if settled is None or picture.label == TUMOR else settled


def _rank(picture: Picture, area: int) -> tuple[bool, bool, int, str]:
    return (picture.source != "figshare", picture.label == TUMOR, -area, picture.path)


def _sizes(
    pictures: Sequence[Picture],
    labels: Sequence[str],
    groups: Sequence[int],
    representatives: Sequence[int],
) -> dict[int, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """What each group adds: distinct slices by label, those with a figshare mask, and itself."""
    kinds = [*CLASSES, TUMOR]
    sizes = {group: np.zeros(3 * len(kinds)) for group in groups}
    for i in representatives:
        kind, size = kinds.index(labels[i]), sizes[groups[i]]
        size[kind] += 1
        size[len(kinds) + kind] += pictures[i].source == "figshare"
        size[2 * len(kinds) + kind] = 1
    return sizes


def _contradicted(row: Row) -> bool:
    return row.split == EXCLUDED or row.label != row.shipped_label


def _figshare_links(pictures: Sequence[Picture], links: Links) -> dict[str, int]:
    same = other = 0
    for i, j in zip(links.first.tolist(), links.second.tolist(), strict=True):
        first, second = pictures[i].patient_id, pictures[j].patient_id
        if first and second:
            equal = patient_key(first) == patient_key(second)
            same, other = same + equal, other + (not equal)
    people = Counter(patient_key(p.patient_id) for p in pictures if p.patient_id)
    total = sum(people.values())
    strangers = (total**2 - sum(n**2 for n in people.values())) // 2
    return {"same_patient": same, "different_id": other, "pairs_of_different_id": strangers}


if __name__ == "__main__":
    raise SystemExit(main())
