"""The pictures of a split: which part, which label, which mask, prepared once."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ml.errors import TrainingError
from ml.labels import CLASSES, NO_TUMOR
from ml.preprocess import prepare
from ml.training import corpus as module
from ml.training.config import FOLD_SPLITS
from ml.training.corpus import (
    CACHED_SIDE,
    UNKNOWN_TUMOUR,
    load_corpus,
    official_part,
    read_split,
    rows_of,
    split_file,
    split_id,
)
from tests.ml.fakes import disc_picture

HEADER = "path,label,source,cluster,group,split,representative"
ROWS = (
    "figshare/1.jpg,glioma,figshare,c1,g1,train,1",
    "sartaj/1.jpg,glioma,sartaj,c1,g1,train,0",
    "br35h/y1.jpg,tumor,br35h,c2,g2,train,1",
    "br35h/no1.jpg,no_tumor,br35h,c3,g3,train,1",
    "figshare/2.jpg,pituitary,figshare,c4,g4,validation,1",
    "sartaj/2.jpg,meningioma,sartaj,c5,g5,test,1",
    "sartaj/3.jpg,meningioma,sartaj,c6,g6,excluded,0",
)
MASKED = ("figshare/1.jpg", "figshare/2.jpg", "br35h/y1.jpg")


@pytest.fixture
def splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A repository with one small split; every picture is drawn. Gives the paths decoded."""
    folder = tmp_path / "data" / "splits"
    folder.mkdir(parents=True)
    (folder / "clean.csv").write_text("\n".join([HEADER, *ROWS]) + "\n")
    official = [f"{row},{'test' if i == 0 else 'train'}" for i, row in enumerate(ROWS)]
    (folder / "official.csv").write_text("\n".join([f"{HEADER},official", *official]) + "\n")
    paths = [row.split(",")[0] for row in ROWS]
    decoded: list[str] = []

    def pixels(picture: SimpleNamespace, _root: Path) -> np.ndarray:
        decoded.append(picture.path)
        return disc_picture(150, centre=(60 + paths.index(picture.path), 70))

    def mask(picture: SimpleNamespace, _root: Path) -> np.ndarray | None:
        return disc_picture(150) > 200 if picture.path in MASKED else None

    monkeypatch.setattr(module, "REPOSITORY", tmp_path)
    monkeypatch.setattr(module, "CACHE", tmp_path / ".cache")
    monkeypatch.setattr(module, "data_root", lambda: tmp_path)
    monkeypatch.setattr(module, "read_all", lambda _: [SimpleNamespace(path=p) for p in paths])
    monkeypatch.setattr(module, "load_pixels", pixels)
    monkeypatch.setattr(module, "load_mask", mask)
    return decoded


def test_a_part_holds_its_pictures_with_label_cluster_and_mask(splits: list[str]) -> None:
    found = load_corpus("clean", "train")
    assert found.paths.tolist() == [row.split(",")[0] for row in ROWS[:4]]
    glioma = CLASSES.index("glioma")
    assert found.labels.tolist() == [glioma, glioma, UNKNOWN_TUMOUR, NO_TUMOR]
    assert found.clusters.tolist() == ["c1", "c1", "c2", "c3"]
    assert found.representative.tolist() == [True, False, True, True]
    # a copy without a mask of its own has an unknown outline, a tumour-free slice an empty one
    assert found.has_mask.tolist() == [True, False, True, True]
    assert not found.masks[3].any()
    assert found.images.shape == found.masks.shape == (4, CACHED_SIDE, CACHED_SIDE)
    assert found.images.dtype == np.uint8
    expected = prepare(disc_picture(150, centre=(60, 70)), CACHED_SIDE).image[0, ..., 0]
    np.testing.assert_allclose(found.images[0] / 255.0, expected, atol=0.003)
    disc = found.images[0][found.masks[0] > 200]
    assert disc.mean() > 2 * found.images[0].mean()


def test_parts_do_not_overlap_and_excluded_pictures_are_nowhere(splits: list[str]) -> None:
    parts = [set(load_corpus("clean", p).paths) for p in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [4, 1, 1]
    assert len(set.union(*parts)) == 6
    assert "sartaj/3.jpg" not in set.union(*parts)


def test_pictures_are_decoded_once(splits: list[str]) -> None:
    load_corpus("clean", "train")
    once = list(splits)
    load_corpus("clean", "validation")
    assert splits == once
    assert len(once) == 6


def test_resized_keeps_everything_but_the_side(splits: list[str]) -> None:
    found = load_corpus("clean", "train")
    small = found.resized(64)
    assert small.images.shape == small.masks.shape == (4, 64, 64)
    assert small.paths.tolist() == found.paths.tolist()
    assert abs(float(small.images.mean()) - float(found.images.mean())) < 1.0
    assert found.resized(CACHED_SIDE).images is found.images


def test_official_parts_keep_test_apart_and_groups_together(splits: list[str]) -> None:
    test = load_corpus("official_figshare", "test")
    assert test.paths.tolist() == ["figshare/1.jpg"]
    rows = [{"group": f"g{i // 2}", "official": "train"} for i in range(2000)]
    parts = [official_part(row) for row in rows]
    assert set(parts) == {"train", "validation"}
    assert parts[::2] == parts[1::2]
    assert 0.07 < parts.count("validation") / len(parts) < 0.13
    assert official_part({"group": "g0", "official": "test"}) == "test"


def test_folds_hold_out_one_choose_on_the_next_and_train_on_the_rest(splits: list[str]) -> None:
    rows = [f"{row},{i % 5}" for i, row in enumerate(ROWS)]
    file = module.REPOSITORY / "data" / "splits" / "folds.csv"
    file.write_text("\n".join([f"{HEADER},fold", *rows]) + "\n")
    for number, split in enumerate(FOLD_SPLITS):
        parts = {row["path"]: row["split"] for row in rows_of(split)}
        assert len(parts) == len(ROWS)
        for i, row in enumerate(ROWS):
            wanted = {number: "test", (number + 1) % 5: "validation"}.get(i % 5, "train")
            assert parts[row.split(",")[0]] == wanted
    assert [split_file(name) for name in ("clean", "official_roboflow", "fold3")] == [
        "clean",
        "official",
        "folds",
    ]


def test_unknown_splits_and_parts_are_refused(splits: list[str]) -> None:
    with pytest.raises(TrainingError, match="no split 'other'"):
        read_split("other")
    with pytest.raises(TrainingError, match="no part 'holdout'"):
        load_corpus("clean", "holdout")


def test_the_split_is_known_by_its_content(splits: list[str]) -> None:
    before = split_id("clean")
    file = module.REPOSITORY / "data" / "splits" / "clean.csv"
    file.write_text(file.read_text().replace("g6", "g7"))
    assert split_id("clean") != before
    assert len(before) == 16
