"""Read the held-out pictures with one network and write its rows and facts."""

import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.comparison.entrants import (
    CLEAN,
    ENTRANTS,
    FOLDS,
    OFFICIAL,
    SHOWN_BOXES,
    Entrant,
    Finished,
    load_run,
    run_folder,
)
from ml.evaluation.boxes import alone, as_shown, predict_boxes, write_detection
from ml.evaluation.detection import choose_min_score
from ml.evaluation.outlines import predict_outlines
from ml.evaluation.pictures import Library, Row, held_out, one_a_cluster, read_split
from ml.evaluation.places import Places as EvaluationPlaces
from ml.evaluation.predict import note_threshold, official_table, predict_classes
from ml.evaluation.rows import ClassificationTable, write_classification, write_segmentation
from ml.labels import CLASSES
from ml.models.registry import published, spec
from ml.pipeline import default_engine
from ml.results import FloatArray

TIMED: Final[int] = 20
"""Single pictures whose median time is reported, after three to warm up."""


@dataclass(frozen=True)
class Places:
    """Where rows, facts and the table lie under a repository root."""

    root: Path

    @property
    def folder(self) -> Path:
        """Everything that the comparison publishes."""
        return self.root / "assets" / "metrics" / "comparison"

    def rows(self, protocol: str, what: str, name: str) -> Path:
        """Rows of one network: `what` is "classes", "outlines" or "boxes"."""
        return self.folder / "rows" / protocol / f"{what}_{name}.csv"

    @property
    def facts(self) -> Path:
        """[network][protocol] → size, time and training of a network."""
        return self.folder / "facts.json"

    @property
    def table(self) -> Path:
        """The figures that pages and documents show."""
        return self.folder / "comparison.json"

    @property
    def document(self) -> Path:
        """The same as a document."""
        return self.root / "docs" / "comparison.md"

    def split(self, name: str) -> Path:
        """A split file."""
        return self.root / "data" / "splits" / f"{name}.csv"


def measure(name: str, protocol: str, *, runs: Path, places: Places, library: Library) -> None:
    """Write the rows of one network under one protocol, and what is known of it.

    Raises:
        MetricsError: it is not trained to the end, or a picture is not there.
    """
    entrant = ENTRANTS[name]
    if entrant.ships and protocol == CLEAN:
        found = shipped(entrant)  # `make evaluate` writes the rows of the others
        if entrant.kind == "detector":
            _boxes(entrant, found, places=places, library=library)
    elif protocol == FOLDS:
        found = _folds(entrant, runs=runs, places=places, library=library)
    else:
        found = load_run(run_folder(runs, name, protocol), name)
        write = _official if protocol in OFFICIAL else _clean
        write(entrant, found, protocol, places=places, library=library)
    _note(places, name, protocol, facts_of(found))


def shipped(entrant: Entrant) -> Finished:
    """A network of the app with its installed weights.

    Raises:
        WeightsError: they are missing or altered.
    """
    from ml.models import weights

    facts, entry = spec(entrant.name), published()[entrant.name]
    model = weights.load(entrant.name)
    return Finished(model, facts.input_size, facts.parameters, entry["minutes"], entry["run"])


def _clean(
    entrant: Entrant, found: Finished, protocol: str, *, places: Places, library: Library
) -> None:
    rows, read = read_split(places.split(protocol)), Reader(found.model)
    if entrant.classifies:
        table = predict_classes(
            held_out(rows),
            library,
            lambda _, batch: read.classes(batch),
            title=entrant.title,
            sizes={entrant.name: found.size},
        )
        write_classification(places.rows(protocol, "classes", entrant.name), table)
    if entrant.outlines:
        outlines, _ = predict_outlines(rows, library, read.outlines, size=found.size)
        write_segmentation(places.rows(protocol, "outlines", entrant.name), outlines)


def _boxes(entrant: Entrant, found: Finished, *, places: Places, library: Library) -> None:
    """Boxes of the detector by itself, and those that a screen draws from, with its limit."""
    rows, read = read_split(places.split(CLEAN)), Reader(found.model)
    by_itself = predict_boxes(rows, library, alone(read.named, found.size))
    write_detection(places.rows(CLEAN, "boxes", entrant.name), by_itself)
    shown = predict_boxes(rows, library, as_shown(default_engine()))
    write_detection(places.rows(CLEAN, "boxes", SHOWN_BOXES), shown)
    entry = {
        "min_score": choose_min_score([row for row in shown if row.split == "validation"]),
        "chosen_on": f"highest F1 of boxes on the validation part of {CLEAN}.csv",
    }
    note_threshold(EvaluationPlaces(places.root).thresholds, entrant.name, entry)


def _official(
    entrant: Entrant, found: Finished, protocol: str, *, places: Places, library: Library
) -> None:
    read = Reader(found.model)
    table = official_table(
        read_split(places.split("official")),
        library,
        lambda _, batch: read.classes(batch),
        source=protocol.removeprefix("official_"),
        sizes={entrant.name: found.size},
    )
    write_classification(places.rows(protocol, "classes", entrant.name), table)


def _folds(entrant: Entrant, *, runs: Path, places: Places, library: Library) -> Finished:
    """Every picture by the network of the fold that holds it out; returns the last of them."""
    from ml.training.config import FOLD_SPLITS

    rows = one_a_cluster(r for r in read_split(places.split(FOLDS)) if r["label"] in CLASSES)
    tables = []
    for number, split in enumerate(FOLD_SPLITS):
        found = load_run(run_folder(runs, entrant.name, split), entrant.name)
        read = Reader(found.model)
        held: list[Row] = [{**r, "split": split} for r in rows if r["fold"] == str(number)]
        tables.append(
            predict_classes(
                held,
                library,
                lambda _, batch, read=read: read.classes(batch),  # type: ignore[misc]
                title=f"{entrant.title}, {split}",
                sizes={entrant.name: found.size},
            )
        )
    write_classification(places.rows(FOLDS, "classes", entrant.name), joined(tables))
    return found


def joined(tables: list[ClassificationTable]) -> ClassificationTable:
    """Tables of the same networks, one below the other."""
    first = tables[0]
    return ClassificationTable(
        where={k: tuple(v for table in tables for v in table.where[k]) for k in first.where},
        logits={k: np.concatenate([table.logits[k] for table in tables]) for k in first.logits},
    )


class Reader:
    """A Keras model of any kind, read batch by batch."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def named(self, batch: FloatArray) -> dict[str, FloatArray]:
        """Outputs (N, …) by name; a single one is called "output"."""
        found = self.model.predict_on_batch(batch)
        found = found if isinstance(found, dict) else {"output": found}
        return {name: np.asarray(value, np.float32) for name, value in found.items()}

    def classes(self, batch: FloatArray) -> FloatArray:
        """Logits (N, 4); log-probabilities where the network has a head for each question."""
        outputs = self.named(batch)
        if "tumour" not in outputs:
            return outputs["output"]
        from ml.models.multitask import four_classes

        return np.asarray(four_classes(outputs["tumour"], outputs["type"]), np.float32)

    def outlines(self, batch: FloatArray) -> FloatArray:
        """Tumour probability (N, S, S): the mean over the picture and its mirror image."""
        both = self.named(np.concatenate([batch, batch[:, :, ::-1]]))
        logits = both.get("mask_logits", both.get("output"))
        assert logits is not None
        found = np.asarray(1.0 / (1.0 + np.exp(-logits[..., 0])), np.float32)
        probability = _at_size(found, batch.shape[1])
        plain, mirrored = np.split(probability, 2)
        return np.asarray((plain + mirrored[:, :, ::-1]) / 2, np.float32)


def _at_size(maps: FloatArray, side: int) -> FloatArray:
    """Maps (N, h, w) at another side, linearly; a multi-task mask has a coarser grid."""
    import cv2

    if maps.shape[1] == side:
        return maps
    return np.stack([cv2.resize(one, (side, side), interpolation=cv2.INTER_LINEAR) for one in maps])


def facts_of(found: Finished) -> dict[str, Any]:
    """What a table says of a network besides its accuracy."""
    read = Reader(found.model)
    picture = np.random.default_rng(0).random((1, found.size, found.size, 1)).astype(np.float32)
    config = found.run["config"]
    return {
        "input_size": found.size,
        "parameters": found.parameters,
        "bytes": found.bytes,
        "minutes": found.minutes,
        "ms": round(median_ms(lambda: read.named(picture)), 1),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "split_id": found.run["split_id"],
        "seed": config["seed"],
        "weights": config["weights"],
        "stages": [stage["name"] for stage in config["stages"]],
    }


def median_ms(read: Callable[[], object], *, timed: int = TIMED) -> float:
    """Median time of a call in ms, warm."""
    seconds = []
    for turn in range(timed + 3):
        started = time.perf_counter()
        read()
        if turn >= 3:
            seconds.append(time.perf_counter() - started)
    return 1000.0 * float(np.median(seconds))


def _note(places: Places, name: str, protocol: str, facts: dict[str, Any]) -> None:
    known = json.loads(places.facts.read_text(encoding="utf-8")) if places.facts.is_file() else {}
    known.setdefault(name, {})[protocol] = facts
    places.facts.parent.mkdir(parents=True, exist_ok=True)
    places.facts.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
