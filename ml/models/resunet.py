"""Res-U-Net: a U-Net of residual units from one grey channel, with no ImageNet encoder under it.

Reference: Zhang et al. 2018, arXiv:1711.10684 (Deep Residual U-Net); the order normalisation,
ReLU, convolution within a unit is that of He et al. 2016, arXiv:1603.05027.

As published: strided convolutions instead of pooling, plain upsampling instead of transposed
convolutions, a projected and normalised shortcut. Ours: one level more (the coarsest grid has
stride 16, so that a unit of the bridge sees the whole head) and few channels on the fine grids,
where a channel costs most; about 4 million weights instead of 7.8.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import keras

from ml.models.classifiers import BATCH_NORM_MOMENTUM
from ml.models.unet import CropLike

CHANNELS: Mapping[int, int] = MappingProxyType({1: 16, 2: 32, 4: 64, 8: 192, 16: 384})
"""Feature channels at each stride, the same on the way down and up."""
SMALLEST_SIDE = 16
"""Below it the coarsest grid is a single cell that is mostly padding."""


def _normalise(features: Any, name: str) -> Any:
    return keras.layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, name=name)(features)


def _convolve(features: Any, channels: int, name: str, *, stride: int = 1) -> Any:
    """3 × 3 without bias: a normalisation follows, or the sum that one follows."""
    return keras.layers.Conv2D(
        channels, 3, strides=stride, padding="same", use_bias=False, name=name
    )(features)


def _project(features: Any, channels: int, name: str, *, stride: int) -> Any:
    """The shortcut of a unit: 1 × 1 convolution and normalisation.

    Cells are dropped before the convolution and not by its stride, which gives the same values:
    oneDNN writes past its workspace in the gradient of a strided 1 × 1 convolution of fewer than
    16 channels (https://github.com/uxlfoundation/oneDNN/issues/6035), and TensorFlow crashes.
    """
    if stride > 1:
        features = keras.layers.MaxPooling2D(1, strides=stride, name=f"{name}_drop")(features)
    features = keras.layers.Conv2D(channels, 1, use_bias=False, name=name)(features)
    return _normalise(features, f"{name}_bn")


def _activate(features: Any, name: str) -> Any:
    """Normalise, then rectify: what comes before every convolution but the very first."""
    features = _normalise(features, f"{name}_bn")
    return keras.layers.Activation("relu", name=f"{name}_relu")(features)


def _unit(features: Any, channels: int, name: str, *, stride: int = 1, first: bool = False) -> Any:
    """Residual unit (B, h, w, C) → (B, h/stride, w/stride, channels).

    Args:
        features: what comes in.
        channels: what goes out.
        name: prefix of its layers.
        stride: of the first convolution and the shortcut.
        first: the picture itself comes in, which is not normalised.
    """
    straight = features if first else _activate(features, f"{name}_a")
    straight = _convolve(straight, channels, f"{name}_a_conv", stride=stride)
    straight = _activate(straight, f"{name}_b")
    straight = _convolve(straight, channels, f"{name}_b_conv")
    shortcut = _project(features, channels, f"{name}_shortcut", stride=stride)
    return keras.layers.Add(name=f"{name}_add")([straight, shortcut])


def build_resunet(*, size: int | None = None, channels: Mapping[int, int] = CHANNELS) -> Any:
    """Res-U-Net with random weights.

    Args:
        size: fixed input side in pixels; None accepts any side from 16 up. Sides that are no
            multiple of 16 work too: what doubling overshoots is cut off.
        channels: feature channels at the strides 1, 2, 4, 8 and 16.

    Returns:
        Flat keras.Model (B, S, S, 1) in 0..1 → mask logits (B, S, S, 1).

    Raises:
        ValueError: the side is too small, or a stride has no channels.
    """
    if size is not None and size < SMALLEST_SIDE:
        raise ValueError(f"a side of {size} px is too small; the least is {SMALLEST_SIDE} px")
    if tuple(channels) != tuple(CHANNELS):
        wanted, found = (", ".join(map(str, strides)) for strides in (CHANNELS, channels))
        raise ValueError(f"channels are given for strides {found}; they are needed for {wanted}")
    image = keras.Input((size, size, 1), name="image")
    features = _unit(image, channels[1], "down1", first=True)
    skips = {1: features}
    for stride in (2, 4, 8):
        skips[stride] = features = _unit(features, channels[stride], f"down{stride}", stride=2)
    features = _unit(features, channels[16], "bridge16", stride=2)
    for stride in (8, 4, 2, 1):
        name = f"up{stride}"
        features = keras.layers.UpSampling2D(2, name=f"{name}_double")(features)
        features = CropLike(name=f"{name}_crop")([features, skips[stride]])
        features = keras.layers.Concatenate(name=f"{name}_join")([features, skips[stride]])
        features = _unit(features, channels[stride], name)
    mask = keras.layers.Conv2D(1, 1, name="mask_logits", dtype="float32")(features)
    return keras.Model(image, mask, name="resunet")
