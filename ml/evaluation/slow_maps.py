"""Heat maps that need more than one forward pass: measured, but not drawn on a screen.

    score_cam  Score-CAM in its faster form: the `CHANNELS` channels of the last feature map that
               vary most, each as a mask on the picture; their weights are the probabilities that
               the masked pictures get
    hires_cam  HiRes-CAM: relu( Σ_k A_k · ∂s/∂A_k ) of the log-odds s on a finer feature map, place
               by place, by one backward pass

tf-keras-vis gives the same Score-CAM, but builds its network anew at every call, which takes
longer than the passes; a test compares the two.

Reference: Wang et al. 2020, arXiv:1910.01279 (Score-CAM); the faster form is max_N of tf-keras-vis;
Draelos and Carin 2020, arXiv:2011.08891 (HiRes-CAM).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from scipy.ndimage import zoom

from ml.evaluation.calibration import softmax
from ml.inference.engine import NetworkOutput
from ml.models import registry, weights
from ml.models.classifiers import BACKBONES
from ml.results import FloatArray

CHANNELS: Final[int] = 10
"""Channels of the faster Score-CAM."""
FINE: Final[int] = 0
"""Which of `Backbone.taps` HiRes-CAM reads: the map at stride 4."""

Read = Callable[[FloatArray], NetworkOutput]
"""One forward pass of a classifier on (N, S, S, 1)."""
Draw = Callable[[FloatArray, Sequence[int]], FloatArray]
"""Pictures (N, S, S, 1) and the class index of each → maps (N, h, w)."""


def score_cam(features: FloatArray, image: FloatArray, label: int, read: Read) -> FloatArray:
    """Score-CAM of one class on one picture, in one more forward pass on `CHANNELS` pictures.

    Args:
        features: (h, w, C) of the picture.
        image: (S, S, 1) in 0..1.
        label: class index.
        read: the network.

    Returns:
        (h, w) float32, never negative.
    """
    kept = np.argsort(-features.std(axis=(0, 1)), kind="stable")[:CHANNELS]
    maps = np.moveaxis(features[..., kept], -1, 0)  # (channels, h, w)
    grown = zoom(maps, (1, *np.divide(image.shape[:2], maps.shape[1:])), order=1, mode="nearest")
    low, high = (edge(grown, axis=(1, 2), keepdims=True) for edge in (np.min, np.max))
    masks = (grown - low) / (high - low + keras.config.epsilon())
    said = softmax(np.asarray(read((masks[..., None] * image).astype(np.float32)).logits, float))
    return np.asarray(np.tensordot(said[:, label], maps, axes=1), np.float32)


def hires_cam_of(name: str) -> Draw:
    """What draws HiRes-CAM of a registered classifier.

    Raises:
        WeightsError: its weights are missing or altered.
    """
    found = registry.spec(name)
    return hires_cam(weights.load(name), BACKBONES[found.encoder].taps[FINE])


def hires_cam(model: Any, layer: str) -> Draw:
    """HiRes-CAM of the log-odds on one layer of a network that ends in logits, of both signs."""
    both = keras.Model(model.inputs, [model.get_layer(layer).output, model.outputs[0]])

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[
            tf.TensorSpec((None, None, None, 1), tf.float32),
            tf.TensorSpec((None,), tf.int32),
        ]
    )
    def draw(batch: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            features, logits = both(batch, training=False)
            called = tf.one_hot(labels, logits.shape[-1])
            rivals = tf.where(called > 0.0, -np.inf, logits)
            odds = tf.reduce_sum(called * logits, axis=1) - tf.reduce_logsumexp(rivals, axis=1)
        return tf.reduce_sum(features * tape.gradient(odds, features), axis=-1)

    return lambda batch, labels: np.asarray(draw(batch, np.asarray(labels, np.int32)), np.float32)
