"""AlexNet's layers against the paper's tables, and its normalisation against the formula."""

from functools import cache
from typing import Any

import keras
import numpy as np
import pytest

from ml.models.alexnet import MEAN_LEVEL, LocalResponseNorm, alexnet_features, alexnet_head

PAPER = {
    # layer: (filters, kernel, stride, side of its output at 227 pixels)
    "conv1": (96, 11, 4, 55),
    "conv2": (256, 5, 1, 27),
    "conv3": (384, 3, 1, 13),
    "conv4": (384, 3, 1, 13),
    "conv5": (256, 3, 1, 13),
}


@cache
def body(side: int) -> Any:
    image = keras.Input((side, side, 1), name="image")
    return keras.Model(image, alexnet_features(image))


@pytest.mark.parametrize("name", PAPER)
def test_the_convolutions_are_the_published_ones(name: str) -> None:
    filters, kernel, stride, side = PAPER[name]
    layer = body(227).get_layer(name)
    assert (layer.filters, layer.kernel_size, layer.strides) == (
        *(filters, (kernel, kernel), (stride, stride)),
    )
    assert layer.output.shape == (None, side, side, filters)
    assert layer.groups == 1


def test_the_layers_follow_each_other_as_published() -> None:
    assert [layer.name for layer in body(227).layers] == [
        *("image", "levels_less_mean"),
        *("conv1", "conv1_relu", "norm1", "pool1", "conv2", "conv2_relu", "norm2", "pool2"),
        *("conv3", "conv3_relu", "conv4", "conv4_relu", "conv5", "conv5_relu", "pool5"),
    ]


@pytest.mark.parametrize(("index", "side"), [(1, 27), (2, 13), (5, 6)])
def test_the_pools_overlap(index: int, side: int) -> None:
    pool = body(227).get_layer(f"pool{index}")
    assert (pool.pool_size, pool.strides) == ((3, 3), (2, 2))
    assert pool.output.shape[1:3] == (side, side)


@pytest.mark.parametrize("side", [227, 195, 163, 131, 99, 67])
def test_every_grid_comes_out_even(side: int) -> None:
    """No row of the picture is left over at the stride of 4 or at a pool."""
    assert (side - 11) % 4 == 0
    grid = (side - 11) // 4 + 1
    for _ in range(3):
        assert (grid - 3) % 2 == 0
        grid = (grid - 3) // 2 + 1
    assert grid >= 1


def test_the_dense_part_is_the_published_one() -> None:
    features = keras.Input((1, 1, 256))
    head = keras.Model(features, alexnet_head(features))
    for name in ("fc6", "fc7"):
        assert head.get_layer(name).units == 4096
        assert head.get_layer(f"{name}_dropout").rate == 0.5
    assert [layer.name for layer in head.layers[1:]] == [
        *("flatten", "fc6", "fc6_relu", "fc6_dropout", "fc7", "fc7_relu", "fc7_dropout")
    ]


def test_levels_are_centred_on_the_mean_of_the_training_pictures() -> None:
    scale = body(67).get_layer("levels_less_mean")
    grey = np.array([0.0, MEAN_LEVEL, 1.0], np.float32).reshape(1, 3, 1, 1)
    expected = [-255 * MEAN_LEVEL, 0.0, 255 * (1 - MEAN_LEVEL)]
    np.testing.assert_allclose(np.ravel(scale(grey)), expected, atol=1e-4)


@pytest.mark.parametrize("channels", [1, 3, 8])
def test_normalisation_follows_the_formula(channels: int) -> None:
    levels = np.random.default_rng(2).normal(0, 200, (2, 3, 4, channels)).astype(np.float32)
    expected = np.empty_like(levels)
    for c in range(channels):
        energy = (levels[..., max(0, c - 2) : c + 3].astype(np.float64) ** 2).sum(-1)
        expected[..., c] = levels[..., c] / (2.0 + 1e-4 * energy) ** 0.75
    found = np.asarray(LocalResponseNorm()(levels))
    assert np.abs(found).max() < 0.5 * np.abs(levels).max()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_normalisation_comes_back_from_its_description() -> None:
    image = keras.Input((4, 4, 8))
    model = keras.Model(image, LocalResponseNorm(name="norm")(image))
    again = keras.Model.from_config(model.get_config())
    levels = np.full((1, 4, 4, 8), 100.0, np.float32)
    assert again.get_layer("norm").output.shape == (None, 4, 4, 8)
    np.testing.assert_array_equal(again(levels), model(levels))
