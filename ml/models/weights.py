"""From a record to a Keras network: built, and filled with its checked weight file."""

from typing import Any

from ml.models.classifiers import build_classifier
from ml.models.detector import build_detector
from ml.models.registry import ModelSpec, spec
from ml.models.unet import build_unet
from ml.models.weight_files import check_shapes, checked_arrays, read_arrays, save, sha256_of

__all__ = ["build", "load", "load_model", "read_arrays", "save", "sha256_of"]


def build(found: ModelSpec) -> Any:
    """The network of a record, untrained."""
    classifier = build_classifier(found.encoder)
    if found.kind == "detector":
        return build_detector(classifier)
    return build_unet(classifier) if found.kind == "segmenter" else classifier


def load_model(found: ModelSpec) -> Any:
    """A trained network from its record.

    Raises:
        MissingWeights: the file is not there.
        AlteredWeights: the file is not the one that was published.
    """
    arrays = checked_arrays(found)
    model = build(found)
    check_shapes(arrays, [tuple(w.shape) for w in model.weights], found.title)
    model.set_weights(arrays)
    return model


def load(name: str) -> Any:
    """A trained network by name; see `load_model`."""
    return load_model(spec(name))
