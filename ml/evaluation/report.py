"""Every published figure, derived from the committed rows and from nothing else.

`outputs` says what each published file must hold; writing and checking are the two things that
can be done with it. The same rows give the same bytes.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ml.datasets.tables import split_id
from ml.errors import MetricsError
from ml.evaluation.background_rows import background_figures, read_background_rows
from ml.evaluation.calibration import calibration_samples, softmax
from ml.evaluation.classification import (
    ClassificationSamples,
    choose_operating_threshold,
    classification_samples,
    confusion,
    roc_curve,
)
from ml.evaluation.conflict_rows import conflict_figures, read_conflict_rows
from ml.evaluation.counterfactual_rows import pair_figures, read_pairs
from ml.evaluation.explanation_figures import explanation_figures
from ml.evaluation.explanation_rows import read_explanation_rows, read_sanity_rows
from ml.evaluation.gate_rows import gate_figures, read_tried
from ml.evaluation.intervals import (
    Interval,
    Numbers,
    interval_of,
    paired_difference,
    resample,
)
from ml.evaluation.membership_rows import membership_figures, read_look_ups
from ml.evaluation.outline_summary import as_read, counts
from ml.evaluation.places import Places
from ml.evaluation.protocol import FIXED_THRESHOLD, OFFICIAL_PROTOCOL, PROTOCOL
from ml.evaluation.rendering import differing, render, write_texts
from ml.evaluation.robustness_rows import read_robustness, robustness_figures
from ml.evaluation.rows import (
    MEAN,
    ClassificationTable,
    read_classification,
    read_segmentation,
    with_mean,
)
from ml.evaluation.segmentation import OutlineRow
from ml.evaluation.tables import card_text, fill_markers, overview_text
from ml.evaluation.trust import choose_temperature, trust_figures
from ml.evaluation.variability import variability_figures
from ml.evaluation.writing_rows import build_writing
from ml.inference.gate import load_fitted
from ml.inference.membership import load_index
from ml.labels import CLASSES
from ml.models.registry import DETECTOR


def outputs(root: Path) -> dict[Path, str]:
    """What every published file must hold, computed from the rows.

    README and model cards are included where they exist and have the markers.

    Raises:
        MetricsError: rows, split or thresholds are absent or unusable.
    """
    places = Places(root)
    clean = read_classification(places.clean_rows)
    summary = build_summary(places, clean)
    trust = trust_figures(clean)
    head = {"protocol": PROTOCOL, "split_id": summary["split_id"]}
    published = {places.summary: render(summary), places.trust: render({**head, **trust})}
    published |= shortcut_outputs(places, clean)
    if places.outline_rows.is_file():
        figures = variability_figures(*_outlines(places))
        published[places.variability] = render({"split_id": summary["split_id"], **figures})
    if places.explanation_rows.is_file():
        maps = read_explanation_rows(places.explanation_rows)
        found = explanation_figures(maps, read_sanity_rows(places.sanity_rows))
        published[places.explanations] = render(found)
    if places.membership_rows.is_file():
        published[places.membership] = render(build_membership(places))
    if places.conflict_rows.is_file():
        rows = read_conflict_rows(places.conflict_rows)
        figures = conflict_figures(rows, clean)
        published[places.conflicts] = render({"split_id": summary["split_id"], **figures})
    if places.writing_rows.is_file():
        published[places.writing] = render(build_writing(places))
    if places.gate_rows.is_file():
        published[places.gate] = render(build_gate(places))
    return published | _documents(root, summary)


def _documents(root: Path, summary: dict[str, Any]) -> dict[Path, str]:
    """README and model cards with the figures between their markers."""
    texts = {root / "README.md": overview_text(summary)}
    for card in sorted((root / "assets" / "cards").glob("*.md")):
        if card.stem != DETECTOR:  # its figures come with the comparison
            texts[card] = card_text(summary, card.stem)
    documents = {}
    for path, text in texts.items():
        filled = fill_markers(path.read_text(encoding="utf-8"), text) if path.is_file() else None
        if filled is not None:
            documents[path] = filled
    return documents


def shortcut_outputs(places: Places, clean: ClassificationTable) -> dict[Path, str]:
    """Figures of the background probe and of corrupted pictures, where their rows are.

    Raises:
        MetricsError: rows are unusable.
    """
    published = {}
    if places.background_rows.is_file():
        figures = background_figures(read_background_rows(places.background_rows))
        published[places.background] = render(figures)
    if places.robustness_rows.is_file():
        untouched = clean.part("test")
        figures = robustness_figures(read_robustness(places.robustness_rows), untouched)
        published[places.robustness] = render(figures)
    return published


def write(root: Path) -> list[Path]:
    """Write every published file; returns those whose content changed."""
    return write_texts(stale(root))


def stale(root: Path) -> dict[Path, str]:
    """Published files that differ from what the rows give, with what they should hold."""
    return differing(outputs(root))


def build_summary(places: Places, clean: ClassificationTable) -> dict[str, Any]:
    """The content of summary.json, with `Interval` leaves; `clean` are the rows of that split."""
    test = clean.part("test")
    figures, balanced = split_figures(clean)
    summary: dict[str, Any] = {
        "protocol": PROTOCOL,
        "split_id": split_id(_content(places.split)),
        "clean": {**counts(test.where["group"]), "models": figures},
    }
    if places.official_rows.is_file():
        official = read_classification(places.official_rows)
        shipped = official.part("test")
        models = split_figures(official)[0]
        if set(official.logits) != set(clean.logits):
            del models[MEAN]  # not the mean of the same networks
        summary["official_sartaj"] = {
            "protocol": OFFICIAL_PROTOCOL,
            **counts(shipped.where["group"]),
            "leaky_share": float(np.mean(shipped.leaky)) if shipped.leaky else None,
            "models": models,
        }
    if places.outline_rows.is_file():
        summary["segmentation"] = {"unet": as_read(*_outlines(places))}
    if places.pair_rows.is_file():
        summary["counterfactual"] = pair_figures(read_pairs(places.pair_rows))
    summary["paired"] = paired(balanced)
    return summary


def _outlines(places: Places) -> tuple[list[OutlineRow], dict[str, Any]]:
    """Outline rows of the test part, and what validation chose for them."""
    rows = [row for row in read_segmentation(places.outline_rows) if row.split == "test"]
    return rows, json.loads(_content(places.thresholds))["unet"]


def build_membership(places: Places) -> dict[str, Any]:
    """The content of membership.json, with `Interval` leaves."""
    stored = _content(places.training_index)
    index = {
        "sha256": hashlib.sha256(stored).hexdigest(),
        "n_pictures": len(load_index(places.training_index).sources),
    }
    return membership_figures(
        read_look_ups(places.membership_rows),
        split_id=split_id(_content(places.split)),
        index=index,
    )


def build_gate(places: Places) -> dict[str, Any]:
    """The content of gate.json, with `Interval` leaves.

    Raises:
        GateError: the fitted space is missing or damaged.
    """
    fitted = load_fitted(places.gate_space)
    space = {
        "sha256": hashlib.sha256(_content(places.gate_space)).hexdigest(),
        "n_pictures": len(fitted.space.labels),
    }
    return gate_figures(
        read_tried(places.gate_rows),
        fitted.pixels,
        split_id=split_id(_content(places.split)),
        space=space,
    )


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise MetricsError(f"{path.name} is missing; restore it with git or run `make evaluate`")
    return path.read_bytes()


def split_figures(
    table: ClassificationTable,
) -> tuple[dict[str, dict[str, Any]], dict[str, Numbers]]:
    """Figures of every network and of the mean on the test part of a table.

    Returns:
        [model] → figures, and [model] → balanced accuracy of the sample and of every draw.

    Raises:
        MetricsError: the table has no test part.
    """
    test, validation = table.part("test"), table.part("validation")
    if len(test) == 0:
        raise MetricsError("The rows hold no test picture; run `make evaluate` to write them again")
    weights = resample(test.where["group"])
    held_out = with_mean(validation.logits) if len(validation) else {}
    known = validation.where["group"]
    figures, balanced = {}, {}
    for name, logits in with_mean(test.logits).items():
        temperature, threshold = None, FIXED_THRESHOLD
        if name in held_out:
            chosen = choose_temperature(held_out[name], validation.labels, known)
            temperature = float(chosen["temperature"])
            threshold = choose_operating_threshold(softmax(held_out[name]), validation.labels)
        samples = classification_samples(
            softmax(logits), test.labels, weights, operating_threshold=threshold
        )
        figures[name] = {
            **_intervals(samples),
            **_calibration(logits, test, weights, temperature=temperature),
            **_pictures(logits, test),
            "operating_threshold": threshold,
        }
        balanced[name] = samples.overall["balanced_accuracy"]
    return figures, balanced


def _intervals(samples: ClassificationSamples) -> dict[str, Any]:
    return {
        **{name: interval_of(values) for name, values in samples.overall.items()},
        "sensitivity": {c: interval_of(values) for c, values in samples.sensitivity.items()},
        "specificity": {c: interval_of(values) for c, values in samples.specificity.items()},
    }


def _calibration(
    logits: Numbers, test: ClassificationTable, weights: Numbers, *, temperature: float | None
) -> dict[str, Any]:
    before = calibration_samples(logits, test.labels, weights)
    figures: dict[str, Any] = {name: interval_of(values) for name, values in before.items()}
    unknown = dict.fromkeys(before, Interval(math.nan, math.nan, math.nan))
    after = unknown
    if temperature is not None:
        scaled = calibration_samples(logits / temperature, test.labels, weights)
        after = {name: interval_of(values) for name, values in scaled.items()}
    figures |= {f"{name}_calibrated": value for name, value in after.items()}
    return {**figures, "temperature": temperature}


def _pictures(logits: Numbers, test: ClassificationTable) -> dict[str, Any]:
    """Confusion matrix and ROC curves of the sample itself."""
    probabilities, labels = softmax(logits), test.labels
    once = np.ones((1, len(test)))
    matrix = confusion(probabilities.argmax(axis=1), labels, once)[0]
    curves = {c: roc_curve(probabilities[:, i], labels == i) for i, c in enumerate(CLASSES)}
    return {
        "confusion": matrix.astype(int).tolist(),
        "roc": {c: {"fpr": f.tolist(), "tpr": t.tolist()} for c, (f, t) in curves.items()},
    }


def paired(balanced: Mapping[str, Numbers]) -> list[dict[str, Any]]:
    """Every pair of models on the same pictures and the same draws."""
    rows = []
    for first, second in combinations(balanced, 2):
        difference, ranking = paired_difference(balanced[first], balanced[second])
        rows.append(
            {
                "a": first,
                "b": second,
                "metric": "balanced_accuracy",
                "difference": difference,
                "ranking": ranking,
            }
        )
    return rows
