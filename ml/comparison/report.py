"""The comparison's figures, derived from its committed rows and from nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.comparison.document import boxes_text, document_text
from ml.comparison.entrants import CLEAN, ENTRANTS, FOLDS, OFFICIAL, SHOWN_BOXES
from ml.comparison.literature import REPORTED
from ml.comparison.measure import Places
from ml.errors import MetricsError
from ml.evaluation.boxes import read_detection
from ml.evaluation.calibration import calibration_samples, softmax
from ml.evaluation.classification import classification_samples, confusion
from ml.evaluation.detection import detection_figures, operating_figures
from ml.evaluation.intervals import (
    Interval,
    Numbers,
    interval_of,
    paired_difference,
    ratio,
    resample,
)
from ml.evaluation.outline_summary import outline_summary
from ml.evaluation.places import Places as EvaluationPlaces
from ml.evaluation.protocol import FIXED_THRESHOLD
from ml.evaluation.rendering import differing, render, write_texts
from ml.evaluation.rows import (
    ClassificationTable,
    read_classification,
    read_segmentation,
    with_mean,
)
from ml.evaluation.tables import fill_markers
from ml.inference.detect import lowest_score
from ml.labels import CLASSES, NO_TUMOR
from ml.models.registry import CLASSIFIERS, DETECTOR

PROTOCOLS: Final[tuple[str, ...]] = (CLEAN, FOLDS, *OFFICIAL)
TITLES: Final[Mapping[str, str]] = {
    CLEAN: "Clean test split, by patient group",
    FOLDS: "Five folds by patient group; classes only, from nothing",
    "official_sartaj": "Sartaj Training → Testing as shipped",
    "official_roboflow": "Roboflow train → test as shipped",
}
MORE_TITLES: Final[Mapping[str, str]] = {
    "mean": "Mean of three",
    SHOWN_BOXES: "As shown: the detector, its mirror image and the outline",
}
FIGURES: Final[tuple[str, ...]] = ("accuracy", "balanced_accuracy", "macro_f1", "auroc_macro")


def outputs(root: Path) -> dict[Path, str]:
    """What every published file must hold; nothing while no network was measured.

    Raises:
        MetricsError: rows or facts are absent or unusable.
    """
    places = Places(root)
    if not places.facts.is_file():
        return {}
    table = build(places)
    published = {places.table: render(table), places.document: document_text(table)}
    card = root / "assets" / "cards" / f"{DETECTOR}.md"
    if card.is_file() and table["boxes"]:
        text = boxes_text(table["boxes"], table["titles"])
        filled = fill_markers(card.read_text(encoding="utf-8"), text)
        if filled is not None:
            published[card] = filled
    return published


def stale(root: Path) -> dict[Path, str]:
    """Published files that differ from what the rows give, with what they should hold."""
    return differing(outputs(root))


def write(root: Path) -> list[Path]:
    """Write what differs; returns the files."""
    return write_texts(stale(root))


def build(places: Places) -> dict[str, Any]:
    """The content of comparison.json, with `Interval` leaves."""
    facts = json.loads(places.facts.read_text(encoding="utf-8"))
    protocols = {}
    for protocol in PROTOCOLS:
        tables = class_tables(places, protocol)
        if tables:
            protocols[protocol] = protocol_figures(protocol, tables)
    outlines = {
        name: outline_row(path) for name, path in _outline_files(places).items() if path.is_file()
    }
    boxes = {name: places.rows(CLEAN, "boxes", name) for name in (SHOWN_BOXES, DETECTOR)}
    return {
        "titles": {name: one.title for name, one in ENTRANTS.items()} | dict(MORE_TITLES),
        "facts": facts,
        "protocols": protocols,
        "outlines": outlines,
        "boxes": {name: _box_row(path, places) for name, path in boxes.items() if path.is_file()},
        "reported": [asdict(one) for one in REPORTED],
    }


def class_tables(places: Places, protocol: str) -> dict[str, ClassificationTable]:
    """Rows of every network measured under a protocol, those of the app first.

    Raises:
        MetricsError: two networks read different pictures.
    """
    found: dict[str, ClassificationTable] = {}
    main = EvaluationPlaces(places.root)
    shared = {CLEAN: main.clean_rows, "official_sartaj": main.official_rows}.get(protocol)
    if shared is not None and shared.is_file():
        table = read_classification(shared)
        found |= {name: _only(table, name) for name in table.logits}
    for name in ENTRANTS:
        path = places.rows(protocol, "classes", name)
        if path.is_file():
            found[name] = _only(read_classification(path), name)
    first = next(iter(found.values()), None)
    for name, table in found.items():
        assert first is not None
        if table.where["id"] != first.where["id"]:
            raise MetricsError(
                f"{name} read other pictures than {next(iter(found))} under {protocol}; measure "
                "both again with `make compare`."
            )
    return found


def _only(table: ClassificationTable, name: str) -> ClassificationTable:
    return ClassificationTable(table.where, {name: table.logits[name]}, table.leaky)


def protocol_figures(protocol: str, tables: Mapping[str, ClassificationTable]) -> dict[str, Any]:
    """Figures of every network on the same pictures, and which differences are real."""
    logits = {name: table.logits[name] for name, table in tables.items()}
    whole = ClassificationTable(next(iter(tables.values())).where, logits)
    leaky = next(iter(tables.values())).leaky
    test = whole if protocol == FOLDS else whole.part("test")
    weights = resample(test.where["group"])
    labels, balanced = test.labels, {}
    rows: dict[str, dict[str, Any]] = {}
    for name, values in _and_mean(test.logits).items():
        samples = classification_samples(
            softmax(values), labels, weights, operating_threshold=FIXED_THRESHOLD
        )
        balanced[name] = samples.overall["balanced_accuracy"]
        rows[name] = {
            **{figure: interval_of(samples.overall[figure]) for figure in FIGURES},
            "ece": interval_of(calibration_samples(values, labels, weights)["ece"]),
            "figshare_types": figshare_types(values, test, weights),
        }
        if protocol == FOLDS:
            rows[name]["each_fold"] = _each_fold(values, test)
    return {
        "title": TITLES[protocol],
        "n_pictures": len(test),
        "n_groups": len(set(test.where["group"])),
        "leaky_share": float(np.mean(leaky)) if leaky else None,
        "models": rows,
        "paired": _paired(balanced),
    }


def _and_mean(logits: Mapping[str, Numbers]) -> dict[str, Numbers]:
    """With the mean of the app's three networks, where all are there."""
    if not set(CLASSIFIERS) <= set(logits):
        return dict(logits)
    three = with_mean({name: logits[name] for name in CLASSIFIERS})
    return {**logits, "mean": three["mean"]}


def figshare_types(logits: Numbers, test: ClassificationTable, weights: Numbers) -> Interval:
    """Accuracy among the three tumour types on figshare slices, the choice limited to the three.

    That is the question of the published work on that set.
    """
    kept = np.array(
        [
            source == "figshare" and label != CLASSES[NO_TUMOR]
            for source, label in zip(test.where["source"], test.where["label"], strict=True)
        ]
    )
    if not kept.any():
        nothing = float("nan")
        return Interval(nothing, nothing, nothing)
    types = [c for c in range(len(CLASSES)) if c != NO_TUMOR]
    called = np.array(types)[logits[:, types].argmax(axis=1)]
    right = (called == test.labels) & kept
    return interval_of(ratio(weights @ right.astype(float), weights @ kept.astype(float)))


def _each_fold(logits: Numbers, test: ClassificationTable) -> dict[str, float]:
    """Balanced accuracy of every fold: how far one split is from the next."""
    found = {}
    for fold in sorted(set(test.where["split"])):
        kept = np.array([split == fold for split in test.where["split"]])
        called, labels = logits[kept].argmax(axis=1), test.labels[kept]
        matrix = confusion(called, labels, np.ones((1, len(labels))))[0]
        found[fold] = float(np.mean(np.diagonal(matrix) / matrix.sum(axis=1)))
    return found


def _paired(balanced: Mapping[str, Numbers]) -> list[dict[str, Any]]:
    rows = []
    for first, second in combinations(balanced, 2):
        difference, ranking = paired_difference(balanced[first], balanced[second])
        rows.append({"a": first, "b": second, "difference": difference, "ranking": ranking})
    return rows


def _outline_files(places: Places) -> dict[str, Path]:
    """Where the outlines of every network lie; the app's own are the evaluation's."""
    shipped = EvaluationPlaces(places.root).outline_rows
    return {
        name: shipped if one.ships else places.rows(CLEAN, "outlines", name)
        for name, one in ENTRANTS.items()
        if one.outlines
    }


def outline_row(path: Path) -> dict[str, Any]:
    """Outline figures of one network alone, nothing withheld, on the clean test part."""
    rows = [row for row in read_segmentation(path) if row.split == "test"]
    figures = outline_summary(rows)
    kept: Sequence[str] = ("n_pictures", "n_groups", "dice_mean", "dice_median", "dice_zero_share")
    return {
        **{name: figures[name] for name in kept},
        "marked_share": figures["tumour_free"]["marked_share"],
    }


def _box_row(path: Path, places: Places) -> dict[str, Any]:
    """Precisions on the clean test part; of the shown boxes also what their limit lets through."""
    rows = [row for row in read_detection(path) if row.split == "test"]
    found = {
        "n_pictures": len(rows),
        "n_groups": len({row.group for row in rows}),
        **detection_figures(rows),
    }
    if path == places.rows(CLEAN, "boxes", SHOWN_BOXES):
        least = lowest_score(EvaluationPlaces(places.root).thresholds)
        found |= {"min_score": least, **operating_figures(rows, least)}
    return found
