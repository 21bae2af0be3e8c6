"""Losses against hand-computed values."""

import numpy as np
from keras import ops
from scipy.special import softmax

from ml.training.losses import OutlineLoss, PartialLabelLoss

LOGITS = np.array([[2.0, 0.5, -1.0, 0.0]], np.float32)


def test_one_known_class_is_smoothed_cross_entropy() -> None:
    target = np.array([[0, 1, 0, 0]], np.float32)
    p = softmax(LOGITS[0])
    expected = 0.9 * -np.log(p[1]) + 0.1 * -np.log(p).mean()
    found = float(ops.convert_to_numpy(PartialLabelLoss(0.1)(target, LOGITS)))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_set_of_classes_counts_their_sum() -> None:
    target = np.array([[1, 1, 0, 1]], np.float32)
    p = softmax(LOGITS[0])
    found = float(ops.convert_to_numpy(PartialLabelLoss(0.0)(target, LOGITS)))
    np.testing.assert_allclose(found, -np.log(p[0] + p[1] + p[3]), rtol=1e-5)


def test_outline_loss_falls_towards_the_right_mask() -> None:
    truth = np.zeros((1, 8, 8, 1), np.float32)
    truth[0, 2:5, 2:5] = 1.0
    loss = OutlineLoss()
    right, blank, wrong = (20 * truth - 10), np.full_like(truth, -10), 10 - 20 * truth
    values = [float(ops.convert_to_numpy(loss(truth, z))) for z in (right, blank, wrong)]
    assert values[0] < 0.01 < values[1] < values[2]


def test_an_empty_reference_has_no_dice_term() -> None:
    truth = np.zeros((1, 4, 4, 1), np.float32)
    logits = np.full((1, 4, 4, 1), -3.0, np.float32)
    expected = 4.0 * np.log1p(np.exp(-3.0))
    found = float(ops.convert_to_numpy(OutlineLoss()(truth, logits)))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
