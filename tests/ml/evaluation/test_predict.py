"""Which pictures are read, what is written, and that no test picture chooses a threshold."""

import csv
import json
import os
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from ml.errors import MetricsError
from ml.evaluation import report
from ml.evaluation.__main__ import PARTS, main
from ml.evaluation.outlines import THRESHOLDS, predict_outlines
from ml.evaluation.pictures import Library, held_out, one_a_cluster, read_split
from ml.evaluation.places import Places
from ml.evaluation.predict import (
    logits_of,
    official_table,
    tumour_of,
    write_classes,
    write_outlines,
)
from ml.evaluation.rows import read_classification, read_segmentation
from ml.inference.engine import NetworkOutput
from ml.labels import CLASSES
from ml.models.registry import CLASSIFIERS

HEADER = ("path", "label", "source", "cluster", "group", "split")
FOLDERS = {
    "glioma": "glioma_tumor",
    "meningioma": "meningioma_tumor",
    "no_tumor": "no_tumor",
    "pituitary": "pituitary_tumor",
}


def head(label, number, side=96):
    """A grey ellipse; a tumour is a brighter disk whose brightness tells its class."""
    image = np.zeros((side, side), np.uint8)
    middle = side // 2
    cv2.ellipse(image, (middle, middle), (side // 3, side // 2 - 6), 0, 0, 360, 90, -1)
    mask = np.zeros_like(image)
    if label != "no_tumor":
        at = (middle + number % 5 - 2, middle - 10 + number % 7)
        cv2.circle(mask, at, 9 + number % 3, 255, -1)
        image[mask > 0] = 250
    return image, mask


class BrightnessEngine:
    """Stands for the networks: a small bright share of the picture is a tumour."""

    def __init__(self):
        self.names = []

    def classify(self, name, batch):
        self.names.append(name)
        share = (batch[..., 0] > 0.8).mean(axis=(1, 2))
        logits = np.zeros((len(batch), 4), np.float32)
        logits[:, 0] = np.where(share < 0.2, 4.0, 0.0)
        logits[:, 2] = 2.0
        return NetworkOutput(logits, np.zeros((len(batch), 1, 1, 1), np.float32))

    def segment(self, batch):
        return np.clip(batch[..., 0], 0.0, 1.0)


@pytest.fixture(autouse=True)
def small_networks(monkeypatch):
    """Input side 64, whether or not weights were published."""
    record = SimpleNamespace(input_size=64)
    for module in ("predict", "counterfactual", "robustness"):
        monkeypatch.setattr(f"ml.evaluation.{module}.spec", lambda _: record)


@pytest.fixture
def data(tmp_path):
    """A data folder of two sets in their published layout, and the rows of its split."""
    root, rows = tmp_path / "data", []
    index = ["id,label,patient_id"]
    for folder in ("figshare/images", "figshare/masks"):
        (root / folder).mkdir(parents=True)
    for number in range(24):
        label = ("glioma", "meningioma", "pituitary")[number % 3]
        image, mask = head(label, number)
        cv2.imwrite(str(root / f"figshare/images/{number}.png"), image)
        cv2.imwrite(str(root / f"figshare/masks/{number}.png"), mask)
        index.append(f"{number},{label},P{number // 3}")
        split = ("train", "validation", "test", "test")[number // 3 % 4]
        path = f"figshare/images/{number}.png"
        rows.append((path, label, "figshare", f"c{number}", f"P{number // 3}", split))
    (root / "figshare" / "index.csv").write_text("\n".join(index) + "\n")
    for number in range(32):
        label = CLASSES[number % 4]
        part = "Training" if number < 16 else "Testing"
        path = f"sartaj/{part}/{FOLDERS[label]}/{number}.png"
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / path), head(label, number)[0])
        split = ("train", "validation", "test", "excluded")[number // 4 % 4]
        rows.append((path, label, "sartaj", f"s{number}", f"S{number // 2 % 12}", split))
    return root, [dict(zip(HEADER, row, strict=True)) for row in rows]


def entry(path, cluster, source="sartaj", split="test", label="glioma", **more):
    return {"path": path, "cluster": cluster, "source": source, "split": split, "label": label} | (
        more
    )


def test_one_picture_a_cluster_and_the_original_first():
    rows = [
        entry("b", "1"),
        entry("a", "1"),
        entry("z", "2", "figshare"),
        entry("c", "2"),
        entry("e", "3", representative="1"),
        entry("d", "3", "figshare", representative="0"),
    ]
    assert [row["path"] for row in one_a_cluster(rows)] == ["a", "e", "z"]


def test_only_validation_and_test_pictures_of_a_known_class_are_held_out():
    rows = [
        entry("a", "1", split="train"),
        entry("b", "2", split="excluded"),
        entry("c", "3", label="tumor"),
        entry("d", "4", split="validation"),
        entry("e", "5"),
        entry("f", "5"),
    ]
    assert [row["path"] for row in held_out(rows)] == ["d", "e"]
    assert [row["path"] for row in held_out(rows, every=True)] == ["d", "e", "f"]


def write_splits(root, rows):
    folder = root / "data" / "splits"
    folder.mkdir(parents=True)
    official = [
        {**row, "official": "train" if "Training" in row["path"] else "test"}
        for row in rows
        if row["source"] == "sartaj"
    ]
    for name, lines in (("clean", rows), ("official", official)):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, lines[0])
            writer.writeheader()
            writer.writerows(lines)


def test_rows_of_the_clean_split(data, tmp_path):
    root, rows = data
    places = Places(tmp_path / "repository")
    write_splits(places.root, rows)
    engine = BrightnessEngine()
    for write in (write_classes, write_outlines):
        write(places, Library.at(root), engine)
    table = read_classification(places.clean_rows)
    expected = held_out(rows)
    assert list(table.where["id"]) == [row["path"] for row in expected]
    assert set(table.where["split"]) == {"validation", "test"}
    assert set(table.logits) == {"mobilenet", "xception", "resnet50"} == set(engine.names)
    tumour = np.array(table.where["label"]) != "no_tumor"
    assert ((table.logits["xception"].argmax(axis=1) == 0) == tumour).all()
    thresholds = json.loads(places.thresholds.read_text())
    assert thresholds["unet"]["threshold"] in THRESHOLDS
    assert report.write(places.root) == [places.summary, places.trust, places.variability]
    assert report.stale(places.root) == {}


def test_outlines_of_masked_and_tumour_free_pictures(data):
    root, rows = data
    outlines, entry_ = predict_outlines(rows, Library.at(root), BrightnessEngine().segment, size=64)
    tumour = [row for row in outlines if row.label != "no_tumor"]
    assert {row.id.split("/")[0] for row in tumour} == {"figshare"}
    assert {row.split for row in tumour} == {"validation", "test"}
    assert min(row.score.dice for row in tumour) > 0.8
    assert max(row.score.asd_mm for row in tumour) < 0.49 * 512 / 96 * 1.5
    assert entry_["n_pictures"] == sum(row.split == "validation" for row in tumour)
    free = [row for row in outlines if row.label == "no_tumor"]
    assert free
    assert all(row.score.reference_px == 0 and np.isnan(row.score.dice) for row in free)
    assert {row.picture_px for row in outlines} == {96 * 96}
    assert all(np.isnan(row.tumour) for row in outlines)
    assert "least_tumour" not in entry_


def test_where_an_outline_is_withheld_is_chosen_on_validation(data):
    root, rows = data
    engine = BrightnessEngine()
    # marks every head faintly: the classifiers tell those without a tumour
    faint = lambda batch: np.maximum(engine.segment(batch), 0.9)  # noqa: E731
    arguments = (rows, Library.at(root), faint)
    outlines, entry_ = predict_outlines(*arguments, size=64, tumour=tumour_of(logits_of(engine)))
    assert set(engine.names) == set(CLASSIFIERS)
    free = [row for row in outlines if row.label == "no_tumor"]
    others = [row for row in outlines if row.label != "no_tumor"]
    assert all(row.score.predicted_px for row in free)
    assert max(row.tumour for row in free) < min(row.tumour for row in others)
    least = entry_["least_tumour"]
    assert max(row.tumour for row in free) < least <= max(row.tumour for row in free) + 0.05
    assert not any(row.withheld_below(least).score.predicted_px for row in free)

    blind = lambda scans: np.where(np.arange(len(scans)) < 0, 1.0, 0.5)  # noqa: E731
    _, unsure = predict_outlines(*arguments, size=64, tumour=blind)
    assert unsure["least_tumour"] == 0.55


def test_the_mask_threshold_is_blind_to_the_test_part(data):
    root, rows = data
    library = Library.at(root)
    before = predict_outlines(rows, library, BrightnessEngine().segment, size=64)[1]
    for row in rows:
        if row["split"] == "test" and row["source"] == "figshare":
            cv2.imwrite(str(root / library.picture(row["path"]).mask), np.zeros((96, 96), np.uint8))
    outlines, after = predict_outlines(rows, library, BrightnessEngine().segment, size=64)
    assert after == before
    assert all(np.isnan(row.score.dice) for row in outlines if row.split == "test")


def test_the_official_split_counts_every_picture_and_says_which_leak(data, tmp_path):
    root, rows = data
    write_splits(tmp_path, rows)
    official = read_split(tmp_path / "data" / "splits" / "official.csv")
    engine = BrightnessEngine()
    table = official_table(official, Library.at(root), lambda n, b: engine.classify(n, b).logits)
    assert len(table) == 16
    assert set(table.where["split"]) == {"test"}
    assert all("Testing" in name for name in table.where["id"])
    trained_on = {f"S{n // 2 % 12}" for n in range(16)}
    assert table.leaky == tuple(group in trained_on for group in table.where["group"])
    assert {True, False} == set(table.leaky)


def test_a_picture_that_is_not_there_is_named(data):
    root, _ = data
    with pytest.raises(MetricsError, match=r"sartaj/x\.png"):
        Library.at(root).pixels("sartaj/x.png")


def test_a_mask_of_another_size_is_refused(data):
    root, rows = data
    library = Library.at(root)
    first = next(row for row in rows if row["split"] == "validation" and row["source"] != "sartaj")
    cv2.imwrite(str(root / library.picture(first["path"]).mask), np.zeros((5, 5), np.uint8))
    with pytest.raises(MetricsError, match="not as large as its picture"):
        predict_outlines(rows, library, BrightnessEngine().segment, size=64)


def test_no_validation_mask_means_no_threshold(data):
    root, rows = data
    rows = [row for row in rows if row["split"] != "validation"]
    with pytest.raises(MetricsError, match="no validation slice"):
        predict_outlines(rows, Library.at(root), BrightnessEngine().segment, size=64)


def test_a_missing_split_is_an_error(tmp_path):
    with pytest.raises(MetricsError, match=r"clean\.csv is missing"):
        read_split(tmp_path / "clean.csv")


def test_the_command_predicts_and_reports(data, tmp_path, monkeypatch, capsys):
    root, rows = data
    repository = tmp_path / "repository"
    write_splits(repository, rows)
    monkeypatch.setitem(os.environ, "SULCUS_DATA", str(root))
    monkeypatch.setattr("ml.pipeline.default_engine", BrightnessEngine)
    options = ["--root", str(repository), "--official", str(tmp_path / "runs")]
    # these have files and tests of their own
    alone = ("membership", "conflicts", "explanations", "gate", "writing")
    options += ["--parts", *(part for part in PARTS if part not in alone)]
    assert main([*options, "--rows-only"]) == 0
    places = Places(repository)
    assert not places.summary.exists()
    assert "its rows stay" in capsys.readouterr().out
    assert len(read_segmentation(places.outline_rows)) > 0
    assert main(options) == 0
    assert "written: assets/metrics/summary.json" in capsys.readouterr().out
    assert main([*options, "--check"]) == 0
    pairs = json.loads(places.summary.read_text())["counterfactual"]["pairs"]
    assert pairs["n_heads"] > 0
    curves, probe = (json.loads(p.read_text()) for p in (places.robustness, places.background))
    assert curves["same_networks"]
    assert curves["n_pictures"] == probe["n_pictures"] > 0
    before = places.clean_rows.stat().st_mtime_ns
    assert main([*options[:4], "--rows-only", "--parts", "outlines"]) == 0
    assert places.clean_rows.stat().st_mtime_ns == before


def test_conflicts_are_read_off_the_map_that_was_chosen_just_now(data, tmp_path, monkeypatch):
    done = []
    monkeypatch.setitem(os.environ, "SULCUS_DATA", str(data[0]))
    monkeypatch.setattr("ml.pipeline.default_engine", BrightnessEngine)
    for name in ("conflicts", "explanations"):
        monkeypatch.setattr(f"ml.evaluation.{name}.write_{name}", lambda *_, n=name: done.append(n))
    monkeypatch.setattr("ml.evaluation.report.write", lambda _: done.append("figures"))
    options = ["--root", str(tmp_path), "--rows-only", "--parts"]
    assert main([*options, "conflicts", "explanations"]) == 0
    assert done == ["explanations", "figures", "conflicts"]
