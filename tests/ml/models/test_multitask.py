"""One encoder, three heads: shapes, shared layers, gradients, and the arithmetic on the heads."""

import keras
import numpy as np
import pytest
from keras import ops

from ml.labels import CLASSES, NO_TUMOR, USUAL_READING
from ml.models.classifiers import build_classifier
from ml.models.multitask import (
    READING_OF,
    READINGS,
    TYPES,
    build_multitask,
    four_classes,
    usual_reading,
)
from tests.ml.networks import pictures

HEADS = ("tumour", "type", "mask_logits")


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("stride", [4, 1])
def test_every_head_has_its_shape(narrow: None, stride: int) -> None:
    model = build_multitask(build_classifier("mobilenet"), stride=stride)
    for size in (64, 96):
        found = model(pictures(2, size, seed=0), training=False)
        shapes = {name: tuple(value.shape) for name, value in found.items()}
        grid = size // stride
        assert shapes == {"tumour": (2, 1), "type": (2, 3), "mask_logits": (2, grid, grid, 1)}
        assert all(np.isfinite(np.asarray(value)).all() for value in found.values())


def test_the_network_is_flat_and_its_heads_are_raw_scores(narrow: None) -> None:
    model = build_multitask(build_classifier("mobilenet"))
    assert model.name == "mobilenet_multitask"
    assert not [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
    for head in HEADS:
        assert model.get_layer(head).activation is keras.activations.linear
    assert "logits" not in {layer.name for layer in model.layers}


def test_the_encoder_is_the_classifier_s_own(narrow: None) -> None:
    classifier = build_classifier("mobilenet")
    model = build_multitask(classifier)
    shared = {layer.name for layer in classifier.layers} - {"logits"}
    assert shared <= {layer.name for layer in model.layers}
    assert all(model.get_layer(name) is classifier.get_layer(name) for name in shared)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["xception", "resnet50"])
def test_the_other_encoders(name: str) -> None:
    found = build_multitask(build_classifier(name, size=64))(pictures(1, 64, seed=0))
    assert set(found) == set(HEADS)
    assert tuple(found["type"].shape) == (1, 3)


def test_other_grids_are_refused(narrow: None) -> None:
    with pytest.raises(ValueError, match="no outline at stride 2; it is 4 or 1"):
        build_multitask(build_classifier("mobilenet"), stride=2)


@pytest.mark.parametrize("head", HEADS)
def test_every_head_moves_the_encoder(narrow: None, head: str) -> None:
    """Plain gradient descent without momentum: the kernel moves only where a gradient arrives."""
    model = build_multitask(build_classifier("mobilenet", dropout=0.0))
    one = keras.Model(model.input, model.output[head])
    one.compile(keras.optimizers.SGD(0.1), loss="mse", jit_compile=False, run_eagerly=True)
    layers = {name: model.get_layer(name) for name in ("conv1", *HEADS)}
    before = {name: layer.get_weights()[0].copy() for name, layer in layers.items()}
    batch = pictures(4, 64, seed=0)
    target = np.random.default_rng(0).normal(size=(4, *one.compute_output_shape(batch.shape)[1:]))
    one.train_on_batch(batch, target.astype(np.float32))
    moved = {n: bool((layer.get_weights()[0] != before[n]).any()) for n, layer in layers.items()}
    assert moved == {name: name in ("conv1", head) for name in layers}


def test_types_are_the_classes_without_no_tumour() -> None:
    assert TYPES == ("glioma", "meningioma", "pituitary")
    assert [name for name in CLASSES if name in TYPES] == list(TYPES)


def test_four_classes_agree_with_hand_values() -> None:
    # p(tumour) = 0.8; types 0.5, 0.3, 0.2
    tumour = np.log([[0.8 / 0.2]])
    types = np.log([[0.5, 0.3, 0.2]]) + 7.0
    found = np.exp(np.asarray(four_classes(tumour, types)))
    assert found.shape == (1, 4)
    np.testing.assert_allclose(found, [[0.40, 0.24, 0.20, 0.16]], rtol=1e-5)
    assert CLASSES == ("glioma", "meningioma", "no_tumor", "pituitary")


def test_four_classes_sum_to_one_and_are_their_own_logits() -> None:
    rng = np.random.default_rng(3)
    tumour, types = rng.normal(0, 3, (50, 1)), rng.normal(0, 3, (50, 3))
    log_p = np.asarray(four_classes(tumour, types))
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(softmax(log_p), np.exp(log_p), rtol=1e-5)
    sigmoid = 1.0 / (1.0 + np.exp(-tumour[:, 0]))
    np.testing.assert_allclose(np.exp(log_p[:, NO_TUMOR]), 1.0 - sigmoid, rtol=1e-4)
    given = np.delete(np.exp(log_p), NO_TUMOR, axis=1) / sigmoid[:, None]
    np.testing.assert_allclose(given, softmax(types), rtol=1e-4)


@pytest.mark.parametrize("extreme", [1e4, -1e4])
def test_four_classes_stay_finite(extreme: float) -> None:
    found = np.asarray(four_classes(np.array([[extreme]]), np.array([[extreme, 0.0, -extreme]])))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(np.exp(found).sum(), 1.0, rtol=1e-6)
    assert found.argmax() == (CLASSES.index("glioma") if extreme > 0 else NO_TUMOR)


def test_heads_in_the_wrong_places_are_refused() -> None:
    with pytest.raises(ValueError, match=r"tumour logit need a last axis of length 1, not.*\(2, 3"):
        four_classes(np.zeros((2, 3)), np.zeros((2, 1)))
    with pytest.raises(ValueError, match=r"type logits need a last axis of length 3, not.*\(2, 4"):
        four_classes(np.zeros((2, 1)), np.zeros((2, 4)))


def test_the_usual_reading_is_summed_over_the_types() -> None:
    found = np.asarray(usual_reading(np.array([[0.5, 0.3, 0.2], [0.1, 0.0, 0.0]])))
    assert READINGS == ("benign", "malignant")
    np.testing.assert_allclose(found, [[0.5, 0.5], [0.0, 0.1]], atol=1e-6)


def test_the_usual_reading_is_what_the_screens_say() -> None:
    assert tuple(READING_OF) == TYPES
    for name, reading in READING_OF.items():
        assert reading in READINGS
        assert USUAL_READING[name].startswith(f"usually {reading}")


def test_the_usual_reading_can_be_part_of_a_network() -> None:
    symbolic = keras.KerasTensor((None, 3))
    assert tuple(ops.shape(usual_reading(symbolic))) == (None, 2)


def test_four_probabilities_have_no_usual_reading() -> None:
    with pytest.raises(ValueError, match="type probabilities need a last axis of length 3"):
        usual_reading(np.full((2, 4), 0.25))
