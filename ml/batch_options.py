"""The command line of `python -m ml.batch`, and what its options ask for."""

import argparse
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ml.errors import EngineError
from ml.pipeline import default_engine

if TYPE_CHECKING:
    from ml.batch import Reader

__all__ = ["EPILOG", "chosen_reader", "parsed", "stopped"]

ENGINES: Final = ("local", "ray")

EPILOG: Final = """\
output
  DIR/readings.csv  one row a file: file, status (ok, refused or failed), reason, prediction,
                    confidence (the mean's highest probability), agreement (how many of the
                    three networks put the mean's class first), four probabilities a network
                    and of their mean, mask_file, area_px, area_mm2 (only if the file states
                    the pixel spacing),
                    prediction_set (classes that the mean cannot rule out at 90 %),
                    in_training_set (yes: a copy of a training picture, so the row proves nothing),
                    conflicts (what in the reading contradicts itself: tumour_without_outline,
                    mark_without_tumour, heat_elsewhere, networks_disagree; empty: nothing)
  DIR/masks/*.png   tumour outline, 0 or 255, the input's own size

A file that cannot be read is a row with status failed and the reason; a picture that does not
look like a brain MRI of a kind the networks know is one with status refused. After an
interruption run the same command again; what is finished and unchanged is kept. From folders are
taken: png, jpg, jpeg, tif, tiff, dcm, dicom, and names without an extension; hidden files are left
out.

exit status  0 all files have a row · 1 no file found · 2 cannot start or go on · 130 interrupted

Research software, not a medical device, not for diagnosis.
"""


def parsed(arguments: Sequence[str] | None, series: str) -> argparse.Namespace:
    """The command line.

    Args:
        arguments: without the program's name; None takes the process's own.
        series: what the help says of `--series`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m ml.batch",
        description="Read brain MRI slices (PNG, JPEG, TIFF, DICOM) with all networks.",
        epilog=f"{EPILOG}\n{series}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", metavar="PATH", nargs="+", help="file, or folder to read whole")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="output folder")
    _add_where(parser)
    parser.add_argument("--series", action="store_true", help="read whole series, see below")
    return parser.parse_args(arguments)


def _add_where(parser: argparse.ArgumentParser) -> None:
    """The options that say where the files are read."""
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default=ENGINES[0],
        help="read on this machine, or on a Ray cluster (requirements-ray.txt)",
    )
    parser.add_argument(
        "--address",
        default="auto",
        help="of the Ray cluster: host:port, auto (the one of this machine), or local (start one)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that read; by default one a core, as far as memory goes, and on a "
        "cluster all of its cores. 1 without a cluster: this process reads",
    )


def chosen_reader(options: argparse.Namespace) -> "Reader | None":
    """The reader that the options ask for; None reads in this process.

    Raises:
        EngineError: Ray is not installed, series are to be read by other processes, or the number
            of workers is none.
    """
    if options.workers is not None and options.workers < 1:
        raise EngineError(f"--workers is {options.workers}; it has to be 1 or more.")
    cluster = options.engine != ENGINES[0]
    if options.series:
        if cluster or options.workers not in (None, 1):
            raise EngineError(
                "--series reads in this process: leave out --engine ray and --workers."
            )
        return None
    return _on_a_cluster(options) if cluster else _here(options.workers)


def _here(workers: int | None) -> "Reader | None":
    from ml.batch_local import Crew, default_workers, read_with  # it rests on `ml.batch`

    crew = Crew(workers or default_workers())
    if crew.workers == 1:
        return None
    default_engine()  # wrong settings are said here, before anything is written
    return partial(read_with, crew)


def _on_a_cluster(options: argparse.Namespace) -> "Reader":
    if find_spec("ray") is None:
        raise EngineError(
            "Ray is not installed here. Install it with "
            "`.venv/bin/python -m pip install -r requirements-ray.txt`, or leave out --engine ray."
        )
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
