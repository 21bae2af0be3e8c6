"""MixUp and CutMix against their definitions, and the loss for mixed targets."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import ops

from ml.training.losses import PartialLabelLoss
from ml.training.mixing import Mixed, MixedLabelLoss, cutmix, mixup, pack

Mix = Callable[..., Mixed]

PACKED = 9
"""Columns: two targets of four classes, and a share."""

TARGETS = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [1, 1, 0, 1], [0, 0, 0, 1]], np.float32)
LOGITS = np.array(
    [[2.0, 0.5, -1.0, 0.0], [0, 1, 2, 3], [-1, 0.3, 0.2, 0], [0, 0, 0, 0]], np.float32
)


def batch(side: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Flat pictures at levels 0.1, 0.2, …; a mask of the left half of every second one."""
    levels = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
    images = np.ones((4, side, side, 1), np.float32) * levels[:, None, None, None]
    masks = np.zeros((4, side // 4, side // 4, 1), np.float32)
    masks[::2, :, : side // 8] = 1.0
    return images, masks


def unmixed(targets: np.ndarray) -> np.ndarray:
    """Targets of pictures that were not mixed, packed."""
    return pack(targets, targets, np.ones(len(targets), np.float32))


def values(loss: keras.losses.Loss, targets: np.ndarray) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(loss.call(targets, LOGITS)))


@pytest.mark.parametrize("smoothing", [0.0, 0.05])
def test_a_share_of_one_is_the_single_loss(smoothing: float) -> None:
    single, mixed = PartialLabelLoss(smoothing), MixedLabelLoss(smoothing)
    np.testing.assert_allclose(values(mixed, unmixed(TARGETS)), values(single, TARGETS), rtol=1e-6)
    whole = pack(TARGETS, TARGETS[::-1], np.ones(4, np.float32))
    np.testing.assert_allclose(values(mixed, whole), values(single, TARGETS), rtol=1e-6)
    none = pack(TARGETS[::-1], TARGETS, np.zeros(4, np.float32))
    np.testing.assert_allclose(values(mixed, none), values(single, TARGETS), rtol=1e-6)
    # reduced as Keras calls it
    reduced = mixed(unmixed(TARGETS), LOGITS), single(TARGETS, LOGITS)
    np.testing.assert_allclose(*(float(ops.convert_to_numpy(v)) for v in reduced), rtol=1e-6)


def test_mixed_known_classes_are_cross_entropy_with_soft_targets() -> None:
    share = np.array([0.3, 0.8, 0.5, 0.9], np.float32)
    first, second = np.eye(4, dtype=np.float32)[[0, 2, 1, 3]], np.eye(4, dtype=np.float32)
    soft = share[:, None] * first + (1 - share[:, None]) * second
    log_p = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
    found = values(MixedLabelLoss(0.0), pack(first, second, share))
    np.testing.assert_allclose(found, -(soft * log_p).sum(axis=1), rtol=1e-5)


def test_the_loss_survives_saving() -> None:
    again = MixedLabelLoss.from_config(MixedLabelLoss(0.11).get_config())
    assert (again.label_smoothing, again.single.label_smoothing) == (0.11, 0.11)


def test_mixup_is_the_weighted_mean_of_pictures_targets_and_masks() -> None:
    images, masks = batch()
    mixed = mixup(images, TARGETS, np.random.default_rng(2), alpha=1.0, masks=masks)
    assert mixed.targets.shape == (4, PACKED)
    assert mixed.masks is not None
    assert np.ptp(mixed.share) > 0.1
    for row in range(4):
        own, other = mixed.share[row], mixed.partner[row]
        level = own * images[row, 0, 0, 0] + (1 - own) * images[other, 0, 0, 0]
        np.testing.assert_allclose(mixed.images[row], level, atol=1e-6)
        expected = own * masks[row] + (1 - own) * masks[other]
        np.testing.assert_allclose(mixed.masks[row], expected, atol=1e-6)
        np.testing.assert_array_equal(mixed.targets[row, :4], TARGETS[row])
        np.testing.assert_array_equal(mixed.targets[row, 4:8], TARGETS[other])
        assert mixed.targets[row, 8] == own


def test_cutmix_takes_a_rectangle_and_counts_its_area() -> None:
    images, masks = batch(32)
    partners = set()
    for seed in range(10):
        mixed = cutmix(images, TARGETS, np.random.default_rng(seed), masks=masks)
        assert mixed.masks is not None
        for row in range(4):
            other = mixed.partner[row]
            partners.add(int(other) == row)
            if other == row:
                np.testing.assert_array_equal(mixed.images[row], images[row])
                continue
            taken = mixed.images[row, ..., 0] == images[other, 0, 0, 0]
            assert mixed.share[row] == pytest.approx(1.0 - taken.mean(), abs=1e-6)
            if taken.any():
                # a filled rectangle
                inside = taken[taken.any(axis=1)][:, taken.any(axis=0)]
                assert inside.all()
            # the mask is cut at the very same place
            coarse = taken[::4, ::4]
            expected = np.where(coarse, masks[other, ..., 0], masks[row, ..., 0])
            np.testing.assert_array_equal(mixed.masks[row, ..., 0], expected)
    assert False in partners


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_the_same_seed_mixes_alike_and_leaves_its_input_alone(mix: Mix) -> None:
    images, _ = batch()
    before = images.copy()
    first = mix(images, TARGETS, np.random.default_rng(1))
    second = mix(images, TARGETS, np.random.default_rng(1))
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(images, before)
    assert first.masks is None
    assert first.images.dtype == first.targets.dtype == np.float32


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_what_does_not_fit_is_refused(mix: Mix) -> None:
    images, _ = batch()
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="alpha > 0, not 0"):
        mix(images, TARGETS, rng, alpha=0)
    with pytest.raises(ValueError, match=r"want targets \(4, 4\), not \(4, 9\)"):
        mix(images, unmixed(TARGETS), rng)
    with pytest.raises(ValueError, match="must divide the pictures'"):
        mix(images, TARGETS, rng, masks=np.zeros((4, 5, 5, 1), np.float32))


def test_the_loss_is_least_at_the_mixed_probabilities() -> None:
    one = np.eye(4, dtype=np.float32)
    packed = pack(one, np.roll(one, 1, axis=1), np.full(4, 0.75, np.float32))
    soft = np.log(0.75 * one + 0.25 * np.roll(one, 1, axis=1) + 1e-6)
    loss = MixedLabelLoss(0.0)
    least = np.asarray(ops.convert_to_numpy(loss.call(packed, soft)))
    for direction in (one, np.roll(one, 1, axis=1), np.roll(one, 2, axis=1)):
        for step in (-0.2, 0.2):
            moved = np.asarray(ops.convert_to_numpy(loss.call(packed, soft + step * direction)))
            assert (moved > least - 1e-6).all()
    np.testing.assert_allclose(least, -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)), atol=1e-4)


def test_a_model_takes_one_step_on_packed_targets(eager: None) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.5), loss=MixedLabelLoss(0.0))
    before = model.train_on_batch(TARGETS, unmixed(TARGETS))
    after = model.test_on_batch(TARGETS, unmixed(TARGETS))
    assert float(np.ravel(after)[0]) < float(np.ravel(before)[0])
