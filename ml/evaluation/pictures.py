"""Which pictures are evaluated, and where their pixels and outlines come from."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.datasets.readers import Picture, load_mask, load_pixels, read_all
from ml.datasets.tables import read_rows
from ml.errors import DatasetError, MetricsError
from ml.labels import CLASSES
from ml.results import BoolArray, DisplayWindow, FloatArray, Scan

Row = Mapping[str, str]
"""One line of a split file."""


@dataclass(frozen=True)
class Library:
    """The public pictures on this machine.

    Attributes:
        root: data folder.
        pictures: [path relative to it] → picture.
    """

    root: Path
    pictures: Mapping[str, Picture]

    @classmethod
    def at(cls, root: Path) -> "Library":
        """All pictures of the public sets under a data folder.

        Raises:
            MissingDataset: none of the sets is there.
        """
        return cls(root, {picture.path: picture for picture in read_all(root)})

    def picture(self, path: str) -> Picture:
        """One picture of a split file.

        Raises:
            MetricsError: the split names a picture that is not on this machine.
        """
        if path not in self.pictures:
            raise MetricsError(
                f"the split names {path}, which is not in the data folder; see data/README.md"
            )
        return self.pictures[path]

    def pixels(self, path: str) -> FloatArray:
        """Grey levels (H, W) float32 in the file's own range."""
        return np.asarray(load_pixels(self.picture(path), self.root), dtype=np.float32)

    def mask(self, path: str) -> BoolArray | None:
        """Radiologist's outline (H, W), or None."""
        return load_mask(self.picture(path), self.root)


def as_scan(pixels: FloatArray) -> Scan:
    """A picture of a public set as a `Scan`; its window and format matter nowhere."""
    return Scan(
        pixels=pixels,
        window=DisplayWindow(float(pixels.mean()), 1.0, "evaluation"),
        spacing_mm=None,
        format="PNG",
        content_hash="",
    )


def read_split(path: Path) -> Sequence[Row]:
    """Rows of a split file.

    Raises:
        MetricsError: the file is absent.
    """
    try:
        return read_rows(path)
    except DatasetError as error:
        raise MetricsError(
            f"data/splits/{path.name} is missing; restore it from the repository"
        ) from error


def one_a_cluster(rows: Iterable[Row]) -> list[Row]:
    """One picture for every near-duplicate cluster, ordered by path.

    The one the split marks as representative, else a figshare original, else the first path.
    """
    best: dict[str, Row] = {}
    for row in rows:
        rival = best.get(row["cluster"])
        if rival is None or _preference(row) < _preference(rival):
            best[row["cluster"]] = row
    return sorted(best.values(), key=lambda row: row["path"])


def _preference(row: Row) -> tuple[bool, bool, str]:
    return (row.get("representative") != "1", row["source"] != "figshare", row["path"])


def held_out(rows: Iterable[Row], *, every: bool = False) -> list[Row]:
    """Pictures of the validation and test parts whose class is known.

    Args:
        rows: rows of a split file.
        every: all of them; otherwise one a near-duplicate cluster.
    """
    kept = [
        row for row in rows if row["split"] in ("validation", "test") and row["label"] in CLASSES
    ]
    return kept if every else one_a_cluster(kept)


def by_lot(rows: Iterable[Row], count: int) -> list[Row]:
    """Some pictures by lot, always the same: one of every patient group first.

    Args:
        rows: rows of a split file.
        count: how many; all where there are fewer.
    """
    drawn = sorted(rows, key=lambda row: hashlib.sha256(row["path"].encode()).digest())
    first: dict[str, Row] = {}
    for row in drawn:
        first.setdefault(row["group"], row)
    chosen = {row["path"] for row in first.values()}
    others = [row for row in drawn if row["path"] not in chosen]
    return [*first.values(), *others][:count]
