"""Untrained networks whose activations are alive, for tests that need no trained weights."""

from typing import Any

import cv2
import numpy as np

from ml.results import FloatArray


def pictures(count: int, size: int, *, seed: int) -> FloatArray:
    """Smooth noise inside a head-like ellipse, (N, S, S, 1) in 0..1."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size] / (size - 1) - 0.5
    head = ((rows / 0.46) ** 2 + (columns / 0.38) ** 2 <= 1.0).astype(np.float32)
    stack = []
    for _ in range(count):
        noise = cv2.GaussianBlur(random.random((size, size)).astype(np.float32), (0, 0), 3)
        noise = (noise - noise.min()) / np.ptp(noise)
        stack.append(head * (0.25 + 0.75 * noise))
    return np.stack(stack)[..., None].astype(np.float32)


def calibrate(model: Any, size: int) -> None:
    """Fit BatchNorm statistics to `pictures`; without them random weights give zeros only."""
    _follow(model, momentum=0.5)
    for seed in range(8):
        model(pictures(4, size, seed=seed), training=True)


def calibrate_at_once(model: Any, size: int) -> None:
    """The same from one batch, for networks of which eight passes take seconds."""
    _follow(model, momentum=0.0)
    model(pictures(8, size, seed=0), training=True)


def _follow(model: Any, *, momentum: float) -> None:
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum
