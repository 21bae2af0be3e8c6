"""Classification figures against scikit-learn, on the sample and on repeated pictures."""

import numpy as np
import pytest
from sklearn import metrics

from ml.evaluation.calibration import softmax
from ml.evaluation.classification import (
    choose_operating_threshold,
    classification_samples,
    confusion,
    ranking_samples,
    roc_curve,
)
from ml.labels import CLASSES, NO_TUMOR


@pytest.fixture
def answers():
    """Probabilities with many ties, labels, and weights whose first row is all ones."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 4, size=160)
    logits = (rng.normal(size=(160, 4)) + 1.2 * np.eye(4)[labels]).round(1)
    weights = rng.integers(0, 4, size=(6, 160)).astype(float)
    weights[0] = 1.0
    return softmax(logits).round(3), labels, weights


def test_every_figure_agrees_with_scikit_learn_under_repetition(answers):
    probabilities, labels, weights = answers
    samples = classification_samples(probabilities, labels, weights, operating_threshold=0.6)
    for row, weight in enumerate(weights):
        p = np.repeat(probabilities, weight.astype(int), axis=0)
        y = np.repeat(labels, weight.astype(int))
        called = p.argmax(axis=1)
        truth = np.eye(4)[y]
        expected = {
            "accuracy": metrics.accuracy_score(y, called),
            "balanced_accuracy": metrics.balanced_accuracy_score(y, called),
            "macro_f1": metrics.f1_score(y, called, average="macro"),
            "auroc_macro": metrics.roc_auc_score(truth, p, average="macro"),
            "auprc_macro": metrics.average_precision_score(truth, p, average="macro"),
            "tumour_sensitivity": metrics.recall_score(y != NO_TUMOR, 1 - p[:, NO_TUMOR] >= 0.6),
            "tumour_specificity": metrics.recall_score(y == NO_TUMOR, 1 - p[:, NO_TUMOR] < 0.6),
        }
        found = {name: values[row] for name, values in samples.overall.items()}
        assert found == pytest.approx(expected)
        for index, name in enumerate(CLASSES):
            sensitivity = metrics.recall_score(y == index, called == index)
            specificity = metrics.recall_score(y != index, called != index)
            assert samples.sensitivity[name][row] == pytest.approx(sensitivity)
            assert samples.specificity[name][row] == pytest.approx(specificity)


def test_confusion_has_the_truth_in_rows(answers):
    probabilities, labels, _ = answers
    predicted = probabilities.argmax(axis=1)
    matrix = confusion(predicted, labels, np.ones((1, len(labels))))[0]
    assert (matrix == metrics.confusion_matrix(labels, predicted)).all()


def test_an_absent_class_is_nan_and_not_zero_or_one():
    probabilities = np.eye(4)[[0, 1, 2]]
    samples = classification_samples(
        probabilities, np.array([0, 1, 2]), np.ones((1, 3)), operating_threshold=0.5
    )
    assert np.isnan(samples.sensitivity["pituitary"][0])
    assert samples.specificity["pituitary"][0] == 1.0
    for name in ("balanced_accuracy", "macro_f1", "auroc_macro", "auprc_macro"):
        assert np.isnan(samples.overall[name][0])
    assert samples.overall["accuracy"][0] == 1.0


def test_ranking_needs_both_sides():
    weights = np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 2.0]])
    auroc, auprc = ranking_samples(np.array([0.9, 0.1]), np.array([True, False]), weights)
    assert auroc[0] == 1.0
    assert np.isnan(auroc[1:]).all()
    assert auprc[:2].tolist() == [1.0, 1.0]
    assert np.isnan(auprc[2])


def test_roc_curve_holds_the_same_area_as_scikit_learn(answers):
    probabilities, labels, _ = answers
    fpr, tpr = roc_curve(probabilities[:, 1], labels == 1)
    expected = metrics.roc_auc_score(labels == 1, probabilities[:, 1])
    assert metrics.auc(fpr, tpr) == pytest.approx(expected)
    assert (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0.0, 0.0, 1.0, 1.0)


def test_roc_curve_is_thinned_to_its_limit():
    rng = np.random.default_rng(0)
    positive = rng.random(5000) < 0.5
    scores = rng.normal(size=5000) + positive
    fpr, tpr = roc_curve(scores, positive)
    assert 150 < len(fpr) <= 200
    assert metrics.auc(fpr, tpr) == pytest.approx(metrics.roc_auc_score(positive, scores), abs=2e-3)
    assert (np.diff(fpr) >= 0).all()
    assert (np.diff(tpr) >= 0).all()


def test_roc_curve_of_one_side_is_empty():
    assert [len(axis) for axis in roc_curve(np.array([0.1, 0.2]), np.array([True, True]))] == [0, 0]


def tumour_probabilities(scores):
    out = np.zeros((len(scores), 4))
    out[:, NO_TUMOR] = 1.0 - np.asarray(scores)
    out[:, 0] = scores
    return out


def test_operating_threshold_separates_and_prefers_the_middle():
    scores = [0.9, 0.7, 0.2, 0.05]
    labels = np.array([0, 1, NO_TUMOR, NO_TUMOR])
    assert choose_operating_threshold(tumour_probabilities(scores), labels) == 0.5
    scores = [0.9, 0.99, 0.8, 0.05]
    assert choose_operating_threshold(tumour_probabilities(scores), labels) == pytest.approx(0.85)


def test_operating_threshold_has_the_best_youden_index():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 4, size=300)
    scores = np.clip(rng.normal(0.35, 0.15, 300) + 0.3 * (labels != NO_TUMOR), 0, 1)
    chosen = choose_operating_threshold(tumour_probabilities(scores), labels)
    fpr, tpr, _ = metrics.roc_curve(labels != NO_TUMOR, scores)
    alarm, tumour = scores >= chosen, labels != NO_TUMOR
    youden = alarm[tumour].mean() - alarm[~tumour].mean()
    assert youden == pytest.approx((tpr - fpr).max())


def test_operating_threshold_refuses_one_sided_validation():
    with pytest.raises(ValueError, match="with and without tumour"):
        choose_operating_threshold(tumour_probabilities([0.5]), np.array([0]))
