"""The reference engine against direct calls of the same small networks."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from ml.errors import MissingWeights
from ml.inference import engine as engine_module
from ml.inference.engine import KerasEngine
from ml.inference.explain import evidence
from ml.models import registry, weights


def small_network(name: str):
    import keras

    image = keras.Input((None, None, 1), name="image")
    features = keras.layers.Conv2D(6, 3, strides=4, activation="relu", name="last")(image)
    if name == registry.SEGMENTER:
        up = keras.layers.Conv2DTranspose(1, 4, strides=4, padding="same", name="mask_logits")
        return keras.Model(image, up(keras.layers.Conv2D(3, 1, padding="same")(features)))
    pooled = keras.layers.GlobalAveragePooling2D(name="gap")(features)
    pooled = keras.layers.Dropout(0.5, name="dropout")(pooled)
    return keras.Model(image, keras.layers.Dense(4, name="logits")(pooled))


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> dict[str, list]:
    """Small networks in the place of the registered ones; every load is noted."""
    made: dict[str, list] = {}

    def load(name: str):
        time.sleep(0.05)  # long enough for a second thread to arrive meanwhile
        made.setdefault(name, []).append(small_network(name))
        return made[name][-1]

    monkeypatch.setattr(weights, "load", load)
    spec = SimpleNamespace(
        feature_layer="last", input_size=64, sha256="ab" * 32, encoder="mobilenet"
    )
    monkeypatch.setattr("ml.inference.attribution.fine_layer", lambda _: "last")
    monkeypatch.setattr(engine_module.registry, "spec", lambda _: spec)
    return made


@pytest.mark.parametrize("count", [1, 3])
def test_classifier_gives_logits_features_and_head(loaded, count: int):
    engine = KerasEngine()
    batch = np.random.default_rng(1).random((count, 64, 64, 1)).astype(np.float32)
    output = engine.classify("mobilenet", batch)
    model = loaded["mobilenet"][0]
    np.testing.assert_allclose(output.logits, np.asarray(model(batch)), atol=1e-5)
    assert output.logits.shape == (count, 4)
    assert output.features.shape[0] == count
    assert output.features.shape[3] == 6
    assert output.logits.dtype == output.features.dtype == np.float32
    bias = np.asarray(model.get_layer("logits").bias)
    pooled = output.features.mean(axis=(1, 2))
    np.testing.assert_allclose(pooled @ engine.head("mobilenet") + bias, output.logits, atol=1e-5)


def test_segmenter_gives_the_mean_probability_of_picture_and_mirror_image(loaded):
    engine = KerasEngine()
    batch = np.random.default_rng(2).random((2, 64, 64, 1)).astype(np.float32)
    probability = engine.segment(batch)

    def direct(images):
        logits = np.asarray(loaded["unet"][0](images), np.float64)[..., 0]
        return 1 / (1 + np.exp(-logits))

    plain, mirrored = direct(batch), direct(batch[:, :, ::-1])[:, :, ::-1]
    assert np.abs(plain - mirrored).max() > 0.01, "a network that does not see the difference"
    assert probability.shape == plain.shape
    assert probability.dtype == np.float32
    np.testing.assert_allclose(probability, (plain + mirrored) / 2, atol=1e-6)
    np.testing.assert_allclose(
        engine.segment(batch[:, :, ::-1])[:, :, ::-1], probability, atol=1e-6
    )


def test_extreme_logits_do_not_overflow():
    with np.errstate(all="raise", under="ignore"):
        ends = engine_module._sigmoid(np.array([-1e4, 0.0, 1e4], np.float32))
    assert ends.tolist() == [0.0, 0.5, 1.0]


def test_a_network_is_loaded_when_needed_and_once(loaded):
    engine = KerasEngine()
    assert loaded == {}
    batch = np.zeros((1, 64, 64, 1), np.float32)
    results: list[np.ndarray] = []

    def read() -> None:
        results.append(engine.classify("xception", batch).logits)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: len(models) for name, models in loaded.items()} == {"xception": 1}
    assert len(results) == 6
    assert all(np.array_equal(one, results[0]) for one in results)


def test_fingerprint_is_the_registered_digest(loaded):
    assert KerasEngine().fingerprint("resnet50") == "ab" * 32


def test_a_backward_pass_explains_the_class_asked_for_each_picture(loaded):
    engine = KerasEngine()
    batch = np.random.default_rng(3).random((2, 64, 64, 1)).astype(np.float32)
    found = engine.attribute("mobilenet", batch, [2, 0])
    output, kernel = engine.classify("mobilenet", batch), engine.head("mobilenet")
    for at, label in enumerate((2, 0)):
        closed = evidence("log_odds", output.features[at], kernel, output.logits[at])
        np.testing.assert_allclose(found[at], closed[..., label], rtol=1e-3, atol=1e-6)
    with pytest.raises(ValueError, match="no classes"):
        engine.attribute("unet", batch, [0, 0])


def test_the_segmenter_has_no_head(loaded):
    with pytest.raises(ValueError, match="not a classifier"):
        KerasEngine().head("unet")


def test_missing_weights_stay_an_error_and_are_tried_again(monkeypatch: pytest.MonkeyPatch):
    tries: list[str] = []

    def load(name: str):
        tries.append(name)
        raise MissingWeights("run make train")

    monkeypatch.setattr(weights, "load", load)
    engine = KerasEngine()
    for _ in range(2):
        with pytest.raises(MissingWeights):
            engine.classify("mobilenet", np.zeros((1, 64, 64, 1), np.float32))
    assert tries == ["mobilenet", "mobilenet"]


def test_importing_the_engine_does_not_import_tensorflow():
    import subprocess
    import sys

    code = "import sys, ml.pipeline; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
