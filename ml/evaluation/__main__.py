"""Predict, then derive every published figure: `python -m ml.evaluation`.

Reports that need no network (`--report-only`, `--check`) run without TensorFlow, the data sets
and the weights.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import SulcusError
from ml.evaluation import report
from ml.evaluation.places import Places

if TYPE_CHECKING:
    from ml.evaluation.pictures import Library

PARTS = (
    *("classes", "outlines", "conflicts", "pairs", "robustness", "background", "membership"),
    *("explanations", "gate", "writing"),
    "official",
)
REPOSITORY = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when done, 1 when something is missing or a figure differs."""
    chosen = _parser().parse_args(arguments)
    places = Places(chosen.root)
    try:
        if chosen.check:
            return _check(places)
        if not chosen.report_only:
            _predict(places, chosen.parts, chosen.official)
        if not chosen.rows_only:
            for path in report.write(places.root):
                print(f"written: {path.relative_to(places.root)}")
    except SulcusError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.evaluation",
        description="Measure the shipped networks on held-out patients and write the figures.",
    )
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        default=list(PARTS),
        help="which rows are written anew; the others stay (default: all)",
    )
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--rows-only", action="store_true", help="run the networks, write assets/metrics/rows"
    )
    part.add_argument(
        "--report-only", action="store_true", help="derive the figures from the committed rows"
    )
    part.add_argument(
        "--check", action="store_true", help="exit 1 if a published figure differs from the rows"
    )
    parser.add_argument(
        "--official",
        type=Path,
        default=REPOSITORY / "runs",
        metavar="DIR",
        help="folder with <network>-official_sartaj/, trained on Sartaj's Training part; those "
        "trained to the end are read, without any the rows stay as they are (default: runs)",
    )
    parser.add_argument("--root", type=Path, default=REPOSITORY, help=argparse.SUPPRESS)
    return parser


def _check(places: Places) -> int:
    differing = report.stale(places.root)
    for path in differing:
        print(f"differs from the rows: {path.relative_to(places.root)}", file=sys.stderr)
    if differing:
        print("run `python -m ml.evaluation --report-only` and look at what changed")
    return 1 if differing else 0


def _predict(places: Places, parts: Sequence[str], official: Path) -> None:
    """Run the networks; imported here so that a report alone needs no TensorFlow."""
    from ml.datasets.readers import data_root
    from ml.evaluation.background import write_background
    from ml.evaluation.conflicts import write_conflicts
    from ml.evaluation.counterfactual import write_counterfactual
    from ml.evaluation.explanations import write_explanations
    from ml.evaluation.gate import write_gate
    from ml.evaluation.membership import write_membership
    from ml.evaluation.pictures import Library
    from ml.evaluation.predict import write_classes, write_outlines
    from ml.evaluation.robustness import write_robustness
    from ml.evaluation.writing import write_writing
    from ml.pipeline import default_engine

    library, engine = Library.at(data_root()), default_engine()
    steps = {
        "classes": write_classes,
        "outlines": write_outlines,
        "conflicts": write_conflicts,
        "pairs": write_counterfactual,
        "robustness": write_robustness,
        "explanations": write_explanations,
        "gate": write_gate,
    }
    for part in sorted(parts, key=lambda part: part == "conflicts"):
        if part == "conflicts" and "explanations" in parts:
            report.write(places.root)  # conflicts are read off the map that was chosen just now
        if part == "official":
            _predict_official(places, library, official)
        elif part == "membership":
            write_membership(places, library)
        elif part == "writing":
            write_writing(places, library)
        elif part == "background":
            write_background(places, library)
        else:
            steps[part](places, library, engine)


def _predict_official(places: Places, library: "Library", official: Path) -> None:
    """Run the networks of Sartaj's own split, where they were trained."""
    from ml.evaluation.official import COMMAND, official_networks
    from ml.evaluation.predict import write_official

    networks = official_networks(official)
    if not networks.sizes:
        print(f"no networks of the official split in {official.name}/; its rows stay (`{COMMAND}`)")
    else:
        write_official(places, library, networks.classify, networks.sizes)


if __name__ == "__main__":
    sys.exit(main())
