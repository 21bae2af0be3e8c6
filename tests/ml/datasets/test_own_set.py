"""The audit of an uploaded set: rows, worst clusters, and the look-up."""

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from ml.datasets import own_set
from ml.datasets.archive import unpacked_files, unpacked_zip
from ml.datasets.audit_rows import AuditRow, report
from ml.datasets.hashing import hash_views, views
from ml.datasets.own_set import OwnSet, audit_upload, worst_clusters
from ml.errors import DatasetLayout
from ml.inference.membership import Membership, TrainingIndex
from tests.ml.datasets.drawing import Gray, head

SIDE = 96


def jpeg(pixels: Gray, quality: int = 92) -> bytes:
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return data.tobytes()


PLANTED = {
    "mine/train/glioma/0.jpg": jpeg(head(0, SIDE)),
    "mine/train/glioma/1.jpg": jpeg(head(1, SIDE)),
    "mine/train/glioma/2.jpg": jpeg(head(2, SIDE)),
    "mine/test/glioma/copy of 0.jpg": jpeg(head(0, SIDE)),
    "mine/test/meningioma/contradicts 1.jpg": jpeg(head(1, SIDE), 70),
    "mine/test/glioma/new.jpg": jpeg(head(9, SIDE)),
    "cover.jpg": jpeg(head(7, SIDE)),
    "mine/train/glioma/damaged.jpg": b"\xff\xd8\xff",
}


def zipped(members: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return memory.getvalue()


def silent(step: str, share: float) -> None:
    """No screen to tell."""


def known(seed: int) -> Membership:
    """Training pictures of this installation: one drawn head."""
    pixels = cv2.imdecode(np.frombuffer(jpeg(head(seed, SIDE)), np.uint8), cv2.IMREAD_GRAYSCALE)
    words = hash_views(views(np.asarray(pixels, np.uint8)))[:, 0]
    index = TrainingIndex(
        words=np.ascontiguousarray(words[:, :, None]),
        sources=np.zeros(1, np.uint8),
        names=("sartaj",),
        split_id="0" * 16,
    )
    return Membership(index, 8)


@pytest.fixture(scope="module")
def planted() -> OwnSet:
    return audit_upload(unpacked_zip(zipped(PLANTED)), training=known(2), progress=silent)


def test_paths_are_those_inside_the_archive(planted: OwnSet) -> None:
    inside = {name for name in PLANTED if name.startswith("mine/") and "damaged" not in name}
    assert {row.path for row in planted.rows} == inside
    assert planted.left_out == ("mine/train/glioma/damaged.jpg",)
    assert planted.outside == 1


def test_copies_and_contradictions_are_found(planted: OwnSet) -> None:
    figures = report(planted.rows)["all"]
    assert (figures["exact_copies"], figures["near_copies"]) == (1, 2)
    assert figures["conflicting_clusters"] == 1
    assert figures["test_against_train"]["share_with_copy"] == pytest.approx(2 / 3, abs=1e-4)


def test_the_worst_cluster_comes_first(planted: OwnSet) -> None:
    first, second = worst_clusters(planted.rows)
    assert {row.path.split("/")[-1] for row in first.rows} == {"1.jpg", "contradicts 1.jpg"}
    assert (first.conflict, first.crosses) == (True, True)
    assert (second.conflict, second.crosses) == (False, True)


def test_pictures_of_the_training_set_are_named(planted: OwnSet) -> None:
    assert planted.known == {"mine/train/glioma/2.jpg": "sartaj"}


def test_nothing_is_looked_up_in_a_large_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_set, "MAX_LOOKED_UP", 1)
    files = [(f"glioma/{seed}.jpg", jpeg(head(seed, SIDE))) for seed in range(2)]
    found = audit_upload(unpacked_files(files), training=known(0), progress=silent)
    assert found.known is None
    assert len(found.rows) == 2


def test_each_step_is_told_up_to_its_end() -> None:
    told: list[tuple[str, float]] = []
    files = [(f"glioma/{seed}.jpg", jpeg(head(seed, SIDE))) for seed in range(2)]
    audit_upload(unpacked_files(files), training=known(0), progress=lambda *step: told.append(step))
    assert told == [("hash", 0.5), ("hash", 1.0), ("look_up", 0.5), ("look_up", 1.0)]


def test_one_class_alone_is_audited() -> None:
    found = audit_upload(
        unpacked_files([("glioma/0.jpg", jpeg(head(0, SIDE)))]), training=None, progress=silent
    )
    assert [row.label for row in found.rows] == ["glioma"]
    assert worst_clusters(found.rows) == []


@pytest.mark.parametrize("folder", ["annotations_x.json/glioma", "x.mat/glioma", "glioma/y.png"])
def test_folders_named_like_files_are_folders(folder: str) -> None:
    files = [(f"{folder}/0.jpg", jpeg(head(0, SIDE)))]
    found = audit_upload(unpacked_files(files), training=None, progress=silent)
    assert [row.path for row in found.rows] == [f"{folder}/0.jpg"]


def test_pictures_in_no_class_folder_are_refused(tmp_path: Path) -> None:
    upload = unpacked_files([("0.jpg", jpeg(head(0, SIDE)))])
    with pytest.raises(DatasetLayout, match="No picture found in a class folder"):
        audit_upload(upload, training=None, progress=silent)


def test_larger_clusters_come_before_smaller_ones() -> None:
    rows = [
        AuditRow(f"{n}", "upload", "glioma", "", f"{n}", cluster, cluster, label_conflict=False)
        for n, cluster in enumerate((1, 1, 2, 2, 2, 3))
    ]
    assert [cluster.number for cluster in worst_clusters(rows)] == [2, 1]
