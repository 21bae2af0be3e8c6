"""Losses and targets of the multi-task network against brute force in NumPy."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import softmax

from ml.labels import CLASSES, NO_TUMOR
from ml.models.classifiers import build_classifier
from ml.models.multitask import TYPES, build_multitask, four_classes
from ml.training.losses import PartialLabelLoss
from ml.training.multitask import (
    TUMOURS,
    TumourLoss,
    TypeLoss,
    multitask_losses,
    multitask_targets,
)

UNKNOWN, NONE = [1, 1, 1], [0, 0, 0]
SETS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], UNKNOWN, NONE], np.float32)
CLASS_TARGETS = np.array(
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 1]], np.float32
)


def sigmoid(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


def rows(loss: Any, target: Any, logits: Any) -> np.ndarray:
    """Losses before any mean."""
    return np.asarray(ops.convert_to_numpy(loss.call(target, np.asarray(logits, np.float32))))


def masked(count: int, side: int = 4) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((count, side, side, 1), np.float32), np.ones(count, np.float32)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_tumour_loss_is_binary_cross_entropy(smoothing: float) -> None:
    rng = np.random.default_rng(0)
    logits, truth = rng.normal(0, 3, (20, 1)), rng.integers(0, 2, (20, 1))
    wanted = truth * (1 - smoothing) + 0.5 * smoothing
    p = sigmoid(logits)
    expected = -(wanted * np.log(p) + (1 - wanted) * np.log(1 - p))[:, 0]
    found = rows(TumourLoss(smoothing), truth, logits)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_type_loss_is_the_cross_entropy_of_the_set(smoothing: float) -> None:
    logits = np.random.default_rng(1).normal(0, 3, (len(SETS), 3))
    expected = []
    for possible, z in zip(SETS, logits, strict=True):
        p = softmax(z)
        known = 0 < possible.sum() < 3
        parts = (1 - smoothing) * -np.log(p[possible > 0].sum() or 1.0)
        expected.append(parts + smoothing * -np.log(p).mean() if known else 0.0)
    found = rows(TypeLoss(smoothing), SETS, logits)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert found[4] == found[5] == 0.0


def test_rows_without_a_type_leave_the_type_head_alone() -> None:
    head = keras.layers.Dense(3)
    model = keras.Sequential([keras.Input((5,)), head])
    model.compile(keras.optimizers.SGD(1.0), loss=TypeLoss(0.1), jit_compile=False)
    before = [w.copy() for w in head.get_weights()]
    batch = np.random.default_rng(2).normal(size=(4, 5)).astype(np.float32)
    model.train_on_batch(batch, np.array([UNKNOWN, NONE, UNKNOWN, NONE], np.float32))
    assert all(np.array_equal(a, b) for a, b in zip(head.get_weights(), before, strict=True))
    model.train_on_batch(batch, np.array([UNKNOWN, NONE, [0, 1, 0], NONE], np.float32))
    assert not np.array_equal(head.get_weights()[0], before[0])


@pytest.mark.parametrize("extreme", [1e4, -1e4])
def test_extreme_logits_give_finite_losses_and_gradients(extreme: float) -> None:
    target = np.array([[1.0], [0.0]])
    expected = [max(-extreme, 0.0), max(extreme, 0.0)]
    found = rows(TumourLoss(0.0), target, [[extreme], [extreme]])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    found = rows(TypeLoss(0.0), SETS, [[extreme, 0.0, 0.0]] * len(SETS))
    expected = [max(-extreme, 0), max(extreme, 0), max(extreme, 0), 0.0, 0.0, 0.0]
    np.testing.assert_allclose(found, expected, atol=1.0)

    scale = keras.layers.Dense(3, use_bias=False, kernel_initializer="identity")
    model = keras.Sequential([keras.Input((3,)), scale])
    model.compile(keras.optimizers.SGD(1e-9), loss=TypeLoss(0.05), jit_compile=False)
    model.train_on_batch(np.array([[extreme, 0.0, 0.0]] * len(SETS), np.float32), SETS)
    assert np.isfinite(scale.get_weights()[0]).all()


def test_a_wrong_type_is_pulled_back_from_any_distance() -> None:
    """A set written as log(target + tiny) would stop at −log(tiny)."""
    found = rows(TypeLoss(0.0), SETS[:1], [[0.0, 50.0, 0.0]])
    np.testing.assert_allclose(found, [50.0], rtol=1e-5)


def test_both_losses_add_up_to_the_likelihood_of_the_four_classes() -> None:
    rng = np.random.default_rng(4)
    tumour, types = (rng.normal(0, 2, (len(CLASS_TARGETS), k)) for k in (1, 3))
    targets, _ = multitask_targets(CLASS_TARGETS, *masked(len(CLASS_TARGETS)))
    found = rows(TumourLoss(0.0), targets["tumour"], tumour)
    found = found + rows(TypeLoss(0.0), targets["type"], types)
    log_p = np.asarray(four_classes(tumour, types))
    expected = [-np.log(np.exp(z)[t > 0].sum()) for z, t in zip(log_p, CLASS_TARGETS, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    as_others = rows(PartialLabelLoss(0.0), CLASS_TARGETS, log_p)
    np.testing.assert_allclose(found, as_others, rtol=1e-4)


def test_class_targets_split_into_tumour_and_type() -> None:
    masks = np.random.default_rng(0).random((5, 4, 4, 1)).astype(np.float32)
    has_mask = np.array([1, 1, 0, 1, 0], np.float32)
    targets, weights = multitask_targets(CLASS_TARGETS, masks, has_mask)
    np.testing.assert_array_equal(targets["tumour"], [[1], [1], [0], [1], [1]])
    np.testing.assert_array_equal(targets["type"], [[1, 0, 0], [0, 1, 0], NONE, [0, 0, 1], UNKNOWN])
    assert targets["mask_logits"] is masks
    np.testing.assert_array_equal(weights["mask_logits"], has_mask)
    for name in ("tumour", "type"):
        assert targets[name].dtype == np.float32
        np.testing.assert_array_equal(weights[name], np.ones(5))
    assert [CLASSES[k] for k in TUMOURS] == list(TYPES)


@pytest.mark.parametrize("bad", [[0, 0, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1]])
def test_targets_between_tumour_and_none_are_refused(bad: list[int]) -> None:
    classes = np.concatenate([CLASS_TARGETS[:2], [bad]]).astype(np.float32)
    with pytest.raises(ValueError, match=r"row 2 .* either tumour types or no tumour"):
        multitask_targets(classes, *masked(3))


@pytest.mark.parametrize("loss", [TumourLoss(0.2), TypeLoss(0.2)])
def test_losses_come_back_from_their_config(loss: Any) -> None:
    again = type(loss).from_config(loss.get_config())
    assert again.label_smoothing == 0.2


def toy_batch(count: int = 10, side: int = 32) -> tuple[Any, Any, Any]:
    """A bright square whose place means its class; of every fifth the type is unknown."""
    images = np.full((count, side, side, 1), 0.2, np.float32)
    masks = np.zeros((count, 8, 8, 1), np.float32)
    classes = CLASS_TARGETS[np.arange(count) % 5]
    for row, target in enumerate(classes):
        if target[NO_TUMOR]:
            continue
        place = 2 * int(target.argmax())
        images[row, 4 * place : 4 * place + 8, 8:16] = 0.9
        masks[row, place : place + 2, 2:4] = 1.0
    targets, weights = multitask_targets(classes, masks, np.ones(count, np.float32))
    return images, targets, weights


@pytest.mark.usefixtures("tiny")
def test_one_step_lowers_the_loss() -> None:
    keras.utils.set_random_seed(3)
    model = build_multitask(build_classifier("mobilenet", dropout=0.0))
    model.compile(
        keras.optimizers.Adam(3e-3), loss=multitask_losses(), jit_compile=False, run_eagerly=True
    )
    images, targets, weights = toy_batch()
    losses = []
    for _ in range(3):
        model.reset_metrics()
        found = model.train_on_batch(images, targets, weights, return_dict=True)
        losses.append(float(found["loss"]))
    assert losses[0] > losses[1] > losses[2]


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("head", ["tumour", "type", "mask_logits"])
def test_gradients_of_every_loss_reach_the_encoder(head: str) -> None:
    keras.utils.set_random_seed(3)
    model = build_multitask(build_classifier("mobilenet", dropout=0.0))
    alone = dict.fromkeys(multitask_losses(), 0.0) | {head: 1.0}
    model.compile(
        keras.optimizers.SGD(0.1),
        loss=multitask_losses(),
        loss_weights=alone,
        jit_compile=False,
        run_eagerly=True,
    )
    stem = model.get_layer("tiny2")
    before = stem.get_weights()[0].copy()
    model.train_on_batch(*toy_batch())
    assert np.abs(stem.get_weights()[0] - before).max() > 0.0


@pytest.mark.usefixtures("tiny")
def test_pictures_without_an_outline_do_not_train_it() -> None:
    keras.utils.set_random_seed(3)
    model = build_multitask(build_classifier("mobilenet", dropout=0.0))
    model.compile(
        keras.optimizers.SGD(0.1), loss=multitask_losses(), jit_compile=False, run_eagerly=True
    )
    images, targets, weights = toy_batch()
    last = model.get_layer("mask_logits")
    before = last.get_weights()[0].copy()
    model.train_on_batch(images, targets, {**weights, "mask_logits": np.zeros(10, np.float32)})
    np.testing.assert_array_equal(last.get_weights()[0], before)
