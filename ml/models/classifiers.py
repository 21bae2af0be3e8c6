"""The three classifiers: keras.applications backbones, flat, grey in, logits out.

Layout of every network: input (B, S, S, 1) in 0..1 → the backbone's own three-channel
convention → backbone → "gap" (global average) → "dropout" → "logits" (B, 4).
"Flat" means that no model is nested in another, which Grad-CAM needs in Keras 3.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from ml.labels import CLASSES

BATCH_NORM_MOMENTUM = 0.9
"""Stock 0.99 needs thousands of steps before evaluation is meaningful; our runs are shorter."""


@dataclass(frozen=True)
class Backbone:
    """How one keras.applications network is used.

    Attributes:
        build: its constructor.
        convention: "tf" (−1..1) or "caffe" (BGR means subtracted), as its ImageNet weights expect.
        feature_layer: last feature map before the global average; Grad-CAM reads it.
        taps: layers at strides 4, 8, 16 and 32 for a decoder, finest first.
        fine_tap: layer at stride 2.
        branch_ends: names of the normalisations that end a residual branch, as a pattern.
    """

    build: Callable[..., Any]
    convention: str
    feature_layer: str
    taps: tuple[str, str, str, str]
    fine_tap: str
    branch_ends: str | None = None


BACKBONES: Mapping[str, Backbone] = MappingProxyType(
    {
        "mobilenet": Backbone(
            keras.applications.MobileNet,
            "tf",
            "conv_pw_13_relu",
            ("conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_11_relu", "conv_pw_13_relu"),
            "conv_pw_1_relu",
        ),
        "xception": Backbone(
            keras.applications.Xception,
            "tf",
            "block14_sepconv2_act",
            (
                "block3_sepconv1_act",
                "block4_sepconv1_act",
                "block13_sepconv1_act",
                "block14_sepconv2_act",
            ),
            "block1_conv2_act",
            r"block([2-4]|13)_sepconv2_bn|block([5-9]|1[0-2])_sepconv3_bn",
        ),
        "resnet50": Backbone(
            keras.applications.ResNet50,
            "caffe",
            "conv5_block3_out",
            ("conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"),
            "conv1_relu",
            r"conv\d_block\d_3_bn",
        ),
    }
)


def to_three_channels(image: Any, convention: str) -> Any:
    """Grey (B, S, S, 1) in 0..1 → (B, S, S, 3) in a backbone's convention."""
    rgb = keras.layers.Concatenate(name="grey_to_rgb")([image, image, image])
    if convention == "caffe":
        scale = keras.layers.Rescaling(
            255.0, offset=[-103.939, -116.779, -123.68], name="caffe_levels"
        )
    else:
        scale = keras.layers.Rescaling(2.0, offset=-1.0, name="signed_levels")
    return scale(rgb)


def build_classifier(
    name: str, *, imagenet: bool = False, size: int | None = None, dropout: float = 0.2
) -> Any:
    """One flat classifier with random or ImageNet weights.

    Args:
        name: key of `BACKBONES`.
        imagenet: start from ImageNet weights (keras downloads them once).
        size: fixed input side in pixels; None accepts any side from 32 up.
        dropout: share of pooled features dropped in training.

    Returns:
        keras.Model (B, S, S, 1) → logits (B, 4).

    Raises:
        KeyError: unknown network.
    """
    backbone = BACKBONES[name]
    image = keras.Input((size, size, 1), name="image")
    body = backbone.build(
        include_top=False,
        weights="imagenet" if imagenet else None,
        input_tensor=to_three_channels(image, backbone.convention),
    )
    features = body.get_layer(backbone.feature_layer).output
    pooled = keras.layers.GlobalAveragePooling2D(name="gap")(features)
    pooled = keras.layers.Dropout(dropout, name="dropout")(pooled)
    logits = keras.layers.Dense(len(CLASSES), name="logits")(pooled)
    model = keras.Model(image, logits, name=name)
    set_batch_norm_momentum(model, BATCH_NORM_MOMENTUM)
    if backbone.branch_ends is not None and not imagenet:
        silence_branches(model, backbone.branch_ends)
    return model


def silence_branches(model: Any, pattern: str) -> None:
    """Start residual branches at zero, so that a new network begins as its shortcuts alone.

    Otherwise every branch adds its variance and the first logits are far too large.

    Args:
        model: a network with random weights; changed in place.
        pattern: of the names of the normalisations that end a branch.

    Reference: Goyal et al. 2017, arXiv:1706.02677, section 5.1.
    """
    for layer in model.layers:
        if re.fullmatch(pattern, layer.name):
            layer.gamma.assign(np.zeros(layer.gamma.shape))


def set_batch_norm_momentum(model: Any, momentum: float) -> None:
    """Change the running-average momentum of every BatchNormalization layer in place."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum
