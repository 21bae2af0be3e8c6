"""Which engine this installation reads with, from the environment.

SULCUS_ENGINE    openvino (where it is installed, the default) or tensorflow, the reference
SULCUS_THREADS   processor cores that OpenVINO may use; unset leaves it to OpenVINO.
                 TensorFlow has TF_NUM_INTRAOP_THREADS of its own.
SULCUS_PRECISION f32 (the default) or bf16, which is refused unless it was measured to change
                 nothing that counts (`ml.inference.precision`)
SULCUS_CACHE     folder of compiled networks, by default `sulcus` in the user's cache folder; none
                 keeps nothing: slower to start, and twice the memory
"""

import os
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ml.errors import EngineError
from ml.inference import precision
from ml.inference.engine import Engine, KerasEngine

__all__ = [
    "CACHE",
    "ENGINE",
    "ENGINES",
    "PRECISION",
    "THREADS",
    "cache_folder",
    "chosen_engine",
    "shared_engine",
]

ENGINE: Final[str] = "SULCUS_ENGINE"
THREADS: Final[str] = "SULCUS_THREADS"
PRECISION: Final[str] = "SULCUS_PRECISION"
CACHE: Final[str] = "SULCUS_CACHE"
NOWHERE: Final[str] = "none"
ENGINES: Final[tuple[str, ...]] = ("openvino", "tensorflow")
"""Package of each, the one that is taken first where nothing is said."""


_CHOOSING: Final = threading.Lock()


def shared_engine() -> Engine:
    """The one engine of this process, whichever thread asks first.

    Raises:
        EngineError: the environment asks for one that is not here.
    """
    with _CHOOSING:
        return _shared()


@cache
def _shared() -> Engine:
    return chosen_engine()


def chosen_engine() -> Engine:
    """An engine of the kind that the environment asks for, with nothing loaded yet.

    Raises:
        EngineError: it asks for an engine or a number of threads that there is not, or for a
            precision that may not be taken.
    """
    installed = [one for one in ENGINES if find_spec(one) is not None]
    name = os.environ.get(ENGINE) or next(iter(installed), ENGINES[0])
    if name not in ENGINES:
        raise EngineError(
            f"{ENGINE} is {name!r}; known are {' and '.join(ENGINES)}. Set one of them, or none."
        )
    if name not in installed:
        raise EngineError(
            f"The networks were to run with {name}, which is not installed. Install the packages "
            f"of requirements-app.txt, or set {ENGINE} to another of {', '.join(ENGINES)}."
        )
    threads = _threads()  # asked first: a wrong number is an error with either
    wanted = os.environ.get(PRECISION) or precision.REFERENCE
    precision.check(wanted, engine=name, variable=PRECISION)
    if name == "tensorflow":
        return KerasEngine()
    from ml.inference.openvino_engine import OpenVinoEngine

    return OpenVinoEngine(threads, precision=wanted, folder=cache_folder())


def cache_folder() -> Path | None:
    """Where compiled networks are kept, by the XDG rules where nothing else is said."""
    said = os.environ.get(CACHE)
    if said:
        return None if said == NOWHERE else Path(said).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "sulcus"


def _threads() -> int | None:
    """Cores that a network may use; None where nothing was said.

    Raises:
        EngineError: it is no whole number above 0.
    """
    said = os.environ.get(THREADS, "")
    if not said:
        return None
    if not said.isdecimal() or int(said) < 1:
        raise EngineError(f"{THREADS} is {said!r}; it has to be a whole number from 1 up.")
    return int(said)
