"""Drawn heads and small folders in the layouts of the four public sets."""

import json
from pathlib import Path

import cv2
import h5py
import numpy as np
import numpy.typing as npt
import pytest

from ml.datasets.readers import data_root
from ml.errors import MissingDataset
from tests.ml.datasets.drawing import head, write_jpeg

Gray = npt.NDArray[np.uint8]


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """All four sets, three drawn heads a class folder; no head twice."""
    seed = iter(range(1000))
    for split in ("Training", "Testing"):
        for name in ("glioma_tumor", "meningioma_tumor", "no_tumor", "pituitary_tumor"):
            write_jpeg(tmp_path / "sartaj" / split / name / "image (1).jpg", head(next(seed)))
    for split in ("train", "valid", "test"):
        for name in ("glioma", "no_tumor"):
            write_jpeg(tmp_path / "roboflow" / split / name / "a.rf.1.jpg", head(next(seed)))
    figshare = tmp_path / "figshare"
    lines = ["id,label,patient_id"]
    for number, (label, patient) in enumerate(
        [("glioma", "MR040240"), ("glioma", "MR040240B"), ("pituitary", "100360")], start=1
    ):
        write_jpeg(figshare / "images" / f"{number}.jpg", head(next(seed)))
        mask = np.zeros((160, 160), np.uint8)
        mask[40:60, 50:80] = 255
        (figshare / "masks").mkdir(exist_ok=True)
        cv2.imwrite(str(figshare / "masks" / f"{number}.png"), mask)
        lines.append(f"{number},{label},{patient}")
    (figshare / "index.csv").write_text("\n".join(lines) + "\n")
    br35h = tmp_path / "br35h"
    write_jpeg(br35h / "no" / "no1.jpg", head(next(seed)))
    write_jpeg(br35h / "yes" / "y1.jpg", head(next(seed)))
    write_via(br35h / "Br35H-Mask-RCNN" / "TRAIN", next(seed))
    return tmp_path


def write_via(folder: Path, seed: int) -> None:
    """One outlined slice with a square polygon of 20 × 10 pixels."""
    write_jpeg(folder / "y7.jpg", head(seed))
    shape = {
        "name": "polygon",
        "all_points_x": [30, 49, 49, 30],
        "all_points_y": [60, 60, 69, 69],
    }
    record = {
        "filename": "y7.jpg",
        "size": 1,
        "regions": [{"shape_attributes": shape, "region_attributes": {}}],
        "file_attributes": {},
    }
    gone = {**record, "filename": "withheld.jpg"}
    (folder / "annotations_train.json").write_text(
        json.dumps({"y7.jpg1": record, "withheld.jpg1": gone})
    )


def write_mat(path: Path, pixels: npt.NDArray[np.int16], mask: Gray, label: int, pid: str) -> None:
    """A file as MATLAB v7.3 writes it: columns first, the id as character codes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        group = file.create_group("cjdata")
        group["image"] = pixels.T
        group["tumorMask"] = mask.T
        group["label"] = np.array([[float(label)]])
        group["PID"] = np.array([[ord(c)] for c in pid], dtype=np.uint16)
        group["tumorBorder"] = np.zeros((1, 4))


@pytest.fixture
def real_root() -> Path:
    """The public sets, or a skip that says why."""
    try:
        return data_root()
    except MissingDataset as error:
        pytest.skip(str(error))
