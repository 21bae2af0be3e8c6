"""Whether a reduced precision reads as float32 does: `python -m ml.evaluation.precision`.

All held-out pictures go through the same networks in both. A precision may be taken where no
figure of the clean split moves by more than `MOST_POINTS`, the mean's class changes only where
float32 had called the reading indeterminate, the gate refuses the same pictures, and every heat
map of the class that a network puts first, by the method of one backward pass, correlates at least
`LEAST_CORRELATION` with float32's. Heat maps and boxes are computed in float32 with either
(`ml.inference.openvino_engine`).
The answer goes to `assets/metrics/precision.json`; `ml.inference.precision` reads it.

Limits: it holds for these weights, this version of the runtime and processors that compute the
precision alike.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from ml.bench import machine
from ml.datasets.readers import data_root
from ml.errors import SulcusError
from ml.evaluation.calibration import softmax
from ml.evaluation.classification import choose_operating_threshold, classification_samples
from ml.evaluation.outline_summary import outline_summary
from ml.evaluation.outlines import predict_outlines
from ml.evaluation.pictures import Library, Row, held_out, read_split
from ml.evaluation.places import Places
from ml.evaluation.predict import BATCH, logits_of, predict_classes, tumour_of
from ml.evaluation.rows import MEAN, ClassificationTable, with_mean
from ml.inference import chosen, precision
from ml.inference.engine import Engine, NetworkOutput
from ml.inference.familiar import scores, seen
from ml.inference.gate import shipped_gate
from ml.inference.trust import load_trust
from ml.models import registry
from ml.models.registry import CLASSIFIERS, SEGMENTER, spec
from ml.preprocess import framed, prepare
from ml.results import FloatArray

__all__ = ["compare", "correlation", "figure_changes", "flips", "main"]

MOST_POINTS: Final[float] = 0.2
LEAST_CORRELATION: Final[float] = 0.99

Check = dict[str, Any]


def compare(rows: Sequence[Row], library: Library, engines: Sequence[Engine]) -> list[Check]:
    """Every check of two engines, the reference first.

    Args:
        rows: rows of the clean split.
        library: where its pictures are.
        engines: float32 and what is compared with it.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: a picture of the split is not there, or nothing was fitted.
    """
    pictures = held_out(rows)
    tables = [
        predict_classes(pictures, library, logits_of(one), title=f"classes, {at} of 2")
        for at, one in enumerate(engines, start=1)
    ]
    changes = figure_changes(*tables)
    worst = max(changes, key=lambda name: changes[name])
    dice = [_dice(rows, library, one) for one in engines]
    lowest, gated = side_by_side(pictures, library, engines)
    return [
        _most(f"largest change of a figure ({worst}), points", changes[worst], MOST_POINTS),
        _most(
            "change of the outline's mean Dice, points", 100 * abs(dice[0] - dice[1]), MOST_POINTS
        ),
        _most("classes of the mean that changed, of readings not indeterminate", flips(*tables), 0),
        _most("pictures that the gate lets through in one and refuses in the other", gated, 0),
        *(
            {
                "title": f"lowest correlation of a heat map, {registry.title(name)}",
                "found": found,
                "allowed": f"at least {LEAST_CORRELATION}",
                "passed": found >= LEAST_CORRELATION,
            }
            for name, found in lowest.items()
        ),
    ]


def _most(title: str, found: float, most: float) -> Check:
    allowed = f"at most {most}"
    return {"title": title, "found": found, "allowed": allowed, "passed": found <= most}


def figure_changes(reference: ClassificationTable, other: ClassificationTable) -> dict[str, float]:
    """[network, figure] → how far a figure of the test part moved, points of a hundred.

    The operating threshold is the reference's.
    """
    known = with_mean(reference.part("validation").logits)
    labels = reference.part("validation").labels
    before, after = (with_mean(table.part("test").logits) for table in (reference, other))
    truth = reference.part("test").labels
    each = np.ones((1, len(truth)))
    found = {}
    for name, logits in before.items():
        threshold = choose_operating_threshold(softmax(known[name]), labels)
        one, two = (
            classification_samples(softmax(x), truth, each, operating_threshold=threshold).overall
            for x in (logits, after[name])
        )
        for figure, value in one.items():
            found[f"{name}, {figure}"] = 100.0 * abs(float(value[0] - two[figure][0]))
    return found


def flips(reference: ClassificationTable, other: ClassificationTable) -> int:
    """Pictures whose class of the mean changed though float32 left no other class possible."""
    trust = load_trust()
    before, after = (softmax(with_mean(table.logits)[MEAN]) for table in (reference, other))
    count = 0
    for one, two in zip(before, after, strict=True):
        if one.argmax() == two.argmax():
            continue
        shown = one if trust is None else _calibrated(one, trust.temperature(MEAN))
        count += trust is None or len(trust.prediction_set(np.asarray(shown, np.float32))) == 1
    return count


def _calibrated(probabilities: Any, temperature: float) -> Any:
    return softmax(np.log(np.maximum(probabilities, 1e-30))[None], temperature)[0]


def side_by_side(
    pictures: Sequence[Row], library: Library, engines: Sequence[Engine]
) -> tuple[dict[str, float], int]:
    """[network] → lowest correlation of its heat maps, and pictures that are gated otherwise."""
    lowest, gated = dict.fromkeys(CLASSIFIERS, 1.0), 0
    for start in tqdm(range(0, len(pictures), BATCH), desc="maps and gate", unit="batch"):
        scans = [library.pixels(row["path"]) for row in pictures[start : start + BATCH]]
        batches = {
            name: np.concatenate([prepare(one, spec(name).input_size).image for one in scans])
            for name in CLASSIFIERS
        }
        outputs = [[one.classify(name, batches[name]) for name in CLASSIFIERS] for one in engines]
        passed = [_familiar(one, scans) for one in outputs]
        gated += int(np.count_nonzero(passed[0] != passed[1]))
        for name, output in zip(CLASSIFIERS, outputs[0], strict=True):
            labels = output.logits.argmax(axis=1).tolist()
            maps = zip(
                *(one.attribute(name, batches[name], labels) for one in engines), strict=True
            )
            lowest[name] = min(lowest[name], *(correlation(*pair) for pair in maps))
    return lowest, gated


def _familiar(outputs: Sequence[NetworkOutput], scans: Sequence[FloatArray]) -> Any:
    """(N,) whether the gate knows pictures of this kind; its other checks see no network."""
    gate = shipped_gate()
    if gate.space is None:
        return np.ones(len(scans), bool)
    known = seen(outputs, [framed(one) for one in scans])
    return np.asarray(scores(gate.space, known)[gate.method]) <= gate.limit


def correlation(one: FloatArray, other: FloatArray) -> float:
    """Pearson's correlation of two maps; 1 for the same map, 0 where one of two is flat."""
    if np.array_equal(one, other):
        return 1.0
    if not one.std() or not other.std():
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _dice(rows: Sequence[Row], library: Library, engine: Engine) -> float:
    size, tumour = spec(SEGMENTER).input_size, tumour_of(logits_of(engine))
    outlines, _ = predict_outlines(rows, library, engine.segment, size=size, tumour=tumour)
    test = [row for row in outlines if row.split == "test"]
    return float(outline_summary(test)["dice_mean"].value)


def answer(name: str, pictures: int, checks: Sequence[Check], where: Mapping[str, Any]) -> Any:
    """The content of precision.json."""
    return {
        "precision": name,
        "passed": all(check["passed"] for check in checks),
        "pictures": pictures,
        "checks": list(checks),
        "weights": {one: spec(one).sha256 for one in registry.installed()},
        "machine": dict(where),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status: 1 where the precision may not be taken."""
    reduced = precision.PRECISIONS[1:]
    parser = argparse.ArgumentParser(prog=precision.COMMAND, description=__doc__)
    parser.add_argument("precision", nargs="?", choices=reduced, default=reduced[0])
    parser.add_argument("--pictures", type=int, metavar="N", help="only N of each part; no file")
    options = parser.parse_args(arguments)
    from ml.inference.openvino_engine import OpenVinoEngine

    try:
        folder, where = chosen.cache_folder(), machine.record()
        names = (precision.REFERENCE, options.precision)
        engines = [OpenVinoEngine(precision=name, folder=folder) for name in names]
        rows = read_split(Places(registry.REPOSITORY).split)
        if options.pictures:
            rows = few(rows, options.pictures)
        checks = compare(rows, Library.at(data_root()), engines)
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    found = answer(options.precision, len(held_out(rows)), checks, where)
    text = json.dumps(found, indent=1) + "\n"
    sys.stdout.write(text)
    if not options.pictures:
        Path(precision.FILE).write_text(text, encoding="utf-8")
    return 0 if found["passed"] else 1


def few(rows: Sequence[Row], count: int) -> list[Row]:
    """The first `count` pictures of each held-out part, class and source."""
    seen: dict[tuple[str, ...], int] = {}
    kept = []
    for row in rows:
        key = (row["split"], row["label"], row["source"])
        seen[key] = seen.get(key, 0) + 1
        if row["split"] != "train" and seen[key] <= count:
            kept.append(row)
    return kept


if __name__ == "__main__":
    sys.exit(main())
