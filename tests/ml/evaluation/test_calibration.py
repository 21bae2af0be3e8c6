"""Calibration figures against scikit-learn, plain definitions and known temperatures."""

import numpy as np
import pytest
from sklearn import metrics

from ml.evaluation.calibration import (
    BINS,
    brier,
    calibration_samples,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    softmax,
)


def drawn_labels(probabilities, seed):
    rng = np.random.default_rng(seed)
    return np.array([rng.choice(4, p=p / p.sum()) for p in probabilities])


@pytest.fixture
def calibrated():
    """Logits whose softmax is the true probability of the labels."""
    logits = np.random.default_rng(1).normal(scale=1.5, size=(3000, 4))
    return logits, drawn_labels(softmax(logits), 2)


def plain_ece(probabilities, labels):
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    bins = np.array_split(np.argsort(confidence), BINS)
    gaps = [abs(confidence[b].mean() - correct[b].mean()) * len(b) for b in bins]
    return sum(gaps) / len(labels)


def test_ece_is_the_plain_definition_where_bins_are_even(calibrated):
    logits, labels = calibrated
    probabilities = softmax(logits)
    found = expected_calibration_error(probabilities, labels, np.ones((1, 3000)))[0]
    assert found == pytest.approx(plain_ece(probabilities, labels))


def test_ece_makes_its_bins_afresh_in_every_draw(calibrated):
    probabilities, labels = softmax(calibrated[0][:60]), calibrated[1][:60]
    weights = np.ones((3, 60))
    weights[1, :30], weights[2, ::2] = 0.0, 0.0
    found = expected_calibration_error(probabilities, labels, weights)
    assert found[1] == pytest.approx(plain_ece(probabilities[30:], labels[30:]))
    assert found[2] == pytest.approx(plain_ece(probabilities[1::2], labels[1::2]))


def test_ece_does_not_depend_on_the_order_of_rows_even_with_ties():
    probabilities = np.tile([0.7, 0.1, 0.1, 0.1], (40, 1))
    labels = np.array([0] * 30 + [1] * 10)
    shuffled = np.random.default_rng(0).permutation(40)
    weights = np.ones((1, 40))
    first = expected_calibration_error(probabilities, labels, weights)
    assert first[0] == pytest.approx(0.05)
    again = expected_calibration_error(probabilities[shuffled], labels[shuffled], weights)
    assert again[0] == pytest.approx(first[0])


def test_ece_of_no_weight_is_nan():
    found = expected_calibration_error(np.eye(4)[[0]], np.array([0]), np.zeros((1, 1)))
    assert np.isnan(found[0])


def test_brier_and_likelihood_agree_with_scikit_learn(calibrated):
    logits, labels = calibrated
    probabilities = softmax(logits)
    assert negative_log_likelihood(logits, labels).mean() == pytest.approx(
        metrics.log_loss(labels, probabilities)
    )
    by_class = [metrics.brier_score_loss(labels == c, probabilities[:, c]) for c in range(4)]
    assert brier(probabilities, labels).mean() == pytest.approx(sum(by_class))


def test_likelihood_stays_finite_for_a_confident_mistake():
    assert negative_log_likelihood(np.array([[900.0, 0, 0, 0]]), np.array([1]))[0] == 900.0


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_spoiled_the_logits_is_found(calibrated, true_temperature):
    logits, labels = calibrated
    found = fit_temperature(logits * true_temperature, labels)
    assert found == pytest.approx(true_temperature * fit_temperature(logits, labels), abs=2e-4)
    assert found == pytest.approx(true_temperature, rel=0.08)


def test_calibrating_an_overconfident_model_lowers_ece_and_nll(calibrated):
    logits, labels = calibrated[0] * 3.0, calibrated[1]
    temperature = fit_temperature(logits[:1500], labels[:1500])
    once = np.ones((1, 1500))
    before = calibration_samples(logits[1500:], labels[1500:], once)
    after = calibration_samples(logits[1500:] / temperature, labels[1500:], once)
    assert after["ece"][0] < before["ece"][0] / 2
    assert after["nll"][0] < before["nll"][0]
    assert after["brier"][0] < before["brier"][0]


def test_a_temperature_needs_validation_pictures():
    with pytest.raises(ValueError, match="validation"):
        fit_temperature(np.empty((0, 4)), np.empty(0, dtype=np.int64))
