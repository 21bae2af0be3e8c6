"""The one small interface behind which networks run, and its TensorFlow reference.

Everything above this file sees NumPy arrays only. A faster runtime is another class with the
methods of `Engine`; `KerasEngine` is what it is compared with.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ml.models import registry
from ml.results import FloatArray

__all__ = ["BoxOutput", "Engine", "KerasEngine", "NetworkOutput", "mirrored_mean"]

LOGITS_LAYER = "logits"
"""Name of the dense layer that every registered classifier ends in."""


@dataclass(frozen=True)
class NetworkOutput:
    """What one forward pass of a classifier gives.

    Attributes:
        logits: (N, 4) float32 in the order of `ml.labels.CLASSES`.
        features: (N, h, w, C) float32, input of the global average pooling.
    """

    logits: FloatArray
    features: FloatArray


@dataclass(frozen=True)
class BoxOutput:
    """What one forward pass of the detector gives: K boxes a picture, whatever they are worth.

    Attributes:
        boxes: (N, K, 4) float32 (top, left, bottom, right), shares of the square's side.
        logits: (N, K, 4) float32 in the order of `ml.labels.CLASSES`; "no_tumor" is background.
    """

    boxes: FloatArray
    logits: FloatArray


class Engine(Protocol):
    """Runs the registered networks on prepared batches; safe to call from several threads."""

    def classify(self, name: str, batch: FloatArray) -> NetworkOutput:
        """One forward pass of classifier `name` on a batch (N, S, S, 1) in 0..1.

        Raises:
            WeightsError: its weights are missing or altered.
        """
        ...

    def head(self, name: str) -> FloatArray:
        """Kernel (C, 4) of the logits layer of classifier `name`.

        Raises:
            WeightsError: its weights are missing or altered.
        """
        ...

    def attribute(self, name: str, batch: FloatArray, labels: Sequence[int]) -> FloatArray:
        """Fine evidence for one class a picture, by one backward pass of classifier `name`.

        Args:
            name: registry name.
            batch: (N, S, S, 1) in 0..1.
            labels: class index for each picture.

        Returns:
            (N, h, w) float32, negative against the class; see `ml.inference.attribution`.

        Raises:
            WeightsError: its weights are missing or altered.
        """
        ...

    def segment(self, batch: FloatArray) -> FloatArray:
        """Tumour probability (N, S, S) in 0..1 of the registered segmenter for (N, S, S, 1).

        It is the mean over the picture and its mirror image: docs/experiments.md says what
        that gave.

        Raises:
            WeightsError: its weights are missing or altered.
        """
        ...

    def detect(self, batch: FloatArray) -> BoxOutput:
        """Boxes that the registered detector proposes for a batch (N, S, S, 1).

        Raises:
            WeightsError: its weights are missing or altered.
        """
        ...

    def fingerprint(self, name: str) -> str:
        """SHA-256 hex digest of the weights that network `name` runs with here.

        Raises:
            WeightsError: its weights are missing or altered.
        """
        ...


Forward = Callable[[FloatArray], tuple[npt.NDArray[Any], ...]]
"""Batch (N, S, S, 1) → the network's outputs as NumPy arrays."""


@dataclass(frozen=True)
class _Network:
    """A loaded network: its compiled forward pass and, for a classifier, head and fine maps."""

    forward: Forward
    kernel: FloatArray | None = None
    attribute: Callable[[FloatArray, Sequence[int]], FloatArray] | None = None


class KerasEngine:
    """Reference engine: Keras networks in one traced TensorFlow graph each.

    A network is loaded when it is first needed, once, whichever thread asks; importing
    this module does not import TensorFlow.
    """

    def __init__(self) -> None:
        """Create an engine with nothing loaded yet."""
        self._networks: dict[str, _Network] = {}
        self._lock = threading.Lock()

    def classify(self, name: str, batch: FloatArray) -> NetworkOutput:
        """See `Engine.classify`."""
        features, logits = self._network(name).forward(batch)
        return NetworkOutput(
            logits=np.asarray(logits, np.float32), features=np.asarray(features, np.float32)
        )

    def head(self, name: str) -> FloatArray:
        """See `Engine.head`.

        Raises:
            ValueError: `name` is not a classifier.
        """
        kernel = self._network(name).kernel
        if kernel is None:
            raise ValueError(f"{name} is not a classifier; it has no logits layer")
        return kernel

    def attribute(self, name: str, batch: FloatArray, labels: Sequence[int]) -> FloatArray:
        """See `Engine.attribute`.

        Raises:
            ValueError: `name` is not a classifier.
        """
        draw = self._network(name).attribute
        if draw is None:
            raise ValueError(f"{name} is not a classifier; it has no classes to explain")
        return draw(batch, labels)

    def segment(self, batch: FloatArray) -> FloatArray:
        """See `Engine.segment`."""
        forward = self._network(registry.SEGMENTER).forward
        return mirrored_mean(batch, lambda both: np.asarray(forward(both)[0], np.float32)[..., 0])

    def detect(self, batch: FloatArray) -> BoxOutput:
        """See `Engine.detect`."""
        boxes, logits = self._network(registry.DETECTOR).forward(batch)
        return BoxOutput(np.asarray(boxes, np.float32), np.asarray(logits, np.float32))

    def fingerprint(self, name: str) -> str:
        """See `Engine.fingerprint`; loading has compared the file with the registered digest."""
        self._network(name)
        return registry.spec(name).sha256

    def _network(self, name: str) -> _Network:
        with self._lock:
            if name not in self._networks:
                self._networks[name] = _load(name)
            return self._networks[name]


def mirrored_mean(batch: FloatArray, logits: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Mean probability (N, S, S) over pictures (N, S, S, 1) and their mirror images.

    Args:
        batch: the pictures.
        logits: forward pass of a segmenter, (M, S, S, 1) → (M, S, S).
    """
    both = np.concatenate([batch, batch[:, :, ::-1]])  # (2N, S, S, 1)
    plain, mirrored = np.split(_sigmoid(logits(both)), 2)
    return np.asarray((plain + mirrored[:, :, ::-1]) / 2, np.float32)


def _load(name: str) -> _Network:
    """Load a registered network and trace its forward pass.

    Raises:
        WeightsError: its weights are missing or altered.
    """
    import keras  # here and not above: two seconds that a start without networks saves

    from ml.inference.attribution import fine_layer, hires_cam
    from ml.models import weights

    model = weights.load(name)
    if name == registry.SEGMENTER:
        return _Network(_traced(model))
    if name == registry.DETECTOR:
        read = [model.output["boxes"], model.output["roi_logits"]]
        return _Network(_traced(keras.Model(model.inputs, read)))
    features = model.get_layer(registry.spec(name).feature_layer).output
    both = keras.Model(model.inputs, [features, model.outputs[0]])
    kernel = np.asarray(model.get_layer(LOGITS_LAYER).kernel, np.float32)
    fine = hires_cam(model, fine_layer(registry.spec(name).encoder))
    return _Network(_traced(both), kernel, fine)


def _traced(model: Any) -> Forward:
    """Forward pass of a Keras model as one graph that serves every batch and picture size.

    Several times faster than `model.predict` on single pictures, and safe across threads.
    """
    import tensorflow as tf

    graph = tf.function(
        lambda batch: model(batch, training=False),
        input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32)],
    )

    def forward(batch: FloatArray) -> tuple[npt.NDArray[Any], ...]:
        outputs = graph(tf.constant(batch, tf.float32))
        several = outputs if isinstance(outputs, list | tuple) else (outputs,)
        return tuple(output.numpy() for output in several)

    return forward


def _sigmoid(logits: FloatArray) -> FloatArray:
    """Logistic function without overflow, elementwise."""
    result: FloatArray = (0.5 * (1.0 + np.tanh(0.5 * logits))).astype(np.float32)
    return result
