"""Three steps of tiny networks from the same weights and batch: prints the losses as JSON.

Run as a program, once a backend:
    KERAS_BACKEND=jax python -m tests.ml.training.one_step
"""

import json
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from ml.models import classifiers, unet
from ml.training import networks, runner
from ml.training.config import Phase, RunConfig, Stage
from ml.training.detector import DetectorRun
from tests.ml.training.conftest import drawn_corpus, tiny_body

STEPS = 3
TASKS = {"mobilenet": ("classify", "joint"), "unet": ("segment",), "multitask": ("multitask",)}


def set_weights(model: Any) -> None:
    """The same values under every backend, whose own initialisers differ."""
    rng = np.random.default_rng(3)
    for weight in model.weights:
        drawn = rng.normal(0.0, 0.1, weight.shape)
        if "gamma" in weight.path or "variance" in weight.path:
            drawn = 1.0 + 0.1 * np.abs(drawn)
        weight.assign(drawn.astype(np.float32))


def losses(network: str, task: str, folder: Path) -> list[float]:
    """Loss before each of three steps."""
    stage = Stage(task, task, (Phase(32, 1),), 1e-3)  # type: ignore[arg-type]
    config = RunConfig(network=network, stages=(stage,), steps=STEPS, batch=8)
    run = (DetectorRun if task == "detect" else runner.Run)(config, folder / f"{network}-{task}")
    classifier, joint = networks.start_network(config)
    model = run.network_for(stage, classifier, classifier if network == "mobilenet" else joint)
    set_weights(model)
    run.compile(stage, model)
    batches = run.batches(stage, model, 32)
    found = []
    if keras.backend.backend() == "tensorflow":
        images, wanted, *weights = batches[0]
        # builds the losses, whose variables would have the first step traced twice
        model.compute_loss(images, wanted, wanted, *weights)
    for step in range(STEPS):
        images, *targets = batches[step]
        model.reset_metrics()
        found.append(float(model.train_on_batch(images, *targets, return_dict=True)["loss"]))
    return found


def as_it_stands() -> None:
    """TensorFlow's graphs are not optimised: that takes longer than three steps."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def main() -> None:
    if keras.backend.backend() == "tensorflow":
        as_it_stands()
    taps = tuple(f"tiny{stride}_relu" for stride in (4, 8, 16, 32))
    backbone = classifiers.Backbone(tiny_body, "tf", taps[-1], taps, "tiny2_relu")
    classifiers.BACKBONES = unet.BACKBONES = MappingProxyType({"mobilenet": backbone})
    # dropout draws differently under each backend
    networks.build_classifier = partial(classifiers.build_classifier, dropout=0.0)
    runner.load_corpus = lambda _split, _part: drawn_corpus()
    runner.split_id = lambda _name: "drawn"
    with TemporaryDirectory() as folder:
        found = {
            f"{network} {task}": losses(network, task, Path(folder))
            for network, tasks in TASKS.items()
            for task in tasks
        }
    sys.stdout.write(f"RESULT {json.dumps(found)}\n")


if __name__ == "__main__":
    main()
