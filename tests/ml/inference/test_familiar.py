"""Scores of pictures that are like the training pictures, and of strangers."""

from dataclasses import replace

import numpy as np
import pytest

from ml.inference.descriptors import edges_and_texture
from ml.inference.familiar import FeatureSpace, fit_space, scores
from ml.phantom import draw
from ml.preprocess import framed
from tests.ml.inference.drawn_features import around, known, space_of


@pytest.fixture(scope="module")
def space() -> FeatureSpace:
    return space_of(60)


def test_strangers_score_higher_by_every_method_of_the_features(space: FeatureSpace) -> None:
    near, far = known(around(40, seed=1)), known(np.eye(12, dtype=np.float32)[[7]])
    for method in ("mahalanobis", "neighbours", "taught"):
        assert scores(space, far)[method][0] > scores(space, near)[method].max(), method


def test_what_the_axes_leave_over_is_a_score_too() -> None:
    flat = around(60) * (np.arange(12) < 3)
    space = fit_space(known(flat), [0] * 60)
    assert space.blocks["networks"].axes.shape[1] < 4
    far = known(np.eye(12, dtype=np.float32)[[7]])
    assert scores(space, far)["left_over"][0] > 0.5
    assert scores(space, known(flat[:5]))["left_over"].max() < 0.01


def test_unsure_logits_score_higher(space: FeatureSpace) -> None:
    logits = np.array([[9.0, 0, 0, 0], [0.1, 0, 0, 0]], np.float32)
    found = scores(space, known(around(2), logits))
    for method in ("energy", "softmax"):
        assert found[method][1] > found[method][0]
    assert found["softmax"][1] == pytest.approx(1 - np.exp(0.1) / (3 + np.exp(0.1)), abs=1e-6)


def test_axes_are_those_of_a_principal_component_analysis() -> None:
    found = known(around(60))
    for name in ("networks", "edges"):  # more pictures than values, and fewer
        values = found.described[name]
        block = fit_space(found, [0] * 60).blocks[name]
        _, widths, rows = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
        np.testing.assert_allclose(np.abs(rows[:2] @ block.axes[:, :2]), np.eye(2), atol=1e-2)
        np.testing.assert_allclose(block.spread[:4], widths[:4] / np.sqrt(60), rtol=0.02)


def test_arrays_that_do_not_fit_are_refused(space: FeatureSpace) -> None:
    block = space.blocks["edges"]
    for change in ({"mean": block.mean[:3]}, {"spread": block.spread[:3]}, {"usual": block.mean}):
        with pytest.raises(ValueError, match="do not fit"):
            replace(block, **change)
    for change in (
        {"blocks": {"edges": block}},
        {"places": space.places[:, :2]},
        {"weights": space.weights[:-1]},
        {"labels": space.labels[:2], "places": space.places[:2]},
    ):
        with pytest.raises(ValueError, match=r"expected|fit|too few"):
            replace(space, **change)


def test_edges_and_texture_do_not_depend_on_range_and_little_on_size() -> None:
    pixels = draw("glioma", seed=1, size=160).pixels.astype(np.float32)
    first = edges_and_texture(framed(pixels))
    scaled = edges_and_texture(framed(pixels * np.float32(37.0) + np.float32(1000.0)))
    larger = edges_and_texture(framed(np.kron(pixels, np.ones((2, 2), np.float32))))
    chequered = np.kron(np.eye(8), np.ones((20, 20))).astype(np.float32)
    stranger = edges_and_texture(framed(chequered))
    for one, other, same, far in zip(first, scaled, larger, stranger, strict=True):
        np.testing.assert_allclose(one, other, atol=0.05)
        assert np.linalg.norm(one - same) < 0.5 * np.linalg.norm(one - far)
    assert np.isfinite(edges_and_texture(framed(np.zeros((1, 40), np.float32)))[1]).all()
