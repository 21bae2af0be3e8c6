"""Which engine this installation reads with, from the environment.

SULCUS_ENGINE    openvino (where it is installed, the default) or tensorflow, the reference
SULCUS_THREADS   processor cores that OpenVINO may use; unset leaves it to OpenVINO.
                 TensorFlow has TF_NUM_INTRAOP_THREADS of its own.
"""

import os
import threading
from functools import cache
from importlib.util import find_spec
from typing import Final

from ml.errors import EngineError
from ml.inference.engine import Engine, KerasEngine

__all__ = ["ENGINE", "ENGINES", "THREADS", "chosen_engine", "shared_engine"]

ENGINE: Final[str] = "SULCUS_ENGINE"
THREADS: Final[str] = "SULCUS_THREADS"
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
        EngineError: it asks for an engine or a number of threads that there is not.
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
    if name == "tensorflow":
        return KerasEngine()
    from ml.inference.openvino_engine import OpenVinoEngine

    return OpenVinoEngine(threads)


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
