"""The networks trained on a source's own training part, straight from their run folders.

They are not shipped: their only use is to put the figures of other projects beside ours.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ml.errors import MetricsError
from ml.evaluation.predict import Classify
from ml.models.registry import CLASSIFIERS
from ml.results import FloatArray

COMMAND = "python -m ml.training mobilenet xception resnet50 --split official_sartaj"


def run_folder(runs: Path, name: str, *, source: str = "sartaj") -> Path:
    """Where training leaves a network of an official split."""
    return runs / f"{name}-official_{source}"


def official_networks(runs: Path, *, source: str = "sartaj") -> Classify | None:
    """What reads a batch with the networks of an official split.

    Args:
        runs: folder with the run folders of `ml.training`.
        source: "sartaj".

    Returns:
        A function of network name and batch, or None where no such network was trained.

    Raises:
        MetricsError: some of the networks were trained and some were not.
    """
    files = {name: _weights_file(run_folder(runs, name, source=source)) for name in CLASSIFIERS}
    missing = [name for name, file in files.items() if file is None]
    if len(missing) == len(files):
        return None
    if missing:
        raise MetricsError(
            f"The official split needs all of its networks; {', '.join(missing)} has not been "
            f"trained to the end. Run `{COMMAND}`."
        )
    models = {name: _load(name, file) for name, file in files.items() if file is not None}

    def classify(name: str, batch: FloatArray) -> FloatArray:
        return np.asarray(models[name].predict_on_batch(batch), np.float32)

    return classify


def _weights_file(folder: Path) -> Path | None:
    """Best weights of the last stage, or None while the run is not finished."""
    facts = folder / "run.json"
    if not facts.is_file():
        return None
    stage = json.loads(facts.read_text(encoding="utf-8"))["config"]["stages"][-1]["name"]
    finished = (folder / stage / "done.json").is_file()
    return folder / stage / "best.npz" if finished else None


def _load(name: str, file: Path) -> Any:
    from ml.models.classifiers import build_classifier
    from ml.training.checkpoint import assign, load_arrays

    model = build_classifier(name)
    assign(model.weights, load_arrays(file)[0], what="weights")
    return model
