"""Train, measure and compare: `python -m ml.comparison [NETWORK …]`.

Each network is trained under each of its protocols where that is not done yet, read over the
held-out pictures, and entered in the table. What is measured stays: the rows are committed.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ml.comparison.entrants import CLEAN, ENTRANTS, FOLDS, OFFICIAL, is_finished, run_folder
from ml.errors import SulcusError

REPOSITORY = Path(__file__).resolve().parents[2]
PROTOCOLS = (CLEAN, FOLDS, *OFFICIAL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    unknown = [name for name in chosen.networks if name not in ENTRANTS]
    if unknown:
        sys.stderr.write(f"unknown network {unknown[0]!r}; known: {', '.join(ENTRANTS)}\n")
        return 2
    try:
        if chosen.check:
            return _check(chosen.root)
        if not chosen.report_only:
            _run(chosen)
        _write(chosen.root)
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.comparison",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "networks",
        nargs="*",
        default=list(ENTRANTS),
        metavar="NETWORK",
        help=f"which (default: all): {', '.join(ENTRANTS)}",
    )
    parser.add_argument(
        "--protocols",
        nargs="+",
        choices=PROTOCOLS,
        default=list(PROTOCOLS),
        help="which (default: all that a network takes part in)",
    )
    parser.add_argument(
        "--weights",
        default="none",
        metavar="imagenet|none|PATH",
        help="where training starts (default: none, like the shipped networks)",
    )
    parser.add_argument(
        "--runs", type=Path, default=REPOSITORY / "runs", metavar="DIR", help="where runs are kept"
    )
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--report-only", action="store_true", help="derive the table from the committed rows"
    )
    part.add_argument(
        "--check", action="store_true", help="exit 1 if the table differs from the rows"
    )
    parser.add_argument("--root", type=Path, default=REPOSITORY, help=argparse.SUPPRESS)
    return parser


def _run(chosen: argparse.Namespace) -> None:
    """Train what is missing and measure everything that was asked for."""
    from ml.comparison.measure import Places, measure
    from ml.datasets.readers import data_root
    from ml.evaluation.pictures import Library

    library = Library.at(data_root())
    for name in chosen.networks:
        for protocol in ENTRANTS[name].protocols:
            if protocol not in chosen.protocols:
                continue
            if not (ENTRANTS[name].ships and protocol == CLEAN):
                _train(name, protocol, runs=chosen.runs, weights=chosen.weights)
            measure(name, protocol, runs=chosen.runs, places=Places(chosen.root), library=library)


def _train(name: str, protocol: str, *, runs: Path, weights: str) -> None:
    """Train a network where its run is not finished.

    Raises:
        SulcusError: training ended early; it has said why.
    """
    from ml.training.__main__ import main as train
    from ml.training.config import FOLD_SPLITS

    for split in FOLD_SPLITS if protocol == FOLDS else (protocol,):
        if is_finished(run_folder(runs, name, split)):
            continue
        if train([name, "--split", split, "--weights", weights, "--runs", str(runs)]) != 0:
            raise SulcusError(f"{name} could not be trained under {split}")


def _write(root: Path) -> None:
    from ml.comparison import report

    for path in report.write(root):
        print(f"written: {path.relative_to(root)}")


def _check(root: Path) -> int:
    from ml.comparison import report

    differing = report.stale(root)
    for path in differing:
        sys.stderr.write(f"differs from the rows: {path.relative_to(root)}\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
