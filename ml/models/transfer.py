"""VGG16 and Inception-V3 of keras.applications as the field uses them for transfer.

VGG16's recipe: 128 × 128 pixels, backbone frozen except its last three layers that carry
weights, Flatten, Dropout 0.3, Dense 128 with ReLU, Dropout 0.2, softmax (outside, as for all
our networks). Inception-V3: the fully connected part alone is trained anew.

Reference: Simonyan & Zisserman 2015, arXiv:1409.1556 (VGG16); Szegedy et al. 2016,
arXiv:1512.00567 (Inception-V3).
"""

import re
from typing import Any

import keras

from ml.models.classifiers import to_three_channels

AUTOMATIC = re.compile(
    "(conv2d|batch_normalization|activation|max_pooling2d|average_pooling2d|concatenate)"
    r"(?:_(\d+))?"
)
"""Names that Keras gives by counting the layers of the whole session."""


def vgg16_features(image: Any, *, imagenet: bool) -> Any:
    """Grey (B, S, S, 1) in 0..1 → "block5_pool" (B, S/32, S/32, 512)."""
    body = keras.applications.VGG16(
        include_top=False,
        weights="imagenet" if imagenet else None,
        input_tensor=to_three_channels(image, "caffe"),
    )
    return body.output


def vgg16_head(features: Any) -> Any:
    """The recipe's dense part before the logits: (B, s, s, 512) → (B, 128)."""
    features = keras.layers.Flatten(name="flatten")(features)
    features = keras.layers.Dropout(0.3, name="flatten_dropout")(features)
    features = keras.layers.Dense(128, activation="relu", name="fc1")(features)
    return keras.layers.Dropout(0.2, name="fc1_dropout")(features)


def inception_features(image: Any, *, imagenet: bool) -> Any:
    """Grey (B, S, S, 1) in 0..1 → "mixed10" (B, s, s, 2048)."""
    body = keras.applications.InceptionV3(
        include_top=False,
        weights="imagenet" if imagenet else None,
        input_tensor=to_three_channels(image, "tf"),
    )
    name_layers(body, "inception")
    return body.output


def name_layers(model: Any, prefix: str) -> None:
    """Give automatically named layers the same names in every session.

    Keras numbers them on through a session, so that the second network built has other names
    than the first and weights could not be copied by name. Here each kind counts from 00
    in the order in which the layers were made: "conv2d_187" → "<prefix>_conv2d_00".
    """
    kinds: dict[str, list[tuple[int, Any]]] = {}
    for layer in model.layers:
        found = AUTOMATIC.fullmatch(layer.name)
        if found:
            kinds.setdefault(found[1], []).append((int(found[2] or 0), layer))
    for kind, numbered in kinds.items():
        for index, (_, layer) in enumerate(sorted(numbered, key=lambda pair: pair[0])):
            layer.name = f"{prefix}_{kind}_{index:02d}"
