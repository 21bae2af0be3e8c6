"""A trained network with weights drawn anew, from the head downward, until nothing is learnt.

Each step draws anew all layers after a feature map of `Backbone.taps` and those of the steps
before; the last step is an untrained network. The statistics of a drawn normalisation are those of
the pictures given, since with the values of a fresh layer activations die out; kept ones stay. Its
scale is 1: a training starts some branches at 0, through which no gradient comes.

Reference: Adebayo et al. 2018, arXiv:1810.03292 (cascading randomisation).
"""

from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np

from ml.evaluation.explanation_rows import STEPS
from ml.inference.attribution import Draw, fine_layer, hires_cam
from ml.inference.engine import LOGITS_LAYER, NetworkOutput
from ml.models import registry, weights
from ml.models.classifiers import BACKBONES
from ml.results import FloatArray

SEED: Final[int] = 20181009


@dataclass(frozen=True)
class Drawn:
    """A network some of whose weights were drawn anew.

    Attributes:
        model: keras.Model with outputs (feature map, logits).
        attribute: its fine maps, see `ml.inference.attribution`.
    """

    model: Any
    attribute: Draw

    @property
    def kernel(self) -> FloatArray:
        """(C, 4) float32 of its logits layer."""
        return np.asarray(self.model.get_layer(LOGITS_LAYER).kernel, np.float32)

    def give(self, kernel: FloatArray) -> None:
        """Put another head on it, without a bias."""
        layer = self.model.get_layer(LOGITS_LAYER)
        layer.set_weights([kernel, np.zeros(kernel.shape[1], np.float32)])

    def read(self, batch: FloatArray) -> NetworkOutput:
        """One forward pass on (N, S, S, 1) in 0..1."""
        features, logits = self.model.predict_on_batch(batch)
        return NetworkOutput(logits=logits, features=features)


def randomised(name: str, step: str, pictures: FloatArray) -> Drawn:
    """A registered classifier, trained below `step` and drawn anew above it.

    Args:
        name: registry name.
        step: one of `STEPS`.
        pictures: (N, S, S, 1) float32 in 0..1 that set the statistics of drawn normalisations.

    Raises:
        WeightsError: its weights are missing or altered.
    """
    found = registry.spec(name)
    model = weights.load(name)
    keras.utils.set_random_seed(SEED)
    fresh = weights.build(found)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False  # kept statistics are not touched below
    first = _first(model, found.encoder, step)
    for layer, drawn in zip(model.layers[first:], fresh.layers[first:], strict=True):
        layer.set_weights(drawn.get_weights())
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = True
            layer.momentum = 0.0
            layer.gamma.assign(np.ones(layer.gamma.shape))  # else a branch is switched off
    model(pictures, training=True)
    features = model.get_layer(found.feature_layer).output
    both = keras.Model(model.inputs, [features, model.outputs[0]])
    return Drawn(both, hires_cam(model, fine_layer(found.encoder)))


def _first(model: Any, encoder: str, step: str) -> int:
    """Position of the first layer that a step draws anew."""
    names = [layer.name for layer in model.layers]
    four, eight, sixteen, _ = (names.index(tap) + 1 for tap in BACKBONES[encoder].taps)
    return (names.index("gap"), sixteen, eight, four, 0)[STEPS.index(step)]
