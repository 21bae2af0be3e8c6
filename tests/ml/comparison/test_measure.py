"""A finished run becomes rows and facts; what is not finished is said."""

import json

import keras
import numpy as np
import pytest

from ml.comparison import measure as module
from ml.comparison.entrants import ENTRANTS, Finished, build, is_finished, load_run, run_folder
from ml.comparison.measure import Places, Reader, measure, median_ms
from ml.errors import MetricsError
from ml.evaluation.boxes import read_detection
from ml.evaluation.pictures import Library
from ml.evaluation.rows import read_classification, read_segmentation
from ml.models import registry
from ml.models.registry import published
from ml.training.__main__ import NETWORKS
from ml.training.config import Phase, RunConfig, Stage
from ml.training.recipes import RECIPES
from ml.training.runner import Run
from tests.ml.evaluation.test_predict import data, write_splits
from tests.ml.fakes import FakeEngine
from tests.ml.training.conftest import drawn_splits

__all__ = ["data", "drawn_splits"]


def bright(name="mlp", *, outlines=False):
    """A small bright share is a tumour (`BrightnessEngine`), or the picture is the outline."""
    image = keras.Input((None, None, 1), name="image")
    if outlines:
        return keras.Model(image, keras.layers.Rescaling(8.0, offset=-6.0)(image))
    spots = keras.layers.Activation("sigmoid")(keras.layers.Rescaling(100.0, offset=-80.0)(image))
    share = keras.layers.GlobalAveragePooling2D()(spots)
    model = keras.Model(image, keras.layers.Dense(4, name="logits")(share), name=name)
    weights = [np.array([[-40.0, 0, 0, 0]], np.float32), np.array([8.0, -5, 0, -5], np.float32)]
    model.get_layer("logits").set_weights(weights)
    return model


@pytest.fixture
def finished(monkeypatch):
    """Every run is finished, with a network that tells bright from dark."""
    run = {"split_id": "ab", "config": {"seed": 1, "weights": "none", "stages": [{"name": "a"}]}}

    def load(folder, name):
        return Finished(bright(outlines=ENTRANTS[name].outlines), 64, 12, 3.5, run)

    monkeypatch.setattr(module, "load_run", load)


def test_every_trainable_network_takes_part_and_none_else():
    assert set(ENTRANTS) == set(NETWORKS) == set(RECIPES)


@pytest.mark.parametrize("protocol", ["clean", "official_sartaj"])
def test_rows_and_facts_of_a_classifier(finished, data, tmp_path, protocol):
    root, rows = data
    places = Places(tmp_path / "repository")
    write_splits(places.root, rows)
    measure("mlp", protocol, runs=tmp_path, places=places, library=Library.at(root))
    table = read_classification(places.rows(protocol, "classes", "mlp"))
    tumour = np.array(table.where["label"]) != "no_tumor"
    assert ((table.logits["mlp"].argmax(axis=1) == 0) == tumour).all()
    assert 0 < tumour.sum() < len(tumour)
    facts = json.loads(places.facts.read_text())["mlp"][protocol]
    assert facts["parameters"] == 12
    assert facts["bytes"] == 24
    assert facts["minutes"] == 3.5
    assert facts["ms"] > 0
    assert (table.leaky is None) == (protocol == "clean")


def test_folds_read_each_picture_once_by_the_fold_that_holds_it_out(finished, data, tmp_path):
    root, rows = data
    places = Places(tmp_path / "repository")
    rows = [{**row, "fold": str(i % 5)} for i, row in enumerate(rows)]
    write_splits(places.root, rows)
    clean = places.split("clean")
    clean.with_name("folds.csv").write_text(clean.read_text())
    measure("mlp", "folds", runs=tmp_path, places=places, library=Library.at(root))
    table = read_classification(places.rows("folds", "classes", "mlp"))
    by_path = {row["path"]: row for row in rows}
    assert sorted(table.where["id"]) == sorted(by_path)
    for path, split in zip(table.where["id"], table.where["split"], strict=True):
        assert split == f"fold{by_path[path]['fold']}"


def test_rows_of_an_outline(finished, data, tmp_path):
    root, rows = data
    places = Places(tmp_path / "repository")
    write_splits(places.root, rows)
    measure("resunet", "clean", runs=tmp_path, places=places, library=Library.at(root))
    found = read_segmentation(places.rows("clean", "outlines", "resunet"))
    marked = [row.score.dice for row in found if row.label != "no_tumor"]
    assert np.mean(marked) > 0.8


def boxing():
    """A network that boxes the whole upper left quarter of every picture as a glioma."""
    image = keras.Input((None, None, 1), name="image")
    level = keras.layers.GlobalAveragePooling2D()(image)

    def fixed(values, name):
        dense = keras.layers.Dense(4, name=f"{name}_dense")
        row = keras.layers.Reshape((1, 4), name=name)(dense(level))
        dense.set_weights([np.zeros((1, 4), np.float32), np.array(values, np.float32)])
        return row

    boxes, logits = fixed([0, 0, 0.5, 0.5], "boxes"), fixed([3, 0, 0, 0], "roi_logits")
    return keras.Model(image, {"boxes": boxes, "roi_logits": logits})


def test_a_detector_s_lowest_score_is_chosen_on_what_is_shown(data, tmp_path, monkeypatch):
    root, rows = data
    places = Places(tmp_path / "repository")
    write_splits(places.root, rows)
    thresholds = places.root / "assets" / "metrics" / "thresholds.json"
    thresholds.parent.mkdir(parents=True)
    thresholds.write_text('{"unet": {"threshold": 0.4}}')
    run = {"split_id": "ab", "config": {"seed": 1, "weights": "none", "stages": [{"name": "a"}]}}
    monkeypatch.setattr(module, "shipped", lambda _: Finished(boxing(), 64, 12, 3.5, run))
    monkeypatch.setattr(module, "default_engine", FakeEngine)
    entry = {"input_size": 96, "parameters": 1, "file": "detector.none", "sha256": "0" * 64}
    monkeypatch.setattr(registry, "published", lambda: {**published(), "detector": entry})
    seen = []

    def choose(found):
        seen.extend(found)
        return 0.321

    monkeypatch.setattr(module, "choose_min_score", choose)
    measure("detector", "clean", runs=tmp_path, places=places, library=Library.at(root))
    assert {row.split for row in seen} == {"validation"}
    written = json.loads(thresholds.read_text())
    assert written["detector"]["min_score"] == 0.321
    assert written["unet"] == {"threshold": 0.4}
    by_itself = read_detection(places.rows("clean", "boxes", "detector"))
    assert {row.found[0].label for row in by_itself} == {"glioma"}
    shown = {row.id: row for row in read_detection(places.rows("clean", "boxes", "shown_boxes"))}
    assert set(shown) == {row.id for row in by_itself}
    assert {one.label for row in seen for one in row.found} >= {"meningioma"}


def test_outlines_are_the_mean_with_the_mirror_image():
    network = bright(outlines=True)
    picture = np.random.default_rng(0).random((2, 8, 8, 1)).astype(np.float32)
    expected = 1 / (1 + np.exp(6.0 - 8.0 * picture[..., 0]))
    np.testing.assert_allclose(Reader(network).outlines(picture), expected, atol=1e-6)


def test_a_run_is_loaded_with_its_best_weights(drawn_splits, tmp_path):
    stage = Stage("classes", "classify", (Phase(32, 1),), learning_rate=1e-3)
    config = RunConfig("small_cnn", (stage,), steps=2, batch=4)
    folder = run_folder(tmp_path, "small_cnn", "clean")
    with pytest.raises(MetricsError, match="Small CNN is not trained to the end"):
        load_run(folder, "small_cnn")
    trained = Run(config, folder).go()
    assert is_finished(folder)
    found = load_run(folder, "small_cnn")
    for one, other in zip(found.model.weights, trained.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
    assert (found.size, found.parameters) == (32, sum(int(np.size(w)) for w in trained.weights))
    assert found.bytes == 2 * found.parameters


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg16", "resunet", "multitask", "unet_resnet50", "detector"])
def test_every_kind_can_be_built(name):
    model = build(name)
    assert model.count_params() > 1e5
    outputs = Reader(model).named(np.zeros((1, 128, 128, 1), np.float32))
    if ENTRANTS[name].classifies:
        assert Reader(model).classes(np.zeros((1, 128, 128, 1), np.float32)).shape == (1, 4)
    if ENTRANTS[name].outlines:
        batch = np.zeros((1, 128, 128, 1), np.float32)
        assert Reader(model).outlines(batch).shape == (1, 128, 128)
    if ENTRANTS[name].kind == "detector":
        assert {"boxes", "roi_logits"} <= set(outputs)


def test_the_time_is_the_median_of_warm_calls():
    calls = []
    assert median_ms(lambda: calls.append(1), timed=5) < 5.0
    assert len(calls) == 8
