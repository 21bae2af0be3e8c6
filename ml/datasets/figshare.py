"""Jun Cheng's figshare set: from ``index.csv`` + pictures or from the original ``.mat`` files.

The original files are MATLAB v7.3 (HDF5) with ``cjdata/{image,label,PID,tumorBorder,tumorMask}``;
label 1 = meningioma, 2 = glioma, 3 = pituitary tumour.

Reference: doi:10.6084/m9.figshare.1512427.
"""

import csv
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.datasets.picture import Picture, pictures_under
from ml.errors import DatasetLayout
from ml.labels import CLASSES

__all__ = ["mat_slice", "read_figshare"]

_MAT_LABELS: Final[dict[int, str]] = {1: "meningioma", 2: "glioma", 3: "pituitary"}


def read_figshare(folder: Path, root: Path) -> list[Picture]:
    """Jun Cheng's set, from ``index.csv`` + pictures or from the original ``.mat`` files.

    Raises:
        DatasetLayout: neither layout was found, or the index names a missing picture.

    Reference: doi:10.6084/m9.figshare.1512427.
    """
    if (folder / "index.csv").is_file():
        return _figshare_index(folder, root)
    mats = sorted(p for p in folder.rglob("*.mat") if p.stem.isdecimal())
    if not mats:
        raise DatasetLayout(
            "The figshare folder holds neither index.csv with images/ and masks/ nor .mat "
            "files named by number; unpack the archives inside it."
        )
    return [_figshare_mat(path, root) for path in sorted(mats, key=lambda p: int(p.stem))]


def mat_slice(path: Path, name: str) -> npt.NDArray[np.generic]:
    """``cjdata/image`` or ``cjdata/tumorMask`` of an original file as (H, W), upright.

    Raises:
        DatasetLayout: not such a file.
    """
    # MATLAB writes columns first: without the transpose the slice lies on its side.
    return np.ascontiguousarray(_mat_array(path, name).T)


def _figshare_index(folder: Path, root: Path) -> list[Picture]:
    by_id = {p.stem: p for p in pictures_under(folder / "images")}
    pictures = []
    with (folder / "index.csv").open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            image = by_id.get(row["id"])
            if image is None or row["label"] not in CLASSES:
                raise DatasetLayout(
                    f"figshare/index.csv names picture {row['id']!r} with label "
                    f"{row['label']!r}, which is not in images/ or not a class."
                )
            mask = folder / "masks" / f"{row['id']}.png"
            pictures.append(
                Picture(
                    path=image.relative_to(root).as_posix(),
                    source="figshare",
                    label=row["label"],
                    patient_id=row["patient_id"],
                    mask=mask.relative_to(root).as_posix() if mask.is_file() else None,
                )
            )
    return sorted(pictures, key=lambda p: p.path)


def _figshare_mat(path: Path, root: Path) -> Picture:
    label = _MAT_LABELS.get(int(_mat_array(path, "label").ravel()[0]))
    if label is None:
        raise DatasetLayout(f"{path.name}: cjdata/label is not 1, 2 or 3.")
    # PID is a MATLAB char array: one code point an element.
    patient = "".join(chr(int(code)) for code in _mat_array(path, "PID").ravel()).strip("\0 ")
    relative = path.relative_to(root).as_posix()
    return Picture(relative, "figshare", label, patient_id=patient, mask=relative)


def _mat_array(path: Path, name: str) -> npt.NDArray[np.generic]:
    import h5py  # here: 9 MB that whoever reads no such file can save

    try:
        with h5py.File(path, "r") as file:
            return np.asarray(file["cjdata"][name][()])
    except (OSError, KeyError) as error:
        raise DatasetLayout(f"{path.name} is not a MATLAB v7.3 file with cjdata/{name}.") from error
