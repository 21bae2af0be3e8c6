"""The networks trained on a source's own training part, straight from their run folders.

They are not shipped: their only use is to put the figures of other projects beside ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.comparison.entrants import is_finished, load_run, run_folder
from ml.evaluation.predict import Classify
from ml.models.registry import CLASSIFIERS
from ml.results import FloatArray

COMMAND = "python -m ml.training mobilenet xception resnet50 --split official_sartaj"


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
        folder = run_folder(runs, name, f"official_{source}")
        if is_finished(folder):
            found = load_run(folder, name)
            models[name], sizes[name] = found.model, found.size

    def classify(name: str, batch: FloatArray) -> FloatArray:
        return np.asarray(models[name].predict_on_batch(batch), np.float32)

    return OfficialNetworks(classify, sizes)
