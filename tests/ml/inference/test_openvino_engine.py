"""The OpenVINO engine on a small network without Keras: loading, threads, errors, choice."""

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.errors import AlteredWeights, EngineError, MissingWeights
from ml.inference import chosen
from ml.inference.engine import KerasEngine
from ml.inference.explain import evidence
from ml.models import registry, topology
from ml.models.topology import Layer, Topology
from ml.models.weight_files import save

pytest.importorskip("openvino")

from ml.inference import openvino_engine  # after the check that it can be
from ml.inference.openvino_engine import OpenVinoEngine

STEPS = (
    ("Conv2D", {"strides": [4, 4], "padding": "valid"}, (0, 1)),
    ("ReLU", {"max_value": None}, ()),
    ("GlobalAveragePooling2D", {}, ()),
    ("Dense", {"activation": "linear"}, (2, 3)),
)


def small() -> Topology:
    """Convolution, rectifier, pooling, four logits: the fine map is that of the last features."""
    layers = [Layer("image", "InputLayer", (), {}, ())]
    for kind, settings, places in STEPS:
        layers.append(Layer(kind, kind, (layers[-1].name,), settings, places))
    outputs = {"features": "ReLU", "fine": "ReLU", "logits": "Dense"}
    return Topology(tuple(layers), outputs, ((3, 3, 1, 6), (6,), (6, 4), (4,)))


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weight file and list of layers of the small network, in the place of the MobileNet's."""
    random = np.random.default_rng(4)
    arrays = [random.normal(size=shape).astype(np.float32) for shape in small().shapes]
    digest = save(arrays, tmp_path / "small.safetensors")
    entry = {"input_size": 64, "parameters": 1, "file": "small.safetensors", "sha256": digest}
    monkeypatch.setattr(registry, "WEIGHTS", tmp_path)
    monkeypatch.setattr(registry, "published", lambda: {"mobilenet": entry})
    topology.write(small(), tmp_path / "mobilenet.layers.json")
    return tmp_path


def noise(count: int, side: int = 64) -> np.ndarray:
    return np.random.default_rng(1).random((count, side, side, 1)).astype(np.float32)


@pytest.mark.parametrize(("count", "side"), [(1, 64), (3, 64), (2, 41)])
def test_logits_features_head_and_maps_belong_together(
    published: Path, count: int, side: int
) -> None:
    engine, batch = OpenVinoEngine(threads=1), noise(count, side)
    output, kernel = engine.classify("mobilenet", batch), engine.head("mobilenet")
    assert output.features.shape == (count, (side - 3) // 4 + 1, (side - 3) // 4 + 1, 6)
    assert output.logits.dtype == output.features.dtype == kernel.dtype == np.float32
    bias = output.logits - output.features.mean(axis=(1, 2)) @ kernel
    np.testing.assert_allclose(bias - bias[0], 0.0, atol=1e-5)
    labels = [2, 0, 3][:count]
    found = engine.attribute("mobilenet", batch, labels)
    for at, label in enumerate(labels):
        closed = evidence("log_odds", output.features[at], kernel, output.logits[at])
        np.testing.assert_allclose(found[at], closed[..., label], rtol=1e-3, atol=1e-6)


def test_a_batch_says_what_its_pictures_say(published: Path) -> None:
    engine, batch = OpenVinoEngine(threads=1), noise(5)
    together = engine.classify("mobilenet", batch).logits
    alone = np.concatenate([engine.classify("mobilenet", batch[i : i + 1]).logits for i in (4, 0)])
    np.testing.assert_allclose(together[[4, 0]], alone, rtol=1e-4, atol=1e-5)
    assert np.ptp(together, axis=0).max() > 1e-3


def test_many_threads_build_a_network_once_and_keep_their_answers(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[int] = []
    emit = openvino_engine.emit
    monkeypatch.setattr(
        openvino_engine, "emit", lambda *given: built.append(given[2]) or emit(*given)
    )
    engine, batch = OpenVinoEngine(threads=1), noise(8)
    results: dict[int, list[np.ndarray]] = {at: [] for at in range(8)}

    def read(at: int) -> None:
        for _ in range(20):
            results[at].append(engine.classify("mobilenet", batch[at : at + 1]).logits)

    threads = [threading.Thread(target=read, args=(at,)) for at in results]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == [64]
    engine.attribute("mobilenet", batch[:1], [0])
    engine.attribute("mobilenet", batch[:1], [0])
    assert built == [64, 64], "a fine map has a graph of its own, made when it is asked for"
    expected = engine.classify("mobilenet", batch).logits
    for at, found in results.items():
        assert len(found) == 20
        np.testing.assert_allclose(np.concatenate(found), expected[[at] * 20], atol=1e-4)


def test_a_reduced_precision_leaves_heat_maps_alone(published: Path) -> None:
    exact, reduced = (OpenVinoEngine(threads=1, precision=name) for name in ("f32", "bf16"))
    batch = noise(2)
    maps = [engine.attribute("mobilenet", batch, [1, 2]) for engine in (exact, reduced)]
    np.testing.assert_array_equal(maps[0], maps[1])
    logits = [engine.classify("mobilenet", batch).logits for engine in (exact, reduced)]
    np.testing.assert_allclose(logits[0], logits[1], rtol=0.05, atol=0.05)


def test_only_checked_weights_are_run(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = OpenVinoEngine(threads=1)
    assert engine.fingerprint("mobilenet") == registry.spec("mobilenet").sha256
    file = published / "small.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(AlteredWeights, match="SHA-256 differs"):
        OpenVinoEngine().classify("mobilenet", noise(1))
    file.write_bytes(content)
    other = replace(small(), shapes=((3, 3, 1, 7), *small().shapes[1:]))
    topology.write(other, published / "mobilenet.layers.json")
    with pytest.raises(AlteredWeights, match="does not fit"):
        OpenVinoEngine().fingerprint("mobilenet")
    (published / "mobilenet.layers.json").unlink()
    with pytest.raises(MissingWeights, match="list of layers of MobileNet is missing"):
        OpenVinoEngine().fingerprint("mobilenet")


def test_the_segmenter_has_no_classes() -> None:
    engine = OpenVinoEngine()
    with pytest.raises(ValueError, match="no logits layer"):
        engine.head("unet")
    with pytest.raises(ValueError, match="no classes to explain"):
        engine.attribute("unet", noise(1), [0])


def test_the_environment_chooses_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(chosen.ENGINE, raising=False)
    monkeypatch.delenv(chosen.THREADS, raising=False)
    assert isinstance(chosen.chosen_engine(), OpenVinoEngine)
    monkeypatch.setenv(chosen.ENGINE, "tensorflow")
    assert isinstance(chosen.chosen_engine(), KerasEngine)
    monkeypatch.setenv(chosen.ENGINE, "abacus")
    with pytest.raises(EngineError, match="'abacus'; known are openvino and tensorflow"):
        chosen.chosen_engine()


def test_compiled_networks_lie_in_the_users_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(chosen.CACHE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert chosen.cache_folder() == tmp_path / "sulcus"
    monkeypatch.setenv(chosen.CACHE, str(tmp_path / "own"))
    assert chosen.cache_folder() == tmp_path / "own"
    monkeypatch.setenv(chosen.CACHE, "none")
    assert chosen.cache_folder() is None


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(chosen.ENGINE, raising=False)
    monkeypatch.setattr(chosen, "find_spec", lambda name: name == "tensorflow" or None)
    assert isinstance(chosen.chosen_engine(), KerasEngine)
    monkeypatch.setenv(chosen.ENGINE, "openvino")
    with pytest.raises(EngineError, match=r"not installed.*requirements-app\.txt"):
        chosen.chosen_engine()


@pytest.mark.parametrize("said", ["0", "-1", "two", "1.5"])
def test_threads_are_a_whole_number(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(chosen.THREADS, said)
    with pytest.raises(EngineError, match="whole number"):
        chosen.chosen_engine()


@pytest.mark.weights
def test_a_scan_is_read_where_tensorflow_is_not_installed() -> None:
    code = """
import importlib, pkgutil, sys
for name in ("tensorflow", "keras", "tf_keras_vis", "sklearn", "tensorboard", "jax", "torch"):
    sys.modules[name] = None  # importing it fails, as where it is not installed
import app, ml.batch
for found in pkgutil.walk_packages(app.__path__, "app."):
    if not {"views", "main", "migrations"} & set(found.name.split(".")):  # these act at once
        importlib.import_module(found.name)
from ml.io import read_scan
from ml.pipeline import analyse, default_engine
from ml.models.registry import REPOSITORY
sample = REPOSITORY / "assets" / "samples" / "simulated_glioma_1.png"
read = analyse(read_scan(sample.read_bytes()), default_engine())
heat = read.heatmaps["mobilenet"][read.mean.label]
print(read.mean.label, type(default_engine()).__name__, heat.method, heat.empty)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=registry.REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["glioma", "OpenVinoEngine", "hires_cam", "False"]
