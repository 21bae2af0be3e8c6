"""The audit of a set that somebody uploads: figures and names come out, no picture is kept."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ml.datasets.archive import FOLDER, Unpacked
from ml.datasets.audit import audit
from ml.datasets.audit_rows import AuditRow
from ml.datasets.picture import Picture, decode_gray
from ml.datasets.readers import read_class_folders
from ml.inference.membership import Membership

__all__ = ["MAX_LOOKED_UP", "Cluster", "OwnSet", "Progress", "audit_upload", "worst_clusters"]

MAX_LOOKED_UP: Final[int] = 2_000
"""Most pictures that are looked up among the training pictures: about 10 seconds."""

Progress = Callable[[str, float], None]
"""Told a step ("hash", "look_up") and which share of it is done."""


@dataclass(frozen=True)
class OwnSet:
    """What the audit of an uploaded set gave.

    Attributes:
        rows: one a picture; paths inside the set.
        left_out: picture files that cannot be read.
        outside: readable pictures that lie in no class folder.
        known: [path] → public set of the training picture that it is a copy of; None where the
            pictures were not looked up.
    """

    rows: tuple[AuditRow, ...]
    left_out: tuple[str, ...]
    outside: int
    known: Mapping[str, str] | None


@dataclass(frozen=True)
class Cluster:
    """Pictures of one slice.

    Attributes:
        number: the cluster's, as in the rows.
        rows: its pictures.
        conflict: their labels contradict each other.
        crosses: it has pictures in training and in test.
    """

    number: int
    rows: tuple[AuditRow, ...]
    conflict: bool
    crosses: bool


def audit_upload(
    upload: AbstractContextManager[Unpacked],
    *,
    training: Membership | None,
    progress: Progress,
) -> OwnSet:
    """Unpack, audit, look up, and take the pictures away again.

    Args:
        upload: from `ml.datasets.archive`.
        training: the training pictures of this installation, or None to look nothing up.
        progress: told how far it is.

    Raises:
        SetRefused: the upload is not unpacked.
        DatasetLayout: no picture lies in a class folder.
    """
    with upload as found:
        root = found.folder.parent
        pictures = read_class_folders(found.folder, root, source=FOLDER, any_class=True)
        rows = audit(pictures, root, cache=None, progress=lambda done: progress("hash", done))
        known = None
        if training is not None and len(pictures) <= MAX_LOOKED_UP:
            known = _look_up(pictures, root, training, progress)
    return OwnSet(
        rows=tuple(replace(row, path=_inside(row.path)) for row in rows),
        left_out=found.left_out,
        outside=found.pictures - len(pictures),
        known=known,
    )


def worst_clusters(rows: Sequence[AuditRow]) -> list[Cluster]:
    """Clusters of two or more pictures: contradictions first, then leaks, then the largest."""
    members: dict[int, list[AuditRow]] = defaultdict(list)
    for row in rows:
        members[row.cluster].append(row)
    clusters = []
    for number, inside in members.items():
        parts = Counter(row.official for row in inside)
        crosses = bool(parts["train"] and parts["test"])
        conflict = any(row.label_conflict for row in inside)
        if len(inside) > 1:
            clusters.append(Cluster(number, tuple(inside), conflict, crosses))
    return sorted(clusters, key=lambda c: (not c.conflict, not c.crosses, -len(c.rows), c.number))


def _look_up(
    pictures: Sequence[Picture], root: Path, training: Membership, progress: Progress
) -> dict[str, str]:
    known = {}
    for done, picture in enumerate(pictures, start=1):
        match = training.of(decode_gray(root / picture.path))
        if match is not None:
            known[_inside(picture.path)] = match.source
        progress("look_up", done / len(pictures))
    return known


def _inside(path: str) -> str:
    return path.removeprefix(f"{FOLDER}/")
