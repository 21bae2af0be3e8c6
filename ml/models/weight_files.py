"""Weight files without any network library: written, checked by SHA-256, read.

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
from ml.models.registry import MEND, ModelSpec

__all__ = ["check_digest", "check_shapes", "checked_arrays", "read_arrays", "save", "sha256_of"]


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def checked_arrays(found: ModelSpec) -> list[Any]:
    """Arrays of a registered file as float32, in the order of `model.weights`.

    Raises:
        MissingWeights: the file is not there.
        AlteredWeights: the file is not the one that was published.
    """
    check_digest(found)
    return read_arrays(found.path)


def check_digest(found: ModelSpec) -> None:
    """Whether the weight file of a network is there, as it was published.

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


def check_shapes(arrays: list[Any], shapes: list[tuple[int, ...]], title: str) -> None:
    """Whether the arrays of a file are the weights of a network.

    Args:
        arrays: from `checked_arrays`.
        shapes: what the network needs, in order.
        title: what a reader sees as the network's name.

    Raises:
        AlteredWeights: they are not.
    """
    if [tuple(array.shape) for array in arrays] != shapes:
        raise AlteredWeights(
            f"The weight file of {title} does not fit this version's network. {MEND}"
        )
