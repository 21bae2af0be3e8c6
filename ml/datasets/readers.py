"""Readers for the four public data sets, in the layout a user downloads.

Layouts understood (folder names under the data root):

- ``sartaj/{Training,Testing}/<class>/`` (folder names such as ``glioma_tumor``);
- ``figshare/``: either ``images/ID.*`` + ``masks/ID.png`` + ``index.csv`` or the original
  MATLAB v7.3 ``.mat`` files, at any depth;
- ``roboflow/{train,valid,test}/<class>/``;
- ``br35h/no/`` and ``br35h/Br35H-Mask-RCNN/{TRAIN,VAL,TEST}/`` with VGG Image Annotator JSON.
  ``br35h/yes/`` is passed over: it carries neither a tumour type nor an outline.
"""

import os
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.datasets import via
from ml.datasets.figshare import mat_slice, read_figshare
from ml.datasets.picture import (
    SOURCES,
    TUMOR,
    Picture,
    decode_gray,
    pictures_under,
)
from ml.errors import DatasetLayout, MissingDataset
from ml.labels import CLASSES
from ml.results import BoolArray

__all__ = [
    "SOURCES",
    "TUMOR",
    "Picture",
    "class_of_folder",
    "data_root",
    "load_mask",
    "load_pixels",
    "local_file",
    "read_all",
    "read_br35h",
    "read_class_folders",
    "read_figshare",
]

_REPOSITORY: Final[Path] = Path(__file__).resolve().parents[2]
_SPLIT_NAMES: Final[dict[str, str]] = {
    "training": "train",
    "train": "train",
    "testing": "test",
    "test": "test",
    "valid": "validation",
    "validation": "validation",
    "val": "validation",
}


def data_root() -> Path:
    """Folder that holds the public sets.

    `SULCUS_DATA` when set, else ``data/`` in the repository, else ``../shared/data``: the
    first of the two that holds at least one of the four sets.

    Raises:
        MissingDataset: none of these folders holds any of the sets.
    """
    chosen = os.environ.get("SULCUS_DATA")
    candidates = (
        [Path(chosen).expanduser()]
        if chosen
        else [_REPOSITORY / "data", _REPOSITORY.parent / "shared" / "data"]
    )
    for folder in candidates:
        if any((folder / source).is_dir() for source in SOURCES):
            return folder.resolve()
    raise MissingDataset(
        f"No data set found: expected at least one of {', '.join(SOURCES)} as a folder in "
        f"{'the folder that SULCUS_DATA names' if chosen else 'data/'}. "
        "Download the sets as data/README.md describes, or point SULCUS_DATA at them."
    )


def local_file(path: str) -> Path | None:
    """The file that a row of a split names, None where this machine's data folder lacks it.

    Args:
        path: relative to the data root, with forward slashes; nothing outside it is looked at.
    """
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or PurePosixPath(path).is_absolute():
        return None
    try:
        file = data_root().joinpath(*parts)
    except MissingDataset:
        return None
    return file if file.is_file() else None


def read_all(root: Path) -> list[Picture]:
    """Every picture of the sets present under `root`, sorted by source and path.

    A set that is absent is passed over.

    Raises:
        MissingDataset: none of the four sets is there.
        DatasetLayout: a set is there but not laid out as published.
    """
    pictures: list[Picture] = []
    for source in SOURCES:
        folder = root / source
        if not folder.is_dir():
            continue
        if source == "figshare":
            pictures += read_figshare(folder, root)
        elif source == "br35h":
            pictures += read_br35h(folder, root)
        else:
            pictures += read_class_folders(folder, root, source=source)
    if not pictures:
        raise MissingDataset(
            f"None of {', '.join(SOURCES)} holds a picture. See data/README.md for the layout."
        )
    return pictures


def class_of_folder(name: str) -> str | None:
    """Class identifier meant by a folder name such as ``glioma_tumor``, or None."""
    plain = "".join(c for c in name.lower() if c.isalpha())
    if plain in {"no", "notumor", "notumour", "none", "healthy", "normal"}:
        return "no_tumor"
    return next((c for c in CLASSES if plain.startswith(c.replace("_", ""))), None)


def read_class_folders(
    folder: Path, root: Path, *, source: str, any_class: bool = False
) -> list[Picture]:
    """Pictures in ``[split/]<class>/`` folders; the path tells split and class.

    Args:
        folder: the set's folder.
        root: what the paths in the result are relative to.
        source: name of the set.
        any_class: take folder names that are none of the four classes as labels of their
            own, instead of passing over what is in them.

    Raises:
        DatasetLayout: no class folder with a picture was found.
    """
    pictures = []
    for path in pictures_under(folder):
        parents = path.relative_to(folder).parts[:-1]
        label = next((c for c in map(class_of_folder, reversed(parents)) if c), None)
        if label is None and any_class:
            label = next((p for p in reversed(parents) if p.lower() not in _SPLIT_NAMES), None)
        if label is None:
            continue
        splits = [_SPLIT_NAMES[p.lower()] for p in parents if p.lower() in _SPLIT_NAMES]
        pictures.append(
            Picture(
                path=path.relative_to(root).as_posix(),
                source=source,
                label=label,
                official=splits[0] if splits else None,
            )
        )
    if not pictures:
        raise DatasetLayout(
            f"No picture found in a class folder of the {source} set; expected folders named "
            f"after {', '.join(CLASSES)}, with or without train/test folders above them."
        )
    return pictures


def read_br35h(folder: Path, root: Path) -> list[Picture]:
    """Tumour-free slices in ``no/`` and tumour slices with VIA outlines.

    Raises:
        DatasetLayout: neither part holds a picture.
    """
    pictures = [
        Picture(path=p.relative_to(root).as_posix(), source="br35h", label="no_tumor")
        for p in pictures_under(folder / "no")
    ]
    for annotation in sorted(folder.rglob("annotations_*.json")):
        official = _SPLIT_NAMES.get(annotation.parent.name.lower())
        for name in sorted(via.regions_by_file(annotation)):
            picture = annotation.parent / name
            if not picture.is_file():
                continue
            pictures.append(
                Picture(
                    path=picture.relative_to(root).as_posix(),
                    source="br35h",
                    label=TUMOR,
                    official=official,
                    mask=f"{annotation.relative_to(root).as_posix()}#{name}",
                )
            )
    if not pictures:
        raise DatasetLayout(
            "The br35h folder holds neither no/ with pictures nor Br35H-Mask-RCNN/ with "
            "annotations_*.json beside its pictures."
        )
    return pictures


def load_pixels(picture: Picture, root: Path) -> npt.NDArray[np.uint8] | npt.NDArray[np.float32]:
    """Grey levels of a picture.

    Returns:
        (H, W) uint8 for picture files, float32 in the scanner's own units for ``.mat`` files.

    Raises:
        DatasetLayout: the file is missing or not a readable picture.
    """
    path = root / picture.path
    if path.suffix.lower() == ".mat":
        return mat_slice(path, "image").astype(np.float32)
    return decode_gray(path)


def load_mask(picture: Picture, root: Path) -> BoolArray | None:
    """Radiologist's outline as (H, W) bool on the picture's own pixels, or None.

    Raises:
        DatasetLayout: the outline is named but cannot be read.
    """
    if picture.mask is None:
        return None
    if "#" in picture.mask:
        annotation, name = picture.mask.split("#", 1)
        height, width = load_pixels(picture, root).shape
        return via.rasterise(via.regions_by_file(root / annotation)[name], (height, width))
    path = root / picture.mask
    if path.suffix.lower() == ".mat":
        return mat_slice(path, "tumorMask").astype(np.float32) > 0
    return decode_gray(path) > 127
