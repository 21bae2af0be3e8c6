"""What the augmentation is worth: `python -m ml.comparison.augmentation [VARIANT …]`.

The same network from the same seed, with all families, with none, with each left out once, and
with what was tried beyond them. Measured on the validation part only: this is how a recipe is
chosen, and the test part takes no part in that. Rows are committed, the table derives from them.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ml.comparison.entrants import CLEAN, ENTRANTS, is_finished, load_run
from ml.errors import MetricsError, SulcusError
from ml.evaluation.calibration import softmax
from ml.evaluation.classification import classification_samples
from ml.evaluation.intervals import Numbers, interval_of, paired_difference, resample
from ml.evaluation.pictures import Library, held_out, read_split
from ml.evaluation.protocol import FIXED_THRESHOLD
from ml.evaluation.rows import read_classification, write_classification
from ml.evaluation.tables import figure_cell, markdown_table
from ml.training.augment import RECIPE
from ml.training.config import Phase, RunConfig, Stage

REPOSITORY: Final = Path(__file__).resolve().parents[2]
ROWS: Final = Path("assets/metrics/augmentation")
DOCUMENT: Final = Path("docs/augmentation.md")
NETWORK: Final = "small_cnn"
"""Learns from nothing in a few minutes, where a MobileNet is still far from done."""
STAGE: Final = Stage("classes", "classify", (Phase(64, 8),), learning_rate=2e-3)
"""Long enough to tell the variants apart, short enough to train a dozen of them."""
FAMILIES: Final = tuple(field.name for field in fields(RECIPE) if getattr(RECIPE, field.name))
WHOLE: Final = "recipe"
VARIANTS: Final[Mapping[str, Stage]] = MappingProxyType(
    {
        WHOLE: STAGE,
        "nothing": replace(STAGE, left_out=FAMILIES),
        **{f"without {name}": replace(STAGE, left_out=(name,)) for name in FAMILIES},
        "with elastic": replace(STAGE, extra_families=("elastic",)),
        "with compression": replace(STAGE, extra_families=("compression",)),
        "with cutout": replace(STAGE, extra_families=("cutout",)),
        "RandAugment": replace(STAGE, rand_augment=2),
        "MixUp": replace(STAGE, mixing="mixup"),
        "CutMix": replace(STAGE, mixing="cutmix"),
        "tumours painted out and blended in": replace(STAGE, edited=True),
    }
)
HEAD: Final = f"""# What the augmentation is worth

Written by `python -m ml.comparison.augmentation` from the rows in `{ROWS}`.
{ENTRANTS[NETWORK].title} from nothing, classes only, {STAGE.epochs} epochs at
{STAGE.phases[0].size} px, the same seed for every variant; validation part of the clean split,
95 % intervals over patient groups. A difference to the recipe counts only where its interval
leaves out 0. One seed: another one moves these figures too. So short a training is harmed by
whatever makes the pictures harder; what a change is worth to a network that has seen ten times as
many is another question.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.comparison.augmentation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "variants",
        nargs="*",
        default=list(VARIANTS),
        metavar="VARIANT",
        help=f"which to train (default: all): {', '.join(VARIANTS)}",
    )
    parser.add_argument("--runs", type=Path, default=REPOSITORY / "runs", metavar="DIR")
    parser.add_argument("--report-only", action="store_true", help="derive the table from the rows")
    parser.add_argument("--root", type=Path, default=REPOSITORY, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.variants if name not in VARIANTS]
    if unknown:
        sys.stderr.write(f"unknown variant {unknown[0]!r}; known: {', '.join(VARIANTS)}\n")
        return 2
    try:
        for name in () if chosen.report_only else chosen.variants:
            learn(name, chosen.runs)
            measure(name, runs=chosen.runs, root=chosen.root)
        (chosen.root / DOCUMENT).write_text(document(chosen.root), encoding="utf-8")
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def folder_of(runs: Path, name: str) -> Path:
    """Where a variant's run is kept."""
    return runs / "augmentation" / name.replace(" ", "_")


def rows_of(root: Path, name: str) -> Path:
    """Where a variant's validation rows are kept."""
    return root / ROWS / f"{name.replace(' ', '_')}.csv"


def learn(name: str, runs: Path) -> None:
    """Train a variant where that is not done yet; resumes after a kill."""
    from ml.training.runner import Run

    folder = folder_of(runs, name)
    if not is_finished(folder):
        Run(RunConfig(NETWORK, (VARIANTS[name],)), folder).go()


def measure(name: str, *, runs: Path, root: Path, library: Library | None = None) -> None:
    """Read the validation pictures with a trained variant and write its rows."""
    from ml.comparison.measure import Reader
    from ml.datasets.readers import data_root
    from ml.evaluation.predict import predict_classes

    found = load_run(folder_of(runs, name), NETWORK)
    read = Reader(found.model)
    rows = held_out(read_split(root / "data" / "splits" / f"{CLEAN}.csv"))
    table = predict_classes(
        [row for row in rows if row["split"] == "validation"],
        library or Library.at(data_root()),
        lambda _, batch: read.classes(batch),
        title=name,
        sizes={NETWORK: found.size},
    )
    write_classification(rows_of(root, name), table)


def figures(root: Path) -> dict[str, dict[str, Any]]:
    """[variant] → balanced accuracy, AUROC, and their differences to the recipe.

    Raises:
        MetricsError: the recipe's own rows are absent, or variants read other pictures.
    """
    measured = [name for name in VARIANTS if rows_of(root, name).is_file()]
    if WHOLE not in measured:
        raise MetricsError(
            "The recipe itself was not measured yet: `python -m ml.comparison.augmentation recipe`."
        )
    tables = {name: read_classification(rows_of(root, name)) for name in measured}
    first = tables[WHOLE]
    weights = resample(first.where["group"])
    samples: dict[str, Mapping[str, Numbers]] = {}
    for name, table in tables.items():
        if table.where["id"] != first.where["id"]:
            raise MetricsError(f"{name} read other pictures than the recipe; measure both again.")
        samples[name] = classification_samples(
            softmax(table.logits[NETWORK]),
            table.labels,
            weights,
            operating_threshold=FIXED_THRESHOLD,
        ).overall
    return {
        name: {
            "n_pictures": len(first),
            "n_groups": len(set(first.where["group"])),
            **{key: interval_of(one[key]) for key in ("balanced_accuracy", "auroc_macro")},
            "difference": paired_difference(
                one["balanced_accuracy"], samples[WHOLE]["balanced_accuracy"]
            ),
        }
        for name, one in samples.items()
    }


def document(root: Path) -> str:
    """The table as Markdown."""
    found = figures(root)
    whole = found[WHOLE]
    rows = []
    for name, one in found.items():
        difference, real = one["difference"]
        cell = "" if name == WHOLE else figure_cell(difference) + (" *" if real else "")
        rows.append(
            (name, figure_cell(one["balanced_accuracy"]), figure_cell(one["auroc_macro"]), cell)
        )
    header = ("Variant", "Balanced accuracy", "AUROC", "Difference to the recipe")
    size = f"{whole['n_pictures']} pictures of {whole['n_groups']} patient groups; * real."
    return f"{HEAD}\n{size}\n\n{markdown_table(header, rows)}\n"


if __name__ == "__main__":
    sys.exit(main())
