"""What a run's stages say of validation pairs: `python -m ml.comparison.pairs NETWORK`.

Counterfactual pairs made of validation pictures, and the validation pictures themselves: what a
recipe is chosen by. The test part takes no part in it, and nothing is written.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.comparison.entrants import stages_of
from ml.datasets.readers import data_root
from ml.errors import MetricsError, SulcusError
from ml.evaluation.calibration import softmax
from ml.evaluation.classification import tumour_score
from ml.evaluation.counterfactual import Version, versions
from ml.evaluation.counterfactual_rows import PairRow, pair_figures
from ml.evaluation.intervals import Numbers
from ml.evaluation.pictures import Library, read_split
from ml.models.registry import CLASSIFIERS
from ml.preprocess import resize

REPOSITORY: Final = Path(__file__).resolve().parents[2]
DRAWS: Final = 200
"""Of the bootstrap: enough to see whether two stages differ."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.comparison.pairs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("network", choices=CLASSIFIERS, help="whose run")
    parser.add_argument("--runs", type=Path, default=REPOSITORY / "runs", metavar="DIR")
    chosen = parser.parse_args(arguments)
    try:
        for line in lines(chosen.network, chosen.runs / chosen.network):
            sys.stdout.write(f"{line}\n")
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def lines(name: str, folder: Path) -> list[str]:
    """One line a stage that has a best epoch.

    Raises:
        MetricsError: there is none, or the data are not here.
    """
    found = [stage for stage in stages_of(folder) if (folder / stage.name / "best.npz").is_file()]
    if not found:
        raise MetricsError(f"no stage in {folder.name}/ has a best epoch yet")
    rows = read_split(REPOSITORY / "data" / "splits" / "clean.csv")
    pairs = list(versions(rows, Library.at(data_root()), part="validation"))
    return [line_of(name, stage, folder, pairs) for stage in found]


def line_of(name: str, stage: Any, folder: Path, pairs: Sequence[Version]) -> str:
    """What one stage's best weights say."""
    from ml.models.classifiers import build_classifier
    from ml.training.checkpoint import assign, load_arrays
    from ml.training.publish import classifier_part, size_at

    arrays, facts = load_arrays(folder / stage.name / "best.npz")
    size, model = size_at(stage, int(facts["epoch"])), build_classifier(name)
    part = classifier_part(name, arrays) if stage.task == "joint" else arrays
    assign(model.weights, part, what="weights")
    known = {k: v for k, v in facts.items() if k in ("balanced_accuracy", "nll")}
    parts = pair_figures(rows_of(name, model, size, pairs), draws=DRAWS)
    return "  ".join(
        [
            f"{stage.name} ({size} px, epoch {int(facts['epoch'])})",
            *(f"{key} {float(value):.3f}" for key, value in known.items()),
            *(f"{key} {part['auroc'][name].value:.3f}" for key, part in parts.items()),
        ]
    )


def rows_of(name: str, model: Any, size: int, pairs: Sequence[Version]) -> list[PairRow]:
    """What a classifier says about every version of every head."""
    scores: list[Numbers] = []
    for start in range(0, len(pairs), 32):
        batch = np.stack([resize(one.image, size) for one in pairs[start : start + 32]])[..., None]
        logits = np.asarray(model.predict_on_batch(batch), np.float64)
        scores.append(tumour_score(softmax(logits)))
    return [
        PairRow(
            id=one.id,
            pair=one.pair,
            kind=one.kind,
            source=one.pair.split("/")[0],
            groups=one.groups,
            label=one.label,
            tumour={name: float(score)},
        )
        for one, score in zip(pairs, np.concatenate(scores), strict=True)
    ]
