"""Where a batch is read: the options of `python -m ml.batch` that say so."""

import argparse
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from ml.errors import EngineError

if TYPE_CHECKING:
    from ml.batch import Reader

__all__ = ["add_arguments", "chosen_reader", "stopped"]

ENGINES: Final = ("local", "ray")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say where the files are read."""
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default=ENGINES[0],
        help="read in this process, or on a Ray cluster (requirements-ray.txt)",
    )
    parser.add_argument(
        "--address",
        default="auto",
        help="of the Ray cluster: host:port, auto (the one of this machine), or local (start one)",
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="workers on the cluster; each takes a core"
    )


def chosen_reader(options: argparse.Namespace) -> "Reader | None":
    """The reader that the options ask for; None reads in this process.

    Raises:
        EngineError: Ray is not installed or cannot read series, or the number of workers is none.
    """
    if options.engine == ENGINES[0]:
        return None
    if options.series:
        raise EngineError("--series reads in this process: leave out --engine ray.")
    if find_spec("ray") is None:
        raise EngineError(
            "Ray is not installed here. Install it with "
            "`.venv/bin/python -m pip install -r requirements-ray.txt`, or leave out --engine ray."
        )
    if options.workers is not None and options.workers < 1:
        raise EngineError(f"--workers is {options.workers}; it has to be 1 or more.")
    from ml.batch_ray import Cluster, read_on  # with it pyarrow, which nothing else here needs

    return partial(read_on, Cluster(options.address, options.workers))


def stopped(error: Exception) -> str:
    """What is said of an error that ends a batch: a disk's own words name files."""
    if not isinstance(error, OSError):
        return str(error)
    return (
        f"The output cannot be written or read ({error.strerror or type(error).__name__}). See "
        "that its folder is there, has room and can be written to; then run the same command "
        "again, and it goes on from here."
    )
