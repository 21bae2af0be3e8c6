"""Weights and optimiser state on disk, written whole or not at all, readable by any backend."""

import json
import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ml.errors import TrainingError


def arrays_of(variables: list[Any]) -> list[Any]:
    """NumPy copies of Keras variables, in order."""
    return [v.numpy().copy() for v in variables]


def save_arrays(path: Path, arrays: list[Any], **facts: Any) -> None:
    """Write arrays and a few facts as one `.npz`; a kill leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    named = {f"a{i:05d}": a for i, a in enumerate(arrays)}
    np.savez(part, facts=np.array(json.dumps(facts)), **named)
    part.replace(path)


def load_arrays(path: Path) -> tuple[list[Any], dict[str, Any]]:
    """Arrays and facts of `save_arrays`; nothing that would run code, as pickled objects, is read.

    Raises:
        TrainingError: the file is damaged, or none of these.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            names = sorted(name for name in stored.files if name != "facts")
            return [stored[name] for name in names], json.loads(str(stored["facts"]))
    except (OSError, ValueError, KeyError, EOFError, TypeError, BadZipFile, zlib.error) as error:
        raise TrainingError(
            f"The stored arrays in {path.name} are damaged or were not written by a training. Take "
            "another file, or start anew with another --runs folder."
        ) from error


def assign(variables: list[Any], arrays: list[Any], *, what: str) -> None:
    """Put arrays into variables of the same number and shapes.

    Raises:
        TrainingError: number or shapes differ; nothing was assigned.
    """
    shapes = [tuple(v.shape) for v in variables]
    found = [tuple(a.shape) for a in arrays]
    if shapes != found:
        raise TrainingError(
            f"The stored {what} hold {len(found)} arrays that do not fit the {len(shapes)} of "
            "this network: the recipe was changed since. Start anew with another --runs folder."
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
