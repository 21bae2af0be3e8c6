"""A heat map that needs many forward passes: measured, but not drawn on a screen.

    score_cam  Score-CAM in its faster form: the `CHANNELS` channels of the last feature map that
               vary most, each as a mask on the picture; their weights are the probabilities that
               the masked pictures get

tf-keras-vis gives the same Score-CAM, but builds its network anew at every call, which takes
longer than the passes; a test compares the two.

Reference: Wang et al. 2020, arXiv:1910.01279 (Score-CAM); the faster form is max_N of tf-keras-vis.
"""

from collections.abc import Callable
from typing import Final

import keras
import numpy as np
from scipy.ndimage import zoom

from ml.evaluation.calibration import softmax
from ml.inference.engine import NetworkOutput
from ml.results import FloatArray

CHANNELS: Final[int] = 10
"""Channels of the faster Score-CAM."""

Read = Callable[[FloatArray], NetworkOutput]
"""One forward pass of a classifier on (N, S, S, 1)."""


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
