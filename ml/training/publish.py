"""From a finished run to `assets/weights`: float16 file, digest, facts."""

import json
from pathlib import Path
from typing import Any

from ml.errors import TrainingError
from ml.models.registry import WEIGHTS, kind_of
from ml.models.weights import read_arrays, save
from ml.training.averaging import average
from ml.training.checkpoint import arrays_of, assign, load_arrays
from ml.training.config import Stage
from ml.training.recipes import RECIPES


def publish(name: str, runs: Path, *, share: float = 1.0) -> dict[str, Any]:
    """Write the best weights of a run's last stage and its entry in the registry.

    Args:
        name: registry name.
        runs: folder of the runs.
        share: of the run's weights; below 1 the rest are the published ones that the run went
            on from, see `ml.training.averaging`.

    Returns:
        The registry entry.

    Raises:
        TrainingError: the run is not finished, or there is nothing to average with.
    """
    stage, folder = RECIPES[name].stages[-1], runs / name
    arrays, facts = _best(name, stage, folder / stage.name)
    run = json.loads((folder / "run.json").read_text())
    path = WEIGHTS / "registry.json"
    registry = json.loads(path.read_text()) if path.is_file() else {}
    figures = {k: v for k, v in facts.items() if isinstance(v, float)}
    size, before = size_at(stage, int(facts["epoch"])), start_of(registry.get(name), run)
    if share < 1.0:
        earlier, split = _earlier(name, before), run["config"]["split"]
        arrays, figures = average(name, earlier, arrays, share=share, split=split, size=size)
    entry = {
        **stored(name, arrays),
        "input_size": size,
        "kind": kind_of(name),
        "validation": {k: round(v, 4) for k, v in figures.items()},
        "minutes": round(minutes_until(stage, folder, run), 1),
        "run": run,
    }
    if before is not None:
        entry["minutes"] = round(entry["minutes"] + before["minutes"], 1)
        entry["continued_from"] = {"sha256": before["sha256"], "minutes": before["minutes"]}
        if share < 1.0:
            entry["share_of_run"] = share
    registry[name] = entry
    path.write_text(json.dumps(registry, indent=2, sort_keys=True) + "\n")
    return entry


def stored(name: str, arrays: list[Any]) -> dict[str, Any]:
    """Write a network's weight file; what the registry says of it."""
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    file = f"{name}.safetensors"
    return {
        "file": file,
        "sha256": save(arrays, WEIGHTS / file),
        "bytes": (WEIGHTS / file).stat().st_size,
        "parameters": int(sum(a.size for a in arrays)),
    }


def _best(name: str, stage: Stage, folder: Path) -> tuple[list[Any], dict[str, Any]]:
    """What a stage's folder holds of its best epoch: arrays of the network, and facts.

    Raises:
        TrainingError: the stage is not finished.
    """
    if not (folder / "done.json").is_file():
        raise TrainingError(
            f"The run of {name} is not finished: go on with `python -m ml.training {name}`."
        )
    arrays, facts = load_arrays(folder / "best.npz")
    return classifier_part(name, arrays) if stage.task == "joint" else arrays, facts


def _earlier(name: str, before: dict[str, Any] | None) -> list[Any]:
    """Weights of the registry entry that a run went on from, to average with.

    Raises:
        TrainingError: there is none, or it is no classifier.
    """
    if before is None or kind_of(name) != "classifier":
        raise TrainingError(
            f"The {name} did not go on from a published classifier: leave out --share."
        )
    return read_arrays(WEIGHTS / str(before["file"]))


def start_of(published: dict[str, Any] | None, run: dict[str, Any]) -> dict[str, Any] | None:
    """The registry entry that a run went on from, or None."""
    if published is None or Path(run["config"]["weights"]).name != published["file"]:
        return None
    return published


def classifier_part(name: str, arrays: list[Any]) -> list[Any]:
    """Of the weights of a joint network those of the classifier, without the decoder."""
    from ml.models.classifiers import build_classifier
    from ml.models.unet import build_joint

    classifier = build_classifier(name)
    assign(build_joint(classifier).weights, arrays, what="weights")
    return arrays_of(classifier.weights)


def size_at(stage: Stage, epoch: int) -> int:
    """Picture side of a stage's epoch, pixels: what the kept weights were validated at."""
    end = 0
    for phase in stage.phases:
        end += phase.epochs
        if epoch < end:
            return phase.size
    return stage.phases[-1].size


def minutes_until(stage: Stage, folder: Path, run: dict[str, Any]) -> float:
    """Wall time of a run's stages up to one of them, minutes."""
    stages = [one["name"] for one in run["config"]["stages"]]
    return sum(minutes(folder / one) for one in stages[: stages.index(stage.name) + 1])


def minutes(folder: Path) -> float:
    """Wall time of a finished stage, minutes."""
    return float(json.loads((folder / "done.json").read_text())["minutes"])
