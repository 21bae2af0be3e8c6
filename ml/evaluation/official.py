"""The networks trained on a source's own training part, straight from their run folders.

They are not shipped: their only use is to put the figures of other projects beside ours.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml.evaluation.predict import Classify
from ml.models.registry import CLASSIFIERS
from ml.results import FloatArray

COMMAND = "python -m ml.training mobilenet xception resnet50 --split official_sartaj"


def run_folder(runs: Path, name: str, *, source: str = "sartaj") -> Path:
    """Where training leaves a network of an official split."""
    return runs / f"{name}-official_{source}"


@dataclass(frozen=True)
class OfficialNetworks:
    """The networks that were trained to the end on a source's own training part.

    Attributes:
        classify: runs one of them by name.
        sizes: [network] → side that its best epoch was trained at, pixels; empty where none was.
    """

    classify: Classify
    sizes: Mapping[str, int]


def official_networks(runs: Path, *, source: str = "sartaj") -> OfficialNetworks:
    """What reads a batch with the networks of an official split.

    Args:
        runs: folder with the run folders of `ml.training`.
        source: "sartaj".
    """
    models, sizes = {}, {}
    for name in CLASSIFIERS:
        folder = run_folder(runs, name, source=source)
        stage = _finished_stage(folder)
        if stage is not None:
            models[name], epoch = _load(name, folder / stage["name"] / "best.npz")
            sizes[name] = _size_at(stage, epoch)

    def classify(name: str, batch: FloatArray) -> FloatArray:
        return np.asarray(models[name].predict_on_batch(batch), np.float32)

    return OfficialNetworks(classify, sizes)


def _finished_stage(folder: Path) -> Mapping[str, Any] | None:
    """The last stage of a run, or None while the run is not finished."""
    facts = folder / "run.json"
    if not facts.is_file():
        return None
    stage: Mapping[str, Any] = json.loads(facts.read_text(encoding="utf-8"))["config"]["stages"][-1]
    return stage if (folder / stage["name"] / "done.json").is_file() else None


def _size_at(stage: Mapping[str, Any], epoch: int) -> int:
    from ml.training.config import Phase, Stage
    from ml.training.publish import size_at

    phases = tuple(Phase(**phase) for phase in stage["phases"])
    return size_at(Stage(**{**stage, "phases": phases}), epoch)


def _load(name: str, file: Path) -> tuple[Any, int]:
    """The network with its best weights, and the epoch that they are of."""
    from ml.models.classifiers import build_classifier
    from ml.training.checkpoint import assign, load_arrays

    model = build_classifier(name)
    arrays, facts = load_arrays(file)
    assign(model.weights, arrays, what="weights")
    return model, int(facts["epoch"])
