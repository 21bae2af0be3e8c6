"""Small Keras networks of every exported layer, and the same ones as OpenVINO runs them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.errors import AlteredWeights, MissingWeights, WeightsError
from ml.export import KEPT, layers_of
from ml.models import registry, topology
from ml.models.registry import MEND, ModelSpec

pytest.importorskip("openvino")

import openvino as ov  # after the check that it can be

from ml.inference.graphs import backward
from ml.inference.graphs.layers import EMITTERS
from ml.inference.graphs.networks import emit

SIDE = 37
"""Odd, so that "same" pads unevenly."""


@pytest.fixture
def keras() -> Any:
    import keras

    keras.utils.set_random_seed(11)
    return keras


def pictures(count: int = 2, side: int = SIDE) -> np.ndarray:
    """Noise with a constant border: equal values under a maximum, as the air around a head."""
    batch = np.random.default_rng(5).random((count, side, side, 1)).astype(np.float32)
    batch[:, :9] = batch[:, :, -8:] = 0.0
    return batch


def lively(keras: Any, model: Any) -> Any:
    """The model with statistics and biases that are not those of the start."""
    random = np.random.default_rng(7)
    model.set_weights([a + 0.3 * random.random(a.shape, np.float32) for a in model.get_weights()])
    return model


def run(graph: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = ov.Core().compile_model(graph, "CPU", settings)
    return list(compiled(list(inputs)).to_tuple())


POOL = (3, 2, "same")


def classifier(keras: Any, *, most: float | None, pool: tuple[int, int, str] = POOL) -> Any:
    """Every kind of layer between a fine feature map and the logits; pool is side, step, edges."""
    layers = keras.layers
    image = keras.Input((None, None, 1), name="image")
    x = layers.Concatenate()([image, image, image])
    x = layers.Rescaling(2.0, offset=[-1.0, -0.5, 0.0])(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same")(x)
    fine = layers.ReLU(most, name="fine")(layers.BatchNormalization()(x))
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(fine)
    x = layers.DepthwiseConv2D(3, strides=2, use_bias=False)(x)
    x = layers.BatchNormalization(epsilon=0.01)(x)
    x = layers.Activation("relu")(x)
    short = layers.Conv2D(12, 1, strides=2, padding="same", use_bias=False)(x)
    x = layers.SeparableConv2D(12, 3, padding="same")(x)
    x = layers.MaxPooling2D(pool[0], strides=pool[1], padding=pool[2])(x)
    short = layers.MaxPooling2D(1, strides=1)(short) if pool == POOL else layers.Conv2D(12, 1)(x)
    features = layers.ReLU(name="last")(layers.Add()([x, short]))
    pooled = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(features))
    return lively(keras, keras.Model(image, layers.Dense(4, name="logits")(pooled)))


ROLES = {"features": "last", "logits": "logits", "fine": "fine"}


@pytest.mark.parametrize(
    ("most", "pool"),
    [
        (None, POOL),
        (1.5, POOL),
        (None, (2, 2, "valid")),
        (None, (3, 1, "same")),
        (1.5, (3, 3, "valid")),
    ],
)
def test_a_classifier_gives_features_logits_and_fine_maps(
    keras: Any, most: float | None, pool: tuple[int, int, str]
) -> None:
    from ml.inference.attribution import hires_cam

    model, batch = classifier(keras, most=most, pool=pool), pictures()
    listed, arrays = layers_of(model, ROLES), model.get_weights()
    planes = batch.reshape(2, 1, SIDE, SIDE)
    emitted = emit(listed, arrays, SIDE)
    features, logits = run(emitted.forward(("features", "logits")), planes)
    both = keras.Model(model.inputs, [model.get_layer("last").output, model.output])
    expected = [np.asarray(one) for one in both(batch, training=False)]
    np.testing.assert_allclose(features.transpose(0, 2, 3, 1), expected[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(logits, expected[1], rtol=1e-4, atol=1e-5)
    assert np.ptp(expected[1], axis=0).max() > 1e-3
    called = np.eye(4, dtype=np.float32)[[3, 1]]
    (found,) = run(emitted.fine_map(), planes, called)
    drawn = hires_cam(model, "fine")(batch, [3, 1])
    np.testing.assert_allclose(found, drawn, rtol=1e-3, atol=1e-5 * np.abs(drawn).max())
    assert (drawn > 0.0).any()
    assert (drawn < 0.0).any()


def test_an_outline_on_odd_grids(keras: Any) -> None:
    from ml.models.unet import CropLike

    layers = keras.layers
    image = keras.Input((None, None, 1), name="image")
    low = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False)(image)
    x = layers.Conv2DTranspose(5, 2, strides=2)(low)
    x = layers.Concatenate()([CropLike()([x, image]), image])
    model = lively(keras, keras.Model(image, layers.Conv2D(1, 1, name="mask_logits")(x)))
    listed = layers_of(model, {"mask_logits": "mask_logits"})
    graph = emit(listed, model.get_weights(), SIDE).forward(("mask_logits",))
    (found,) = run(graph, pictures().reshape(2, 1, SIDE, SIDE))
    assert found.shape == (2, 1, SIDE, SIDE)
    np.testing.assert_allclose(found[:, 0], np.asarray(model(pictures()))[..., 0], atol=1e-5)


def test_boxes_of_a_small_detector(keras: Any) -> None:
    from ml.models.detector import Proposals, Refined, RoIAlign

    layers = keras.layers
    image = keras.Input((None, None, 1), name="image")
    x = layers.AveragePooling2D(2)(layers.Conv2D(6, 3, strides=2, padding="same")(image))
    x = layers.UpSampling2D(2)(layers.Conv2D(6, 2, strides=2)(x))
    scores, deltas = layers.Conv2D(12, 1)(x), layers.Conv2D(48, 1)(x)
    boxes = Proposals(7, 40)([scores, deltas])
    regions = layers.Reshape((7, 9 * 6))(RoIAlign(3, 2)([x, boxes]))
    whole = layers.RepeatVector(7)(layers.Dense(3, "relu")(layers.GlobalAveragePooling2D()(x)))
    both = layers.Concatenate()([layers.Dense(8, activation="relu")(regions), whole])
    logits = layers.Dense(4, name="roi_logits")(both)
    refined = Refined(name="boxes")([layers.Dense(4)(both), boxes])
    model = lively(keras, keras.Model(image, [refined, logits]))
    listed = layers_of(model, {"boxes": "boxes", "logits": "roi_logits"})
    batch = np.random.default_rng(3).random((2, 64, 64, 1)).astype(np.float32)
    graph = emit(listed, model.get_weights(), 64).forward(("boxes", "logits"))
    found = run(graph, batch.reshape(2, 1, 64, 64))
    for one, other in zip(found, model(batch), strict=True):
        np.testing.assert_allclose(one, np.asarray(other), rtol=1e-4, atol=1e-4)
    assert len(np.unique(found[0].round(3), axis=1)) > 1


def test_every_exported_layer_has_its_operation() -> None:
    assert set(EMITTERS) == set(KEPT) - {"InputLayer"}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda layers: layers.LayerNormalization(), "LayerNormalization cannot be exported"),
        (lambda layers: layers.Conv2D(2, 3, dilation_rate=2), "dilation_rate"),
        (lambda layers: layers.Conv2D(2, 3, activation="relu"), "an activation of its own"),
        (lambda layers: layers.UpSampling2D(2, interpolation="bilinear"), "interpolation"),
    ],
)
def test_what_would_not_be_honoured_is_not_exported(keras: Any, make: Any, words: str) -> None:
    image = keras.Input((16, 16, 1))
    with pytest.raises(WeightsError, match=words):
        layers_of(keras.Model(image, make(keras.layers)(image)), {})


def test_a_gradient_asks_for_a_known_and_joined_way() -> None:
    ops = ov.opset15
    start = ops.parameter([1, 2, 3, 3], np.float32)
    end = ops.sigmoid(start)
    with pytest.raises(ValueError, match="no derivative is known of Sigmoid"):
        backward.gradient(end.output(0), end.output(0), start.output(0))
    gaps = ops.max_pool(start, [2, 2], [1, 1], [0, 0], [0, 0], [1, 1])
    with pytest.raises(ValueError, match="MaxPool with gaps"):
        backward.gradient(gaps.output(0), gaps.output(0), start.output(0))
    with pytest.raises(ValueError, match="does not depend on"):
        backward.gradient(start.output(0), start.output(0), end.output(0))


def spec_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    monkeypatch.setattr(registry, "WEIGHTS", folder)
    words: Sequence[str] = ("mobilenet", "MobileNet", "classifier", "mobilenet", "last", "")
    return ModelSpec(*words, 64, 1, "mobilenet.safetensors", "0" * 64)


def test_a_list_of_layers_comes_back(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = spec_in(tmp_path, monkeypatch)
    with pytest.raises(MissingWeights, match=r"python -m ml\.export"):
        topology.read(found)
    listed = layers_of(classifier(keras, most=6.0), ROLES)
    topology.write(listed, topology.topology_path(found))
    assert topology.read(found) == listed
    assert listed == layers_of(classifier(keras, most=6.0), ROLES), "another process, other names"
    content = topology.topology_path(found).read_text()
    topology.topology_path(found).write_text(content[:-40])
    with pytest.raises(AlteredWeights, match="damaged") as refusal:
        topology.read(found)
    assert MEND in str(refusal.value)
