"""U-Net decoders on a classifier's feature pyramid.

The in-domain pre-training and the shipped outline network use the same stages, so the weights
of the first carry over to the second: the pre-training stops at stride 4 (cheap), the U-Net
goes on to stride 1.

Reference: Ronneberger et al. 2015, arXiv:1505.04597 (U-Net).
"""

from typing import Any

import keras
from keras import ops

from ml.models.classifiers import BACKBONES

STAGE_CHANNELS = {16: 96, 8: 64, 4: 32, 2: 24, 1: 16}
"""Feature channels of the decoder at each stride."""


@keras.saving.register_keras_serializable(package="sulcus")
class CropLike(keras.layers.Layer):  # type: ignore[misc]
    """Trim (B, H, W, C) to the height and width of a second tensor that is at most as large.

    Doubling an odd grid overshoots by one: Xception's unpadded stem gives odd sizes.
    """

    def call(self, inputs: list[Any]) -> Any:
        """First tensor, cut at the lower and right edge."""
        large, like = inputs
        return large[:, : ops.shape(like)[1], : ops.shape(like)[2], :]

    def compute_output_shape(self, input_shape: list[Any]) -> Any:
        """(B, h, w, C)."""
        large, like = input_shape
        return (large[0], like[1], like[2], large[3])


def convolve(features: Any, channels: int, name: str) -> Any:
    """Convolution of 3 × 3, normalised, ReLU: (B, h, w, C) → (B, h, w, channels)."""
    features = keras.layers.Conv2D(
        channels, 3, padding="same", use_bias=False, name=f"{name}_conv"
    )(features)
    features = keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(features)
    return keras.layers.Activation("relu", name=f"{name}_relu")(features)


def _stage(features: Any, skip: Any, stride: int) -> Any:
    """Up to the skip's grid, join, two convolutions."""
    channels = STAGE_CHANNELS[stride]
    name = f"decoder{stride}"
    features = keras.layers.Conv2DTranspose(channels, 2, strides=2, name=f"{name}_up")(features)
    features = CropLike(name=f"{name}_crop")([features, skip])
    if stride > 1:
        skip = keras.layers.Conv2D(channels // 2, 1, use_bias=False, name=f"{name}_skip")(skip)
        skip = keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_skip_bn")(skip)
    features = keras.layers.Concatenate(name=f"{name}_join")([features, skip])
    features = convolve(features, channels, f"{name}_a")
    return convolve(features, channels, f"{name}_b")


def decode(classifier: Any, *, stride: int) -> Any:
    """Mask logits on top of a classifier's pyramid.

    Args:
        classifier: a model of `build_classifier`; its layers are shared, not copied.
        stride: 4 for the pre-training decoder, 1 for the full U-Net.

    Returns:
        Symbolic tensor (B, S/stride, S/stride, 1) named "mask_logits".
    """
    backbone = BACKBONES[classifier.name]
    fine_to_coarse = [
        classifier.input,
        *(classifier.get_layer(tap).output for tap in (backbone.fine_tap, *backbone.taps)),
    ]
    skips = dict(zip((1, 2, 4, 8, 16), fine_to_coarse[:5], strict=True))
    features = keras.layers.Conv2D(STAGE_CHANNELS[16], 1, use_bias=False, name="decoder32_reduce")(
        fine_to_coarse[5]
    )
    features = keras.layers.BatchNormalization(momentum=0.9, name="decoder32_bn")(features)
    features = keras.layers.Activation("relu", name="decoder32_relu")(features)
    for step in (16, 8, 4, 2, 1):
        if step < stride:
            break
        features = _stage(features, skips[step], step)
    return keras.layers.Conv2D(1, 1, name="mask_logits", dtype="float32")(features)


def build_joint(classifier: Any, *, stride: int = 4) -> Any:
    """Classifier and outline in one network: outputs {"logits", "mask_logits"}."""
    return keras.Model(
        classifier.input,
        {"logits": classifier.output, "mask_logits": decode(classifier, stride=stride)},
        name=f"{classifier.name}_joint",
    )


def build_unet(classifier: Any) -> Any:
    """U-Net on a classifier's encoder: (B, S, S, 1) → mask logits (B, S, S, 1).

    On the MobileNet it is called "unet", as its weights were published; on any other encoder
    "unet_" and the encoder's name.
    """
    name = "unet" if classifier.name == "mobilenet" else f"unet_{classifier.name}"
    return keras.Model(classifier.input, decode(classifier, stride=1), name=name)
