"""Every layout a user may have downloaded."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from ml.datasets import via
from ml.datasets.readers import (
    TUMOR,
    class_of_folder,
    data_root,
    load_mask,
    load_pixels,
    read_all,
    read_class_folders,
    read_figshare,
)
from ml.errors import DatasetLayout, MissingDataset
from tests.ml.datasets.conftest import write_mat
from tests.ml.datasets.drawing import head, write_jpeg


def test_all_four_sets_are_read_with_labels_and_splits(sets: Path) -> None:
    pictures = read_all(sets)
    by_path = {p.path: p for p in pictures}
    assert len(pictures) == 8 + 6 + 3 + 2
    sartaj = by_path["sartaj/Testing/pituitary_tumor/image (1).jpg"]
    assert (sartaj.label, sartaj.official, sartaj.patient_id) == ("pituitary", "test", None)
    assert by_path["roboflow/valid/no_tumor/a.rf.1.jpg"].official == "validation"
    assert by_path["figshare/images/2.jpg"].patient_id == "MR040240B"
    outlined = by_path["br35h/Br35H-Mask-RCNN/TRAIN/y7.jpg"]
    assert (outlined.label, outlined.official) == (TUMOR, "train")
    assert by_path["br35h/no/no1.jpg"].label == "no_tumor"


def test_slices_without_type_or_outline_and_withheld_ones_are_passed_over(sets: Path) -> None:
    paths = [p.path for p in read_all(sets)]
    assert not any("yes" in p or "withheld" in p for p in paths)


def test_masks_come_from_png_and_polygons(sets: Path) -> None:
    by_path = {p.path: p for p in read_all(sets)}
    drawn = load_mask(by_path["figshare/images/1.jpg"], sets)
    assert drawn is not None
    assert drawn.dtype == np.bool_
    assert int(drawn.sum()) == 20 * 30
    outlined = load_mask(by_path["br35h/Br35H-Mask-RCNN/TRAIN/y7.jpg"], sets)
    assert outlined is not None
    assert outlined[60:70, 30:50].all()
    assert int(outlined.sum()) == 20 * 10
    assert load_mask(by_path["br35h/no/no1.jpg"], sets) is None


def test_missing_sets_are_skipped_until_none_is_left(sets: Path) -> None:
    for name in ("sartaj", "roboflow", "br35h"):
        shutil.rmtree(sets / name)
    assert {p.source for p in read_all(sets)} == {"figshare"}
    shutil.rmtree(sets / "figshare")
    with pytest.raises(MissingDataset, match=r"data/README\.md"):
        read_all(sets)


def test_original_mat_files_come_out_upright(tmp_path: Path) -> None:
    pixels = np.arange(12 * 8, dtype=np.int16).reshape(12, 8) * 40
    mask = np.zeros((12, 8), np.uint8)
    mask[2:5, 6] = 1
    folder = tmp_path / "figshare"
    write_mat(folder / "brainTumorDataPublic_1-766" / "2.mat", pixels, mask, 2, "MR040240B")
    write_mat(folder / "brainTumorDataPublic_767-1532" / "10.mat", pixels, mask, 3, "100360")
    (folder / "cvind.mat").write_bytes(b"not a slice")
    first, second = read_figshare(folder, tmp_path)
    assert (first.label, first.patient_id) == ("glioma", "MR040240B")
    assert (second.label, second.patient_id) == ("pituitary", "100360")
    loaded = load_pixels(first, tmp_path)
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, pixels)
    np.testing.assert_array_equal(load_mask(first, tmp_path), mask > 0)


def test_a_mat_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "figshare").mkdir()
    (tmp_path / "figshare" / "1.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    with pytest.raises(DatasetLayout, match=r"MATLAB v7\.3"):
        read_figshare(tmp_path / "figshare", tmp_path)


def test_an_index_that_names_a_missing_picture_is_refused(sets: Path) -> None:
    (sets / "figshare" / "images" / "2.jpg").unlink()
    with pytest.raises(DatasetLayout, match="'2'"):
        read_all(sets)


def test_unreadable_pictures_are_refused(sets: Path) -> None:
    picture = read_all(sets)[0]
    (sets / picture.path).write_bytes(b"text, not a picture")
    with pytest.raises(DatasetLayout, match="Not a readable picture"):
        load_pixels(picture, sets)
    (sets / picture.path).unlink()
    with pytest.raises(DatasetLayout, match="missing"):
        load_pixels(picture, sets)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("glioma_tumor", "glioma"),
        ("Meningioma", "meningioma"),
        ("no_tumor", "no_tumor"),
        ("notumor", "no_tumor"),
        ("no", "no_tumor"),
        ("pituitary tumor", "pituitary"),
        ("yes", None),
        ("notes", None),
        ("Training", None),
    ],
)
def test_class_of_folder(name: str, label: str | None) -> None:
    assert class_of_folder(name) == label


def test_class_folders_without_splits_and_with_classes_of_their_own(tmp_path: Path) -> None:
    write_jpeg(tmp_path / "mine" / "glioma" / "1.jpg", head(1))
    write_jpeg(tmp_path / "mine" / "train" / "Astrocytoma" / "2.jpg", head(2))
    known = read_class_folders(tmp_path / "mine", tmp_path, source="mine")
    assert [(p.label, p.official) for p in known] == [("glioma", None)]
    every = read_class_folders(tmp_path / "mine", tmp_path, source="mine", any_class=True)
    assert [(p.label, p.official) for p in every] == [("glioma", None), ("Astrocytoma", "train")]


def test_data_root_follows_the_environment(
    sets: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SULCUS_DATA", str(sets))
    assert data_root() == sets.resolve()
    monkeypatch.setenv("SULCUS_DATA", str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(MissingDataset, match="SULCUS_DATA"):
        data_root()


def test_via_shapes_cover_the_area_they_outline(tmp_path: Path) -> None:
    ellipse = {"name": "ellipse", "cx": 60, "cy": 40, "rx": 30, "ry": 10, "theta": np.pi / 2}
    mask = via.rasterise([ellipse], (100, 120))
    assert mask[65, 60]
    assert not mask[40, 85]
    assert abs(int(mask.sum()) - np.pi * 300) < 0.1 * np.pi * 300
    circle = via.rasterise([{"name": "circle", "cx": 20, "cy": 20, "r": 8}], (50, 50))
    assert np.pi * 64 <= int(circle.sum()) <= np.pi * 81  # the outline itself counts
    rect = via.rasterise([{"name": "rect", "x": 3, "y": 4, "width": 9, "height": 5}], (20, 20))
    assert rect[4:10, 3:13].all()
    assert int(rect.sum()) == 60
    with pytest.raises(DatasetLayout, match="point"):
        via.rasterise([{"name": "point", "cx": 1, "cy": 1}], (5, 5))


def test_text_that_is_no_annotation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "annotations_train.json"
    path.write_text("[1, 2]")
    with pytest.raises(DatasetLayout, match="VGG"):
        via.regions_by_file(path)
    with pytest.raises(DatasetLayout, match="cannot be read"):
        via.regions_by_file(tmp_path / "absent.json")


@pytest.mark.real_data
def test_real_sets_are_complete(real_root: Path) -> None:
    pictures = read_all(real_root)
    assert {p.label for p in pictures if p.source == "figshare"} == {
        "glioma",
        "meningioma",
        "pituitary",
    }
    outlined = [p for p in pictures if p.mask]
    for picture in outlined[:: max(1, len(outlined) // 25)]:
        mask = load_mask(picture, real_root)
        assert mask is not None
        assert mask.shape == load_pixels(picture, real_root).shape
        assert 0 < mask.mean() < 0.5


def test_grey_values_survive_a_lossless_file(tmp_path: Path) -> None:
    pixels = head(5)
    (tmp_path / "x" / "no").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "x" / "no" / "1.png"), pixels)
    (picture,) = read_class_folders(tmp_path / "x", tmp_path, source="x")
    np.testing.assert_array_equal(load_pixels(picture, tmp_path), pixels)
