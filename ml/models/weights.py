"""Weight files: float16 safetensors, checked by SHA-256 before anything is loaded.

Kernels are stored as float16; vectors (biases, normalisation) stay float32, since a running
variance can leave float16's range. Arrays are named by their position in `model.weights`: the
order of a flat Keras model is fixed by its graph, while automatic layer names are not.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save_file

from ml.errors import AlteredWeights, MissingWeights
from ml.models.classifiers import build_classifier
from ml.models.detector import build_detector
from ml.models.registry import MEND, ModelSpec, spec
from ml.models.unet import build_unet


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def build(found: ModelSpec) -> Any:
    """The network of a record, untrained."""
    classifier = build_classifier(found.encoder)
    if found.kind == "detector":
        return build_detector(classifier)
    return build_unet(classifier) if found.kind == "segmenter" else classifier


def save(arrays: list[Any], path: Path) -> str:
    """Write a model's arrays as float16 safetensors.

    Returns:
        SHA-256 hex digest of the file.
    """
    named = {}
    for index, array in enumerate(arrays):
        kind = np.float16 if array.ndim > 1 else np.float32
        named[f"{index:04d}"] = np.ascontiguousarray(array.astype(kind))
    save_file(named, path)
    return sha256_of(path)


def read_arrays(path: Path) -> list[Any]:
    """Arrays of a published file as float32, in the order of `model.weights`.

    Raises:
        AlteredWeights: the file is no readable safetensors.
    """
    try:
        named = load_arrays(path.read_bytes())
    except (OSError, SafetensorError) as error:
        raise AlteredWeights(f"The weight file {path.name} is unreadable. {MEND}") from error
    return [named[key].astype(np.float32) for key in sorted(named)]


def load_model(found: ModelSpec) -> Any:
    """A trained network from its record.

    Raises:
        MissingWeights: the file is not there.
        AlteredWeights: the file is not the one that was published.
    """
    if not found.path.is_file():
        raise MissingWeights(f"The weight file of {found.title} is missing. {MEND}")
    try:
        digest = sha256_of(found.path)
    except OSError as error:
        raise AlteredWeights(f"The weight file of {found.title} is unreadable. {MEND}") from error
    if digest != found.sha256:
        raise AlteredWeights(
            f"The weight file of {found.title} is not the published one (its SHA-256 differs), "
            f"so nothing is computed with it. {MEND}"
        )
    arrays = read_arrays(found.path)
    model = build(found)
    if [tuple(a.shape) for a in arrays] != [tuple(w.shape) for w in model.weights]:
        raise AlteredWeights(
            f"The weight file of {found.title} does not fit this version's network. {MEND}"
        )
    model.set_weights(arrays)
    return model


def load(name: str) -> Any:
    """A trained network by name; see `load_model`."""
    return load_model(spec(name))
