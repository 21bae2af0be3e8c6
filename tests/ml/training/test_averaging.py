"""Averaged weights lie between both ends, with statistics of their own."""

import numpy as np
import pytest

from ml.models.classifiers import build_classifier
from ml.training.averaging import averaged, validated
from ml.training.checkpoint import arrays_of
from ml.training.corpus import Corpus
from tests.ml.training.conftest import drawn_corpus


@pytest.fixture
def ends(tiny: None) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Arrays of two networks that differ."""
    model, rng = build_classifier("mobilenet"), np.random.default_rng(0)
    before = arrays_of(model.weights)
    after = [a + rng.normal(0.0, 0.05, a.shape).astype(np.float32) for a in before]
    return before, after


def test_a_share_is_the_weighted_mean(
    ends: tuple[list[np.ndarray], list[np.ndarray]], corpus: Corpus
) -> None:
    before, after = ends
    model = averaged("mobilenet", before, after, share=0.3, train=corpus, size=64)
    names = [weight.path for weight in model.weights]
    for name, found, a, b in zip(names, arrays_of(model.weights), before, after, strict=True):
        mixed = 0.7 * a + 0.3 * b
        if "moving" in name:
            assert np.abs(found - mixed).max() > 1e-3, f"{name} was not gathered anew"
        else:
            np.testing.assert_allclose(found, mixed, atol=1e-6)


def test_only_training_pictures_shape_the_statistics(
    ends: tuple[list[np.ndarray], list[np.ndarray]], corpus: Corpus
) -> None:
    one = averaged("mobilenet", *ends, share=1.0, train=corpus, size=64)
    other = averaged("mobilenet", *ends, share=1.0, train=drawn_corpus(seed=9), size=64)
    moved = [
        np.abs(a - b).max()
        for a, b in zip(arrays_of(one.weights), arrays_of(other.weights), strict=True)
    ]
    assert max(moved) > 1e-4
    figures = validated(one, corpus, 64)
    assert set(figures) == {"balanced_accuracy", "nll"}
    assert 0.0 <= figures["balanced_accuracy"] <= 1.0


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_one(
    ends: tuple[list[np.ndarray], list[np.ndarray]], corpus: Corpus, share: float
) -> None:
    with pytest.raises(ValueError, match=r"not in 0\.\.1"):
        averaged("mobilenet", *ends, share=share, train=corpus, size=64)
