"""One picture of a public set: where it is, what it shows, and its grey levels."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ml.errors import DatasetLayout

__all__ = ["PICTURE_SUFFIXES", "SOURCES", "TUMOR", "Picture", "decode_gray", "pictures_under"]

SOURCES: Final[tuple[str, ...]] = ("sartaj", "figshare", "roboflow", "br35h")
"""The four public sets, named after their folders."""

TUMOR: Final[str] = "tumor"
"""Label of a slice that holds a tumour of unknown type (Br35H)."""

PICTURE_SUFFIXES: Final[frozenset[str]] = frozenset(
    {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
)
"""File name endings taken for pictures."""


@dataclass(frozen=True)
class Picture:
    """One picture of a public set; pixels are read on demand.

    Attributes:
        path: path relative to the data root, with forward slashes.
        source: one of `SOURCES`, or the folder's own name for other sets.
        label: one of `ml.labels.CLASSES`, or `TUMOR` where the type is unknown.
        patient_id: the source's patient id as written there, or None.
        official: "train", "validation" or "test" as the source ships it, or None.
        mask: where the outline is, relative to the data root: a picture, or
            ``annotations.json#file name``; the `.mat` file itself; None without one.
    """

    path: str
    source: str
    label: str
    patient_id: str | None = None
    official: str | None = None
    mask: str | None = None


def pictures_under(folder: Path) -> Iterator[Path]:
    """Picture files in a folder, at any depth, in order of their paths; none if it is absent."""
    if folder.is_dir():
        yield from sorted(
            p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file()
        )


def decode_gray(path: Path) -> npt.NDArray[np.uint8]:
    """Grey levels of a picture file, (H, W) uint8.

    Raises:
        DatasetLayout: the file is missing or not a readable picture.
    """
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise DatasetLayout(f"A listed picture is missing: {path.name}") from error
    gray = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None
    if gray is None:
        raise DatasetLayout(f"Not a readable picture: {path.name}")
    return np.asarray(gray, dtype=np.uint8)
