"""The three classifiers, untrained: flat, grey in, logits out, with the layers others name."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from ml.labels import CLASSES
from ml.models import classifiers
from ml.models.classifiers import BACKBONES, BATCH_NORM_MOMENTUM, build_classifier
from ml.models.registry import CLASSIFIERS
from tests.ml.networks import calibrate, pictures

SIDE = 128
STRIDES = (4, 8, 16, 32)
PUBLISHED = {
    "mobilenet": keras.applications.mobilenet.preprocess_input,
    "xception": keras.applications.xception.preprocess_input,
    "resnet50": keras.applications.resnet50.preprocess_input,
}


@cache
def network(name: str) -> Any:
    keras.utils.set_random_seed(1)
    return build_classifier(name, size=SIDE)


def test_there_is_a_backbone_for_every_registered_classifier() -> None:
    assert tuple(BACKBONES) == CLASSIFIERS


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_network_is_flat_and_ends_in_logits(name: str) -> None:
    model = network(name)
    assert not [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
    assert tuple(model.input.shape) == (None, SIDE, SIDE, 1)
    assert tuple(model.output.shape) == (None, len(CLASSES))
    last = model.layers[-1]
    assert last.name == "logits"
    assert last.activation is keras.activations.linear
    assert model.name == name


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_feature_layer_is_what_is_averaged(name: str) -> None:
    """The closed form of Grad-CAM holds only for the input of the global average."""
    model = network(name)
    features = model.get_layer(BACKBONES[name].feature_layer).output
    assert model.get_layer("gap").input is features
    assert model.get_layer("logits").kernel.shape == (features.shape[-1], len(CLASSES))


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_tap_exists_at_its_stride(name: str) -> None:
    backbone = BACKBONES[name]
    model = network(name)
    for tap, stride in zip((backbone.fine_tap, *backbone.taps), (2, *STRIDES), strict=True):
        rows, columns = model.get_layer(tap).output.shape[1:3]
        # Xception's stem is not padded: up to three cells are missing at stride 2
        assert 0 <= SIDE // stride - rows <= 6 // stride, tap
        assert rows == columns
    assert backbone.taps[-1] == backbone.feature_layer


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_grey_levels_reach_the_backbone_as_its_imagenet_weights_expect(name: str) -> None:
    model = network(name)
    scale = next(x for x in model.layers if isinstance(x, keras.layers.Rescaling))
    grey = pictures(1, SIDE, seed=0)
    found = np.asarray(keras.Model(model.input, scale.output)(grey))
    expected = PUBLISHED[name](np.repeat(grey * 255.0, 3, axis=-1))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_batch_norm_follows_short_runs(name: str) -> None:
    layers = [x for x in network(name).layers if isinstance(x, keras.layers.BatchNormalization)]
    assert layers
    assert {layer.momentum for layer in layers} == {BATCH_NORM_MOMENTUM}


def test_any_size_goes_in_and_pictures_differ(narrow: None) -> None:
    model = build_classifier("mobilenet")
    calibrate(model, 64)
    for size in (32, 64, 100):
        logits = np.asarray(model(pictures(3, size, seed=2), training=False))
        assert logits.shape == (3, len(CLASSES))
        assert np.isfinite(logits).all()
        assert np.ptp(logits, axis=0).max() > 1e-3


@pytest.fixture
def download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[str]]:
    """Takes the place of Keras's download: gives a backbone's weights in the published format."""

    def offer(published: Any) -> list[str]:
        asked: list[str] = []
        file = tmp_path / "no_top.h5"
        with h5py.File(file, "w") as handle:
            legacy_h5_format.save_weights_to_hdf5_group(handle, published)

        def get_file(name: str, *_: object, **__: object) -> str:
            asked.append(name)
            return str(file)

        monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
        return asked

    return offer


# MobileNet says that it takes the weights of 224 pixels for every other size
@pytest.mark.filterwarnings("ignore:`input_shape` is undefined:UserWarning")
def test_imagenet_weights_go_into_the_grey_network(
    narrow: None, download: Callable[[Any], list[str]]
) -> None:
    build = classifiers.BACKBONES["mobilenet"].build
    trained = build(include_top=False, weights=None, input_shape=(224, 224, 3))
    asked = download(trained)
    model = build_classifier("mobilenet")
    assert asked == [], "nothing is downloaded unless asked"
    assert np.abs(stem(model) - stem(trained)).max() > 1e-3

    model = build_classifier("mobilenet", imagenet=True)
    assert len(asked) == 1
    grey = pictures(1, 224, seed=1)
    rgb = PUBLISHED["mobilenet"](np.repeat(grey * 255.0, 3, axis=-1))
    features = keras.Model(model.input, model.get_layer("gap").input)
    np.testing.assert_allclose(features(grey), trained(rgb), rtol=1e-4, atol=1e-5)


def stem(model: Any) -> np.ndarray:
    """The first convolution's kernel."""
    return np.asarray(model.get_layer("conv1").kernel)


def test_an_unknown_network_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        build_classifier("vgg")


@pytest.mark.parametrize("name", ["xception", "resnet50"])
def test_a_new_residual_network_begins_as_its_shortcuts(name: str) -> None:
    model = build_classifier(name)
    silent = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization) and not np.asarray(layer.gamma).any()
    ]
    additions = [layer for layer in model.layers if isinstance(layer, keras.layers.Add)]
    assert len(silent) == len(additions) > 0
    for addition in additions:
        ends = [tensor._keras_history.operation for tensor in addition.input]
        ends = [  # Xception pools at the end of a branch, after the normalisation
            end.input._keras_history.operation if "pool" in end.name else end for end in ends
        ]
        assert sum(end in silent for end in ends) == 1, f"{addition.name} adds one silent branch"
