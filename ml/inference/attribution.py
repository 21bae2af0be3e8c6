"""Fine heat maps by one backward pass: what each place of an early feature map says for a class.

HiRes-CAM on a feature map A of stride 4: Σ_k A_k · ∂s/∂A_k, place by place, of the log-odds
s = log p / (1 - p) of a class. The last feature map has 4 × 4 places for a picture of 128 px, this
one 32 × 32, and docs/experiments.md, Part 3, says what that gave.

Limits: it is exact for a network that is linear above A, and a first-order account of these.

Reference: Draelos and Carin 2020, arXiv:2011.08891 (HiRes-CAM).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf

from ml.models.classifiers import BACKBONES
from ml.results import FloatArray

__all__ = ["Draw", "fine_layer", "hires_cam"]

STRIDE_4: Final[int] = 0
"""Which of `Backbone.taps` is read."""

Draw = Callable[[FloatArray, Sequence[int]], FloatArray]
"""Pictures (N, S, S, 1) and the class index of each → maps (N, h, w), of both signs."""


def fine_layer(encoder: str) -> str:
    """Name of the layer of a classifier that `hires_cam` reads."""
    return BACKBONES[encoder].taps[STRIDE_4]


def hires_cam(model: Any, layer: str) -> Draw:
    """What draws HiRes-CAM of the log-odds on one layer of a network that ends in logits."""
    both = keras.Model(model.inputs, [model.get_layer(layer).output, model.outputs[-1]])

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
