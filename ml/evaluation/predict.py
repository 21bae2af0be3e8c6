"""Run the networks over the pictures of a split and write one row a picture.

Pictures go through the same preprocessing, networks and mask threshold as a scan on the screen.
Nothing here computes a figure: that is the report's work, from the rows.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from ml.evaluation.calibration import softmax
from ml.evaluation.classification import tumour_score
from ml.evaluation.outlines import Tumour, predict_outlines
from ml.evaluation.pictures import Library, Row, held_out, read_split
from ml.evaluation.places import Places
from ml.evaluation.rows import (
    DIGITS,
    WHERE,
    ClassificationTable,
    write_classification,
    write_segmentation,
)
from ml.inference.engine import Engine
from ml.labels import CLASSES
from ml.models.registry import CLASSIFIERS, SEGMENTER, spec
from ml.preprocess import prepare
from ml.results import FloatArray

BATCH: Final[int] = 16

Classify = Callable[[str, FloatArray], FloatArray]
"""Network name and batch (N, S, S, 1) → logits (N, 4)."""


def logits_of(engine: Engine) -> Classify:
    """An engine as something that gives logits by network name."""
    return lambda name, batch: engine.classify(name, batch).logits


def tumour_of(classify: Classify) -> Tumour:
    """What the mean of the shipped classifiers gives a tumour, for scans as pixels."""

    def mean(scans: Sequence[FloatArray]) -> FloatArray:
        each = []
        for name in CLASSIFIERS:
            batch = np.concatenate([prepare(one, spec(name).input_size).image for one in scans])
            each.append(tumour_score(softmax(np.asarray(classify(name, batch), np.float64))))
        return np.asarray(np.mean(each, axis=0), np.float32)

    return mean


def write_classes(places: Places, library: Library, engine: Engine) -> None:
    """Write the rows of the classifiers on the clean split.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: the split is missing or names a picture that is not there.
    """
    rows = held_out(read_split(places.split))
    table = predict_classes(rows, library, logits_of(engine), title="classes, clean split")
    write_classification(places.clean_rows, table)


def write_outlines(places: Places, library: Library, engine: Engine) -> None:
    """Write the rows of the segmenter on the clean split, and its mask threshold.

    Raises:
        WeightsError: its weights are missing or altered.
        MetricsError: the split is missing or names a picture that is not there.
    """
    size = spec(SEGMENTER).input_size
    rows = read_split(places.split)
    outlines, entry = predict_outlines(
        rows, library, engine.segment, size=size, tumour=tumour_of(logits_of(engine))
    )
    write_segmentation(places.outline_rows, outlines)
    note_threshold(places.thresholds, SEGMENTER, entry)


def note_threshold(file: Path, name: str, entry: Mapping[str, Any]) -> None:
    """Write what validation chose for one network; what it chose for others stays."""
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    text = json.dumps({**known, name: entry}, indent=1) + "\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def write_official(
    places: Places, library: Library, classify: Classify, sizes: Mapping[str, int]
) -> None:
    """Write the rows of Sartaj's own split, read by networks trained on its training part.

    Raises:
        MetricsError: the split is missing or names a picture that is not there.
    """
    rows = read_split(places.split.with_name("official.csv"))
    write_classification(places.official_rows, official_table(rows, library, classify, sizes=sizes))


def predict_classes(
    rows: Sequence[Row],
    library: Library,
    classify: Classify,
    *,
    title: str,
    sizes: Mapping[str, int] | None = None,
) -> ClassificationTable:
    """Logits of every network on every picture, rounded as they are written.

    Args:
        rows: rows of a split file.
        library: where the pictures are.
        classify: runs a network by name.
        title: what the progress bar says.
        sizes: [network] → side of its input, pixels; None: the shipped classifiers.
    """
    sizes = sizes or {name: spec(name).input_size for name in CLASSIFIERS}
    found: dict[str, list[FloatArray]] = {name: [] for name in sizes}
    with tqdm(total=len(rows), desc=title, unit="picture") as bar:
        for start in range(0, len(rows), BATCH):
            scans = [library.pixels(row["path"]) for row in rows[start : start + BATCH]]
            for name, size in sizes.items():
                batch = np.concatenate([prepare(pixels, size).image for pixels in scans])
                found[name].append(classify(name, batch))
            bar.update(len(scans))
    columns = {name: tuple(row[name] for row in rows) for name in WHERE if name != "id"}
    return ClassificationTable(
        where={"id": tuple(row["path"] for row in rows), **columns},
        logits={
            name: np.asarray(np.concatenate(parts), np.float64).round(DIGITS)
            for name, parts in found.items()
        },
    )


def official_table(
    rows: Sequence[Row],
    library: Library,
    classify: Classify,
    *,
    source: str = "sartaj",
    sizes: Mapping[str, int] | None = None,
) -> ClassificationTable:
    """A source's own test part, every picture as shipped, with the share that leaks.

    Args:
        rows: rows of data/splits/official.csv.
        library: where the pictures are.
        classify: runs the networks that were trained on the source's own training part.
        source: "sartaj" or "roboflow".
        sizes: as for `predict_classes`.
    """
    shipped = [row for row in rows if row["source"] == source and row["label"] in CLASSES]
    trained_on = {row["group"] for row in shipped if row["official"] == "train"}
    test = [{**row, "split": "test"} for row in shipped if row["official"] == "test"]
    title = f"{source}, official test"
    table = predict_classes(test, library, classify, title=title, sizes=sizes)
    leaky = tuple(row["group"] in trained_on for row in test)
    return ClassificationTable(where=table.where, logits=table.logits, leaky=leaky)
