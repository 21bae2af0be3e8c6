"""Decoders on a classifier's pyramid: grids, shared stages, and what the mask depends on."""

from typing import Any

import keras
import numpy as np
import pytest

from ml.models.classifiers import BACKBONES, build_classifier
from ml.models.unet import CropLike, build_joint, build_unet
from tests.ml.networks import calibrate, pictures


@pytest.mark.parametrize("size", [64, 96, 160])
def test_the_outline_has_the_size_of_its_picture(narrow: None, size: int) -> None:
    unet = build_unet(build_classifier("mobilenet"))
    mask = unet(pictures(2, size, seed=0), training=False)
    assert tuple(mask.shape) == (2, size, size, 1)
    assert np.isfinite(np.asarray(mask)).all()


def test_the_joint_network_gives_classes_and_a_coarse_outline(narrow: None) -> None:
    classifier = build_classifier("mobilenet")
    joint = build_joint(classifier)
    batch = pictures(2, 64, seed=0)
    found = joint(batch, training=False)
    assert set(found) == {"logits", "mask_logits"}
    assert tuple(found["mask_logits"].shape) == (2, 16, 16, 1)
    # the same layers, not a copy of them
    np.testing.assert_array_equal(found["logits"], classifier(batch, training=False))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["xception", "resnet50"])
@pytest.mark.parametrize("size", [64, 96])
def test_joint_networks_of_the_other_encoders(name: str, size: int) -> None:
    """Xception's unpadded stem gives odd grids: the decoder ends on the tap's own."""
    classifier = build_classifier(name, size=size)
    found = build_joint(classifier)(pictures(1, size, seed=0), training=False)
    tap = classifier.get_layer(BACKBONES[name].taps[0]).output
    assert found["mask_logits"].shape[1:3] == tap.shape[1:3]


def test_crop_like_cuts_at_the_lower_and_right_edge() -> None:
    large = np.arange(2 * 6 * 8, dtype=np.float32).reshape(2, 6, 8, 1)
    found = CropLike()([large, np.zeros((2, 5, 7, 3), np.float32)])
    np.testing.assert_array_equal(found, large[:, :5, :7])
    shapes = [(None, 6, 8, 4), (None, 5, 7, 3)]
    assert CropLike().compute_output_shape(shapes) == (None, 5, 7, 4)


def test_the_coarse_stages_of_both_decoders_fit_each_other(narrow: None) -> None:
    classifier = build_classifier("mobilenet")
    joint, unet = build_joint(classifier), build_unet(classifier)

    def shapes(model: Any) -> dict[str, list[tuple[int, ...]]]:
        layers = [layer for layer in model.layers if layer.name.startswith("decoder")]
        return {layer.name: [tuple(w.shape) for w in layer.weights] for layer in layers}

    coarse, fine = shapes(joint), shapes(unet)
    assert {name.split("_")[0] for name in coarse} == {
        *("decoder32", "decoder16", "decoder8", "decoder4")
    }
    assert coarse.items() <= fine.items()
    assert {name.split("_")[0] for name in fine} - {name.split("_")[0] for name in coarse} == {
        *("decoder2", "decoder1")
    }


def test_a_change_in_the_picture_changes_the_mask_there_most(narrow: None) -> None:
    unet = build_unet(build_classifier("mobilenet"))
    calibrate(unet, 64)
    plain = pictures(1, 64, seed=3)
    changed = plain.copy()
    changed[0, 40:44, 20:24] = 1.0 - changed[0, 40:44, 20:24]
    before, after = (np.asarray(unet(x, training=False))[0, ..., 0] for x in (plain, changed))
    difference = np.abs(after - before)
    row, column = np.unravel_index(int(difference.argmax()), difference.shape)
    assert difference.max() > 1e-3
    assert 34 <= row < 50
    assert 14 <= column < 30


def test_mask_logits_are_raw_scores(narrow: None) -> None:
    last = build_unet(build_classifier("mobilenet")).get_layer("mask_logits")
    assert last.activation is keras.activations.linear
    assert last.bias is not None


def test_the_network_is_named_after_any_encoder_but_the_first(narrow: None) -> None:
    classifier = build_classifier("mobilenet")
    assert build_unet(classifier).name == "unet"
    assert build_joint(classifier).name == "mobilenet_joint"


@pytest.mark.slow
def test_an_outline_on_the_resnet() -> None:
    unet = build_unet(build_classifier("resnet50"))
    assert unet.name == "unet_resnet50"
    for size in (96, 128, 160):
        assert tuple(unet(pictures(1, size, seed=0), training=False).shape) == (1, size, size, 1)
