"""The networks of the field that are compared with the three registered classifiers.

Layout of every network, flat: input "image" (B, S, S, 1) in 0..1 → features → head →
"logits" (B, 4). A head of dense layers behind a Flatten ties the network to one side; a head
that averages does not, and Grad-CAM then has the closed form of `ml.inference.explain`.

From nothing, VGG16's recipe would freeze random weights. So its backbone is first trained under
an averaging head, at any side, and then carried over:

    before = build_pretraining("vgg16")         # … train all of it
    model = build_baseline("vgg16")
    copy_backbone(before, model)
    freeze_for_recipe(model)                    # then compile and train
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import keras

from ml.labels import CLASSES
from ml.models.alexnet import alexnet_features, alexnet_head
from ml.models.classifiers import BATCH_NORM_MOMENTUM, set_batch_norm_momentum
from ml.models.transfer import inception_features, vgg16_features, vgg16_head

PRETRAINING = "_pretraining"
"""Ending of the name of a network of `build_pretraining`."""


def small_cnn_features(image: Any) -> Any:
    """Four blocks of two 3×3 convolutions: (B, S, S, 1) → "block4_relu2" (B, S/8, S/8, 128)."""
    features = image
    for block, filters in enumerate((16, 32, 64, 128), start=1):
        if block > 1:
            features = keras.layers.MaxPooling2D(2, name=f"block{block - 1}_pool")(features)
        for index in (1, 2):
            features = keras.layers.Conv2D(
                filters, 3, padding="same", use_bias=False, name=f"block{block}_conv{index}"
            )(features)
            features = keras.layers.BatchNormalization(name=f"block{block}_bn{index}")(features)
            features = keras.layers.Activation("relu", name=f"block{block}_relu{index}")(features)
    return features


def mlp_head(image: Any) -> Any:
    """Two hidden dense layers on the bare pixels: (B, S, S, 1) → (B, 256)."""
    features = keras.layers.Flatten(name="flatten")(image)
    for index, units in enumerate((512, 256), start=1):
        features = keras.layers.Dense(units, use_bias=False, name=f"fc{index}")(features)
        features = keras.layers.BatchNormalization(name=f"fc{index}_bn")(features)
        features = keras.layers.Activation("relu", name=f"fc{index}_relu")(features)
        features = keras.layers.Dropout(0.3, name=f"fc{index}_dropout")(features)
    return features


def average_head(features: Any) -> Any:
    """Global average and dropout: (B, s, s, C) → (B, C)."""
    pooled = keras.layers.GlobalAveragePooling2D(name="gap")(features)
    return keras.layers.Dropout(0.2, name="dropout")(pooled)


@dataclass(frozen=True)
class Baseline:
    """One network of the field.

    Attributes:
        title: what a reader sees.
        reference: where the architecture was published.
        default_size: side of the input unless another is asked for, pixels.
        smallest_size: least side that it can be built for, pixels.
        head: features → what the logits layer reads.
        features: image → feature map; takes `imagenet` where `has_imagenet`. None: the pixels.
        feature_layer: layer that Grad-CAM explains; None where there is no feature map.
        backbone_end: last layer of the backbone; None without a backbone.
        trained_layers: how many of the backbone's last layers that carry weights the recipe
            trains; None where the recipe freezes nothing.
        has_imagenet: ImageNet weights are published for the backbone.
    """

    title: str
    reference: str
    default_size: int
    smallest_size: int
    head: Callable[[Any], Any]
    features: Callable[..., Any] | None = None
    feature_layer: str | None = None
    backbone_end: str | None = None
    trained_layers: int | None = None
    has_imagenet: bool = False

    @property
    def gap_head(self) -> bool:
        """Whether one dense layer reads the average of `feature_layer`: exact Grad-CAM."""
        return self.head is average_head

    @property
    def fixed_size(self) -> bool:
        """Whether a built network takes one side only."""
        return not self.gap_head


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "mlp": Baseline(
            title="Multi-layer perceptron",
            reference="Rumelhart 1986, doi:10.1038/323533a0",
            default_size=64,
            smallest_size=16,
            head=mlp_head,
        ),
        "alexnet": Baseline(
            title="AlexNet",
            reference="Krizhevsky 2012, doi:10.1145/3065386",
            # 227 is published; the cached training pictures reach to the next even side
            default_size=195,
            smallest_size=67,
            head=alexnet_head,
            features=alexnet_features,
            feature_layer="conv5_relu",
            backbone_end="pool5",
        ),
        "small_cnn": Baseline(
            title="Small CNN",
            reference="LeCun 1998, doi:10.1109/5.726791; Ioffe 2015, arXiv:1502.03167",
            default_size=128,
            smallest_size=32,
            head=average_head,
            features=small_cnn_features,
            feature_layer="block4_relu2",
            backbone_end="block4_relu2",
        ),
        "vgg16": Baseline(
            title="VGG16",
            reference="Simonyan 2015, arXiv:1409.1556",
            default_size=128,
            smallest_size=32,
            head=vgg16_head,
            features=vgg16_features,
            feature_layer="block5_conv3",
            backbone_end="block5_pool",
            trained_layers=3,
            has_imagenet=True,
        ),
        "inception_v3": Baseline(
            title="Inception-V3",
            reference="Szegedy 2016, arXiv:1512.00567",
            default_size=160,
            smallest_size=75,
            head=average_head,
            features=inception_features,
            feature_layer="mixed10",
            backbone_end="mixed10",
            trained_layers=0,
            has_imagenet=True,
        ),
    }
)


def build_baseline(name: str, *, imagenet: bool = False, size: int | None = None) -> Any:
    """One flat network with random or ImageNet weights, all of it trainable.

    Args:
        name: key of `BASELINES`.
        imagenet: start the backbone from ImageNet weights (keras downloads them once).
        size: input side in pixels. None means the default side for a network of a fixed size,
            any side from the smallest up for the others.

    Returns:
        keras.Model (B, S, S, 1) → logits (B, 4). Of a fixed size it refuses pictures of another
        side with a ValueError that names both shapes.

    Raises:
        KeyError: unknown network.
        ValueError: the side is too small, or there are no ImageNet weights.
    """
    record = BASELINES[name]
    if size is None and record.fixed_size:
        size = record.default_size
    return _assemble(name, record.head, imagenet=imagenet, size=size)


def build_pretraining(name: str, *, imagenet: bool = False, size: int | None = None) -> Any:
    """The same backbone under an averaging head, to be trained before `copy_backbone`.

    Args:
        name: key of `BASELINES`, of a network with a backbone.
        imagenet: as for `build_baseline`.
        size: fixed input side in pixels; None accepts any side from the smallest up.

    Returns:
        keras.Model (B, S, S, 1) → logits (B, 4), named "<name>_pretraining"; for a network
        whose own head averages, the network itself.

    Raises:
        KeyError: unknown network.
        ValueError: it has no backbone, the side is too small, or there are no ImageNet weights.
    """
    if BASELINES[name].backbone_end is None:
        raise ValueError(f"{BASELINES[name].title} has no backbone to train before the rest.")
    return _assemble(name, average_head, imagenet=imagenet, size=size)


def _assemble(name: str, head: Callable[[Any], Any], *, imagenet: bool, size: int | None) -> Any:
    """Input, features, head and logits in one flat network."""
    record = BASELINES[name]
    if size is not None and size < record.smallest_size:
        raise ValueError(
            f"{record.title} cannot be built for {size} pixels; "
            f"the smallest side is {record.smallest_size}."
        )
    if imagenet and not record.has_imagenet:
        known = ", ".join(one.title for one in BASELINES.values() if one.has_imagenet)
        raise ValueError(f"There are no ImageNet weights of {record.title}, only of {known}.")
    image = keras.Input((size, size, 1), name="image")
    features = image
    if record.features is not None:
        options = {"imagenet": imagenet} if record.has_imagenet else {}
        features = record.features(image, **options)
    logits = keras.layers.Dense(len(CLASSES), name="logits")(head(features))
    model = keras.Model(image, logits, name=name if head is record.head else name + PRETRAINING)
    set_batch_norm_momentum(model, BATCH_NORM_MOMENTUM)
    return model


def backbone_layers(model: Any) -> list[Any]:
    """Layers that carry weights before the head, from the picture on.

    Raises:
        ValueError: the model is none of this module's, or has no backbone.
    """
    record = BASELINES.get(model.name.removesuffix(PRETRAINING))
    if record is None or record.backbone_end is None:
        raise ValueError(f"{model.name} is no network with a backbone of ml.models.baselines.")
    body = keras.Model(model.input, model.get_layer(record.backbone_end).output)
    return [layer for layer in body.layers if layer.weights]


def copy_backbone(source: Any, target: Any) -> None:
    """Put the weights of one network's backbone into another's, by layer name.

    Raises:
        ValueError: the backbones differ; nothing was copied.
    """
    found = {layer.name: layer.get_weights() for layer in backbone_layers(source)}
    wanted = backbone_layers(target)
    for layer in wanted:
        shapes = [array.shape for array in found.get(layer.name, [])]
        if shapes != [tuple(weight.shape) for weight in layer.weights]:
            raise ValueError(
                f"The backbones of {source.name} and {target.name} differ at layer {layer.name}: "
                "copy between networks of the same name."
            )
    for layer in wanted:
        layer.set_weights(found[layer.name])


def freeze_for_recipe(model: Any) -> None:
    """Leave trainable what the published recipe trains: the backbone's last layers and the head.

    Frozen BatchNormalization keeps its statistics as well. Call it before `compile`.

    Raises:
        ValueError: the network's recipe freezes nothing.
    """
    record = BASELINES.get(model.name)
    if record is None or record.trained_layers is None:
        known = ", ".join(k for k, one in BASELINES.items() if one.trained_layers is not None)
        raise ValueError(f"No recipe freezes a part of {model.name}, only of {known}.")
    layers = backbone_layers(model)
    frozen = {layer.name for layer in layers[: len(layers) - record.trained_layers]}
    model.trainable = True
    # one by one: under TensorFlow Keras passes over a model that already counts as trainable
    for layer in model.layers:
        layer.trainable = layer.name not in frozen
