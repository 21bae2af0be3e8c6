"""Whole runs on drawn pictures with a tiny backbone: logs, resume, stages, learning."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ml.errors import TrainingError
from ml.training.checkpoint import arrays_of, load_arrays
from ml.training.config import Phase, RunConfig, Stage
from ml.training.runner import Run

pytestmark = pytest.mark.usefixtures("tiny")


def config(**changes: object) -> RunConfig:
    stages = (
        Stage("pretrain", "joint", (Phase(32, 1), Phase(64, 2)), 2e-3),
        Stage("head", "head", (Phase(64, 1),), 1e-3),
        Stage("finetune", "classify", (Phase(64, 1),), 5e-4),
    )
    return replace(
        RunConfig(network="mobilenet", stages=stages, steps=3, batch=8, ema=0.5), **changes
    )


def log(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_a_killed_run_goes_on(
    eager: None, drawn_splits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml.training import runner

    def kill(epoch: int, _logs: object) -> None:
        if epoch == 1:
            raise KeyboardInterrupt

    whole = runner.Run.callbacks
    monkeypatch.setattr(
        runner.Run,
        "callbacks",
        lambda *a: [*whole(*a), keras.callbacks.LambdaCallback(on_epoch_end=kill)],
    )
    folder = drawn_splits / "mobilenet"
    with pytest.raises(KeyboardInterrupt):
        Run(config(), folder).go()
    assert (folder / "pretrain" / "last.npz").is_file()
    assert not (folder / "pretrain" / "done.json").exists()

    monkeypatch.setattr(runner.Run, "callbacks", whole)
    stored, facts = load_arrays(folder / "pretrain" / "last.npz")
    found: list[object] = []

    def resume(self: Run, place: Path, model: Any, validation: Any) -> int:
        first = whole_resume(self, place, model, validation)
        if place.name == "pretrain":
            found.append((first, validation.best_epoch, int(model.optimizer.iterations)))
            state = arrays_of(model.weights) + arrays_of(model.optimizer.variables)
            found.append(all(np.array_equal(x, y) for x, y in zip(state, stored, strict=True)))
        return first

    whole_resume = runner.Run.resume
    monkeypatch.setattr(runner.Run, "resume", resume)
    Run(config(), folder).go()
    # weights, optimiser and averages are those of the kill; the schedule goes on, not anew
    assert found == [(2, facts["best_epoch"], 2 * config().steps), True]
    epochs = [row["epoch"] for row in log(folder / "pretrain")]
    assert epochs == ["0", "1", "2"]
    for stage in ("pretrain", "head", "finetune"):
        assert (folder / stage / "done.json").is_file()
        assert (folder / stage / "best.npz").is_file()
    facts = json.loads((folder / "run.json").read_text())
    assert facts["config"]["seed"] == config().seed
    assert facts["split_id"] == "drawn"
    assert set(facts["libraries"]) >= {"keras", "numpy", "tensorflow"}

    before = (folder / "finetune" / "best.npz").stat().st_mtime_ns
    Run(config(), folder).go()
    assert (folder / "finetune" / "best.npz").stat().st_mtime_ns == before
    head_stage_moved_only_the_last_layer(folder)


def head_stage_moved_only_the_last_layer(folder: Path) -> None:
    """Seen on the run above: a whole run of three stages takes seconds."""
    before, _ = load_arrays(folder / "pretrain" / "best.npz")
    after, _ = load_arrays(folder / "head" / "best.npz")
    # the joint network's first array is the stem's kernel, as in the classifier
    np.testing.assert_array_equal(before[0], after[0])
    final, _ = load_arrays(folder / "finetune" / "best.npz")
    assert np.abs(final[0] - after[0]).max() > 0


@pytest.mark.slow
def test_learning_lowers_the_loss(drawn_splits: Path) -> None:
    stages = (Stage("outline", "segment", (Phase(64, 4),), 3e-3, strength=0.0),)
    run = config(network="unet", stages=stages, steps=12)
    Run(run, drawn_splits / "unet").go()
    losses = [float(row["loss"]) for row in log(drawn_splits / "unet" / "outline")]
    assert losses[-1] < 0.8 * losses[0]


def test_a_missing_weight_file_is_named(drawn_splits: Path) -> None:
    with pytest.raises(TrainingError, match="no weight file"):
        Run(config(weights="/nowhere.npz"), drawn_splits / "x").go()


def test_another_recipe_does_not_resume(drawn_splits: Path) -> None:
    from ml.training.checkpoint import assign

    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    with pytest.raises(TrainingError, match="recipe was changed"):
        assign(layer.weights, [np.zeros((3, 3))], what="weights")


def test_a_folder_keeps_one_recipe(drawn_splits: Path) -> None:
    run = Run(config(), drawn_splits / "m")
    stage = run.config.stages[0]
    run.claim(stage, run.folder / stage.name)
    run.claim(stage, run.folder / stage.name)
    other = Run(config(seed=4), drawn_splits / "m")
    with pytest.raises(TrainingError, match="another recipe"):
        other.claim(stage, other.folder / stage.name)


def test_only_the_end_of_a_path_is_written_down() -> None:
    assert config(weights="/home/me/runs/mobilenet/pretrain/best.npz").as_dict()["weights"] == (
        "mobilenet/pretrain/best.npz"
    )
