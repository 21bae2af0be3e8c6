"""Rows of the look-up, the choice of the distance, and the figures."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from ml.datasets import membership as index_command
from ml.datasets.readers import data_root
from ml.datasets.tables import write_csv
from ml.errors import MembershipError, MetricsError, MissingDataset
from ml.evaluation import membership_published, report
from ml.evaluation.copies import AS_PUBLISHED, KINDS, SAME_PICTURE, edits, eight_bit, published
from ml.evaluation.membership import look_ups, training_sample, write_membership
from ml.evaluation.membership_rows import (
    MOST_FALSE,
    LookUp,
    choose_distance,
    membership_figures,
    read_look_ups,
    write_look_ups,
)
from ml.evaluation.pictures import Library, read_split
from ml.evaluation.places import Places
from ml.inference.membership import load, load_index, save_index
from ml.io import read_scan
from ml.phantom import draw
from tests.ml.datasets.drawing import head

ROOT = Path(__file__).resolve().parents[3]
COLUMNS = ("path", "label", "source", "cluster", "group", "split", "representative")
INDEX = {"sha256": "0" * 64, "n_pictures": 3}


def simulated(false: Sequence[int] = (30, 36), *, training: int = 4) -> list[LookUp]:
    """Copies at distance 4 (cut ones at 40), strangers at 60 apart from a few in validation."""
    rows = []
    for name, variants in KINDS.items():
        far = 40 if name == "cut" else 4
        for variant in variants:
            rows += [
                LookUp(f"sartaj/{i}.jpg", f"g{i}", "train", variant, far, 5.0 + i)
                for i in range(training)
            ]
    distances = [*false, *[60] * (400 - len(false))]
    for part in ("validation", "test"):
        for i, distance in enumerate(distances):
            far = distance if part == "validation" else 60
            rows.append(LookUp(f"{part}/{i}.jpg", f"{part}{i}", part, AS_PUBLISHED, far, 5.0))
    return rows


def test_the_sample_is_by_lot_one_a_group_first_and_always_the_same() -> None:
    rows = [
        {"path": f"{i}.jpg", "group": f"g{i % 7}", "split": "train" if i % 3 else "test"}
        for i in range(60)
    ]
    sample = training_sample(rows, 10)
    assert len({row["group"] for row in sample[:7]}) == 7
    assert len({row["path"] for row in sample}) == 10
    assert {row["split"] for row in sample} == {"train"}
    assert training_sample(rows[::-1], 10) == sample
    assert len(training_sample(rows, 1000)) == 40


def test_the_distance_is_the_largest_that_keeps_to_the_rule() -> None:
    # one hit of 400 patients keeps the upper end under 1 %, eight do not
    rows = simulated((30, *[36] * 7))
    assert choose_distance(rows) == 34
    assert choose_distance(simulated([36] * 8)) == 34
    assert choose_distance(simulated([])) == 58
    with pytest.raises(MetricsError, match="look at the split"):
        choose_distance(simulated([0] * 9))


def test_the_distance_comes_from_validation_alone() -> None:
    rows = simulated((30, *[36] * 7))
    near = [replace(row, distance=0) if row.part != "validation" else row for row in rows]
    assert choose_distance(near) == choose_distance(rows)
    with pytest.raises(MetricsError, match="no validation picture"):
        choose_distance([row for row in rows if row.part != "validation"])


def test_figures_are_shares_of_the_rows() -> None:
    rows = simulated((30, *[36] * 7))
    rows.append(LookUp("sartaj/0.jpg", "g0", "train", "jpeg_30", 90, 5.0))
    found = membership_figures(rows, split_id="s", index=INDEX)
    limit = found["max_distance"]
    whole = {variant for variants in SAME_PICTURE.values() for variant in variants}
    copies = [row for row in rows if row.part == "train" and row.variant in whole]
    assert found["hits"]["n_look_ups"] == len(copies)
    assert found["hits"]["share"].value == pytest.approx(1 - 1 / len(copies))
    assert found["hits"]["farthest"] == 90
    kinds = found["hits_by_kind"]
    assert kinds["jpeg_30"]["share"].value == pytest.approx(4 / 5)
    assert kinds["jpeg_30"]["share"].low < kinds["jpeg_30"]["share"].value
    assert kinds["cut"]["share"].value == 0.0
    assert kinds["turned"]["share"].value == 1.0
    assert kinds["turned"]["n_look_ups"] == 7 * kinds["turned"]["n_pictures"]
    validation = [row.distance <= limit for row in rows if row.part == "validation"]
    assert found["false_hits"]["validation"]["share"].value == pytest.approx(np.mean(validation))
    assert found["false_hits"]["validation"]["share"].high <= MOST_FALSE
    assert found["false_hits"]["test"]["share"].value == 0.0
    published_ms = [row.ms for row in rows if row.variant == AS_PUBLISHED]
    assert found["ms"]["median"] == np.median(published_ms)
    assert found["ms"]["n"] == len(published_ms)


def test_a_part_that_was_not_looked_up_is_said() -> None:
    rows = [row for row in simulated() if row.part != "test"]
    with pytest.raises(MetricsError, match="not looked up"):
        membership_figures(rows, split_id="s", index=INDEX)


def test_rows_come_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "rows" / "membership_clean.csv"
    rows = simulated()
    write_look_ups(path, rows, 34)
    assert read_look_ups(path) == rows
    assert path.read_text().splitlines()[1] == "sartaj/0.jpg,g0,train,as_published,4,1,5.0"


@pytest.mark.parametrize("content", [None, "", "id,group\na,b\n"])
def test_rows_that_cannot_be_used_name_the_command(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "membership_clean.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(MetricsError, match="run `"):
        read_look_ups(path)


def test_every_edit_is_a_file_that_the_app_reads(tmp_path: Path) -> None:
    pixels = eight_bit(draw("glioma", seed=3, size=160).pixels)
    made = dict(edits(pixels))
    assert {AS_PUBLISHED, *made} == {v for variants in KINDS.values() for v in variants}
    assert len({*made.values()}) == len(made)
    shapes = {name: read_scan(data).shape for name, data in made.items()}
    assert shapes["side_128"] == (128, 128)
    assert shapes["together"] == (224, 224)
    assert shapes["cut"] == (150, 150)
    assert read_scan(made["contrast"]).pixels.std() > 1.1 * pixels.std()
    assert read_scan(made["brighter"]).pixels.mean() > 10 + pixels.mean()
    mirrored = read_scan(made["symmetry_1"]).pixels
    np.testing.assert_array_equal(mirrored[:, ::-1], pixels)
    np.testing.assert_array_equal(read_scan(published(tmp_path / "1.mat", pixels)).pixels, pixels)


def test_scanner_units_are_scaled_to_eight_bits() -> None:
    grey = eight_bit(np.array([[0.0, 500.0], [1000.0, -20.0]], np.float32))
    np.testing.assert_array_equal(grey, [[0, 127], [255, 0]])
    assert eight_bit(np.zeros((2, 2), np.float32)).max() == 0


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A repository and a data folder with drawn heads, six training and eight held out."""
    places, rows = Places(tmp_path / "repository"), []
    for i in range(14):
        part = "train" if i < 6 else ("validation", "test")[i % 2]
        path = f"sartaj/Training/glioma_tumor/{i}.png"
        file = tmp_path / "data" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), head(i))
        row = (path, "glioma", "sartaj", f"c{i}", f"g{i}", part, 1)
        rows.append(dict(zip(COLUMNS, row, strict=True)))
    places.split.parent.mkdir(parents=True)
    write_csv(places.split, COLUMNS, rows)
    index = index_command.build(tmp_path / "data", places.split, cache=None)
    save_index(index, places.training_index)
    return places


def test_from_pictures_to_a_decision(places: Places, tmp_path: Path) -> None:
    library = Library.at(tmp_path / "data")
    write_membership(places, library)
    rows = read_look_ups(places.membership_rows)
    variants = sum(len(names) for names in KINDS.values())
    assert len(rows) == 6 * variants + 8
    published_ones = [r for r in rows if r.part == "train" and r.variant == AS_PUBLISHED]
    assert {row.distance for row in published_ones} == {0}
    figures = report.build_membership(places)
    assert figures["hits"]["share"].value == 1.0
    assert figures["index"]["n_pictures"] == 6
    assert set(figures["false_hits"]) == {"validation", "test"}

    places.membership.write_text(report.render(figures))
    known = load(places.training_index, places.membership)
    assert known.max_distance == figures["max_distance"]
    read = membership_published.load(places.membership)
    assert read.hits.share.value == 1.0
    assert (read.max_distance, read.n_training) == (known.max_distance, 6)
    assert set(read.hits_by_kind) == set(KINDS)
    assert read.false_hits["test"].n_groups == 4


def test_an_index_of_another_split_is_not_measured(places: Places, tmp_path: Path) -> None:
    places.split.write_text(places.split.read_text() + "\n")
    with pytest.raises(MembershipError, match=r"ml\.datasets\.membership"):
        write_membership(places, Library.at(tmp_path / "data"))
    assert not places.membership_rows.exists()


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"hits": 3}'])
def test_damaged_figures_name_the_command(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "membership.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(MetricsError, match="--parts membership"):
        membership_published.load(file)


def test_the_committed_figures_are_those_of_the_committed_rows() -> None:
    places = Places(ROOT)
    assert places.membership.read_text() == report.render(report.build_membership(places))
    figures = json.loads(places.membership.read_text())
    for row in places.membership_rows.read_text().splitlines()[1:]:
        distance, hit = row.split(",")[-3:-1]
        assert (int(distance) <= figures["max_distance"]) == (hit == "1")


@pytest.mark.real_data
def test_committed_rows_are_what_the_pictures_give() -> None:
    try:
        library = Library.at(data_root())
    except MissingDataset:
        pytest.skip("the public data sets are not on this machine")
    places = Places(ROOT)
    split = read_split(places.split)
    few = training_sample(split)[::100]
    few += [row for row in split if row["split"] == "test" and row["representative"] == "1"][::40]
    committed = {(row.id, row.variant): row for row in read_look_ups(places.membership_rows)}
    again = look_ups(few, library, load_index(places.training_index))
    assert len(again) > 100
    for row in again:
        assert replace(row, ms=0.0) == replace(committed[row.id, row.variant], ms=0.0)
