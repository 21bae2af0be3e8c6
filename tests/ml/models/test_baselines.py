"""The compared networks, untrained: layout, published layers, and what their recipes freeze."""

import re
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest

from ml.labels import CLASSES
from ml.models.baselines import (
    BASELINES,
    backbone_layers,
    build_baseline,
    build_pretraining,
    copy_backbone,
    freeze_for_recipe,
)
from ml.models.classifiers import BATCH_NORM_MOMENTUM
from ml.models.transfer import AUTOMATIC, name_layers
from tests.ml.networks import pictures

SIDES = {"mlp": 32, "alexnet": 67, "small_cnn": 32, "vgg16": 32, "inception_v3": 75}
"""Small sides at which the networks are built here, pixels."""
WITHOUT_TOP = {"vgg16": 14_714_688, "inception_v3": 21_802_784}
"""Weights of the keras.applications networks with include_top=False and three channels."""
PUBLISHED = {
    "vgg16": keras.applications.vgg16.preprocess_input,
    "inception_v3": keras.applications.inception_v3.preprocess_input,
}


@cache
def network(name: str) -> Any:
    """One network that no test changes."""
    keras.utils.set_random_seed(1)
    return build_baseline(name, size=SIDES[name])


def step(model: Any, side: int) -> set[str]:
    """Names of the layers whose weights one training step changes."""
    before = {layer.name: layer.get_weights() for layer in model.layers}
    model.compile(
        keras.optimizers.SGD(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    model.train_on_batch(pictures(4, side, seed=0), np.arange(4))
    return {
        layer.name
        for layer in model.layers
        for old, new in zip(before[layer.name], layer.get_weights(), strict=True)
        if not np.array_equal(old, new)
    }


def test_every_network_of_the_comparison_is_there() -> None:
    assert set(BASELINES) == set(SIDES)
    assert [name for name, one in BASELINES.items() if one.fixed_size] == [
        *("mlp", "alexnet", "vgg16")
    ]
    assert BASELINES["vgg16"].default_size == 128
    for record in BASELINES.values():
        assert record.smallest_size <= record.default_size
        assert re.search(r"(19|20)\d\d, (arXiv|doi):", record.reference)


@pytest.mark.parametrize("name", BASELINES)
def test_the_network_is_flat_and_ends_in_logits(name: str) -> None:
    model = network(name)
    assert not [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
    assert not [layer.name for layer in model.layers if AUTOMATIC.fullmatch(layer.name)]
    assert model.name == name
    assert model.layers[0].name == "image"
    assert model.layers[-1].name == "logits"
    assert model.layers[-1].activation is keras.activations.linear
    logits = np.asarray(model(pictures(2, SIDES[name], seed=0), training=False))
    assert logits.shape == (2, len(CLASSES))
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("name", BASELINES)
def test_grad_cam_finds_its_layer(name: str) -> None:
    model, record = network(name), BASELINES[name]
    if record.feature_layer is None:
        assert name == "mlp"
        return
    features = model.get_layer(record.feature_layer).output
    assert len(features.shape) == 4
    if record.gap_head:
        # the closed form holds only for the input of the global average
        assert model.get_layer("gap").input is features
        assert model.get_layer("logits").kernel.shape == (features.shape[-1], len(CLASSES))
    else:
        assert "gap" not in [layer.name for layer in model.layers]


@pytest.mark.parametrize("name", ["mlp", "small_cnn", "inception_v3"])
def test_batch_norm_follows_short_runs(name: str) -> None:
    layers = [x for x in network(name).layers if isinstance(x, keras.layers.BatchNormalization)]
    assert layers
    assert {layer.momentum for layer in layers} == {BATCH_NORM_MOMENTUM}


@pytest.mark.parametrize("name", ["vgg16", "alexnet", "mlp"])
def test_a_dense_head_refuses_another_size(name: str) -> None:
    side = SIDES[name]
    with pytest.raises(ValueError, match=rf"expected shape=\(None, {side}, {side}, 1\), found"):
        network(name)(pictures(1, side + 16, seed=0), training=False)


def test_an_averaging_head_takes_any_size() -> None:
    model = build_baseline("small_cnn")
    assert tuple(model.input.shape) == (None, None, None, 1)
    for side in (32, 50):
        assert tuple(model(pictures(2, side, seed=0)).shape) == (2, len(CLASSES))


def test_without_a_size_a_dense_head_has_its_default() -> None:
    assert tuple(build_baseline("mlp").input.shape) == (None, 64, 64, 1)


@pytest.mark.parametrize("name", BASELINES)
def test_too_small_a_side_is_refused(name: str) -> None:
    least = BASELINES[name].smallest_size
    with pytest.raises(ValueError, match=rf"cannot be built for {least - 1} .* side is {least}\."):
        build_baseline(name, size=least - 1)


def test_an_unknown_network_is_a_key_error() -> None:
    for build in (build_baseline, build_pretraining):
        with pytest.raises(KeyError):
            build("resnet50")


@pytest.mark.parametrize("name", WITHOUT_TOP)
def test_grey_levels_reach_the_backbone_as_its_imagenet_weights_expect(name: str) -> None:
    model = network(name)
    scale = next(x for x in model.layers if isinstance(x, keras.layers.Rescaling))
    grey = pictures(1, SIDES[name], seed=0)
    found = np.asarray(keras.Model(model.input, scale.output)(grey))
    expected = PUBLISHED[name](np.repeat(grey * 255.0, 3, axis=-1))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("name", WITHOUT_TOP)
def test_the_backbone_is_the_published_one(name: str) -> None:
    layers = backbone_layers(network(name))
    assert sum(layer.count_params() for layer in layers) == WITHOUT_TOP[name]


def test_imagenet_weights_are_asked_for_only_when_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    real = keras.applications.VGG16

    def offline(*, weights: str | None, **options: Any) -> Any:
        asked.append(weights)
        return real(weights=None, **options)

    monkeypatch.setattr(keras.applications, "VGG16", offline)
    build_baseline("vgg16", size=32)
    build_baseline("vgg16", size=32, imagenet=True)
    build_pretraining("vgg16", imagenet=True)
    assert asked == [None, "imagenet", "imagenet"]


@pytest.mark.parametrize("name", ["mlp", "alexnet", "small_cnn"])
def test_imagenet_weights_that_do_not_exist_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"no ImageNet weights of .* only of VGG16, Inception-V3"):
        build_baseline(name, imagenet=True)


def test_layers_have_the_same_names_however_many_were_built_before() -> None:
    keras.layers.Conv2D(1, 1)
    found = []
    for _ in range(2):
        image = keras.Input((8, 8, 1), name="image")
        features = image
        for _ in range(11):
            features = keras.layers.Activation("relu")(keras.layers.Conv2D(2, 1)(features))
        model = keras.Model(image, keras.layers.Conv2D(4, 1, name="last")(features))
        name_layers(model, "toy")
        found.append([layer.name for layer in model.layers])
    pairs = [(f"toy_conv2d_{i:02d}", f"toy_activation_{i:02d}") for i in range(11)]
    assert found[0] == ["image", *(name for pair in pairs for name in pair), "last"]
    assert found[1] == found[0]


def test_inception_layers_are_numbered_as_in_a_fresh_session() -> None:
    model = network("inception_v3")
    convolutions = [x for x in model.layers if isinstance(x, keras.layers.Conv2D)]
    assert {x.name for x in convolutions} == {f"inception_conv2d_{i:02d}" for i in range(94)}
    # the stem's first layers, and the last one made, in the pooling branch of mixed10
    assert [model.get_layer(f"inception_conv2d_{i:02d}").filters for i in range(5)] == [
        *(32, 32, 64, 80, 192)
    ]
    assert model.get_layer("inception_conv2d_93").filters == 192


def test_the_recipe_trains_the_last_three_layers_of_vgg16_and_its_head() -> None:
    model = build_baseline("vgg16", size=32)
    shapes = [w.shape for w in model.weights]
    assert len(backbone_layers(model)) == 13
    freeze_for_recipe(model)
    assert step(model, 32) == {*("block5_conv1", "block5_conv2", "block5_conv3", "fc1", "logits")}
    assert [w.shape for w in model.weights] == shapes


def test_the_recipe_has_the_known_head() -> None:
    model = network("vgg16")
    names = [layer.name for layer in model.layers]
    assert names[names.index("block5_pool") + 1 :] == [
        *("flatten", "flatten_dropout", "fc1", "fc1_dropout", "logits")
    ]
    assert [model.get_layer(f"{x}_dropout").rate for x in ("flatten", "fc1")] == [0.3, 0.2]
    assert model.get_layer("fc1").units == 128
    assert model.get_layer("fc1").activation is keras.activations.relu


def test_the_recipe_trains_only_the_dense_part_of_inception() -> None:
    model = network("inception_v3")
    try:
        freeze_for_recipe(model)
        assert [w.path for w in model.trainable_variables] == ["logits/kernel", "logits/bias"]
    finally:
        for layer in model.layers:
            layer.trainable = True


def test_freezing_starts_from_the_whole_network() -> None:
    model = build_baseline("vgg16", size=32)
    for left in (False, True):
        model.trainable = left
        model.get_layer("fc1").trainable = False
        freeze_for_recipe(model)
        frozen = [layer.name for layer in model.layers if layer.weights and not layer.trainable]
        assert len(frozen) == 10
        assert frozen[-1] == "block4_conv3"
        assert len(model.trainable_variables) == 2 * 5


def test_nothing_is_frozen_without_a_recipe() -> None:
    for model in (network("small_cnn"), build_pretraining("vgg16")):
        with pytest.raises(ValueError, match=rf"part of {model.name}, only of vgg16, inception"):
            freeze_for_recipe(model)
        assert all(layer.trainable for layer in model.layers)


@pytest.mark.parametrize("name", ["alexnet", "vgg16"])
def test_a_backbone_trained_at_any_side_goes_into_the_recipe(name: str) -> None:
    before, model = build_pretraining(name), build_baseline(name, size=SIDES[name])
    assert before.name == f"{name}_pretraining"
    for side in (80, 96):
        assert tuple(before(pictures(1, side, seed=0)).shape) == (1, len(CLASSES))
    head = model.get_layer("logits").get_weights()
    copy_backbone(before, model)
    end = BASELINES[name].backbone_end
    batch = pictures(2, SIDES[name], seed=3)
    one, other = (
        np.asarray(keras.Model(m.input, m.get_layer(end).output)(batch)) for m in (before, model)
    )
    assert np.ptp(one) > 0
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(model.get_layer("logits").get_weights()[0], head[0])


def test_a_foreign_backbone_is_not_copied() -> None:
    model = network("vgg16")
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"backbones of small_cnn and vgg16 differ at .* block1"):
        copy_backbone(network("small_cnn"), model)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_without_a_backbone_there_is_nothing_to_train_before() -> None:
    with pytest.raises(ValueError, match="Multi-layer perceptron has no backbone"):
        build_pretraining("mlp")
    with pytest.raises(ValueError, match="mlp is no network with a backbone"):
        backbone_layers(network("mlp"))
    image = keras.Input((8, 8, 1))
    with pytest.raises(ValueError, match="toy is no network with a backbone"):
        backbone_layers(keras.Model(image, image, name="toy"))


@pytest.mark.parametrize("name", ["mlp", "alexnet", "small_cnn"])
def test_one_step_changes_every_layer(name: str) -> None:
    model = build_baseline(name, size=SIDES[name])
    assert step(model, SIDES[name]) == {layer.name for layer in model.layers if layer.weights}
