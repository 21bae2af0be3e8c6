"""Networks of Sartaj's own split: which are read, and at which size."""

import json

import numpy as np
import pytest

from ml.evaluation.official import official_networks


def finished_run(runs, name, *, epoch=5):
    from ml.models.classifiers import build_classifier
    from ml.training.checkpoint import arrays_of, save_arrays

    folder = runs / f"{name}-official_sartaj"
    for stage in ("pretrain", "finetune"):
        (folder / stage).mkdir(parents=True)
        (folder / stage / "done.json").write_text('{"minutes": 1.0}')
    phases = [{"size": 96, "epochs": 4}, {"size": 64, "epochs": 2}]
    last = {"name": "finetune", "task": "classify", "learning_rate": 1e-3, "phases": phases}
    facts = {"config": {"stages": [{**last, "name": "pretrain", "phases": []}, last]}}
    (folder / "run.json").write_text(json.dumps(facts))
    model = build_classifier(name)
    save_arrays(folder / "finetune" / "best.npz", arrays_of(model.weights), epoch=epoch)
    return model


def test_official_networks_are_the_trained_ones(tmp_path, monkeypatch):
    monkeypatch.setattr("ml.evaluation.official.CLASSIFIERS", ("mobilenet",))
    assert official_networks(tmp_path).sizes == {}
    model = finished_run(tmp_path, "mobilenet")
    batch = np.random.default_rng(0).random((2, 64, 64, 1)).astype(np.float32)
    networks = official_networks(tmp_path)
    assert networks.sizes == {"mobilenet": 64}
    found = networks.classify("mobilenet", batch)
    assert found.shape == (2, 4)
    assert found == pytest.approx(np.asarray(model(batch)), abs=1e-5)


def test_an_official_network_is_read_at_the_size_of_its_best_epoch(tmp_path, monkeypatch):
    monkeypatch.setattr("ml.evaluation.official.CLASSIFIERS", ("mobilenet",))
    finished_run(tmp_path, "mobilenet", epoch=3)
    assert official_networks(tmp_path).sizes == {"mobilenet": 96}


def test_only_networks_trained_to_the_end_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr("ml.evaluation.official.CLASSIFIERS", ("mobilenet", "xception"))
    finished_run(tmp_path, "mobilenet")
    (tmp_path / "xception-official_sartaj").mkdir()
    (tmp_path / "xception-official_sartaj" / "run.json").write_text(
        (tmp_path / "mobilenet-official_sartaj" / "run.json").read_text()
    )
    assert set(official_networks(tmp_path).sizes) == {"mobilenet"}
