"""Which networks are compared, under which protocols, and how a finished run is loaded."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from ml.errors import MetricsError
from ml.models.registry import CLASSIFIERS

Kind = Literal["classifier", "segmenter", "multitask", "detector"]

CLEAN: Final[str] = "clean"
SHOWN_BOXES: Final[str] = "shown_boxes"
"""Rows of the boxes on the screen: the detector, its mirror image and the outline together."""
FOLDS: Final[str] = "folds"
"""Cross-validation by group: five networks, each picture read by the one that never saw it."""
OFFICIAL: Final[tuple[str, ...]] = ("official_sartaj", "official_roboflow")


@dataclass(frozen=True)
class Entrant:
    """One network of the comparison.

    Attributes:
        name: as in `ml.training`.
        title: what a reader sees.
        kind: what it says about a picture.
        protocols: how it is measured.
        ships: its weights are in assets/weights.
    """

    name: str
    title: str
    kind: Kind
    protocols: tuple[str, ...]
    ships: bool = False

    @property
    def classifies(self) -> bool:
        """Whether it gives the four classes."""
        return self.kind in ("classifier", "multitask")

    @property
    def outlines(self) -> bool:
        """Whether it gives a mask."""
        return self.kind in ("segmenter", "multitask")


def _entrants() -> Mapping[str, Entrant]:
    every, cheap = (CLEAN, *OFFICIAL), (CLEAN, FOLDS, *OFFICIAL)
    only = (CLEAN,)
    listed = (
        Entrant("mlp", "Multi-layer perceptron", "classifier", cheap),
        Entrant("small_cnn", "Small CNN", "classifier", cheap),
        Entrant("alexnet", "AlexNet", "classifier", every),
        Entrant("vgg16", "VGG16", "classifier", every),
        Entrant("inception_v3", "Inception-V3", "classifier", every),
        Entrant("mobilenet", "MobileNet", "classifier", cheap, ships=True),
        Entrant("xception", "Xception", "classifier", every, ships=True),
        Entrant("resnet50", "ResNet50", "classifier", every, ships=True),
        Entrant("multitask", "Multi-task network", "multitask", only),
        Entrant("unet", "U-Net", "segmenter", only, ships=True),
        Entrant("resunet", "Res-U-Net", "segmenter", only),
        Entrant("unet_resnet50", "U-Net on ResNet50", "segmenter", only),
        Entrant("detector", "Region-proposal detector", "detector", only, ships=True),
    )
    return MappingProxyType({one.name: one for one in listed})


ENTRANTS: Final[Mapping[str, Entrant]] = _entrants()


@dataclass(frozen=True)
class Finished:
    """A trained network and what is known of its training.

    Attributes:
        model: the Keras model with its best weights.
        size: side of its input, pixels.
        parameters: number of weights.
        minutes: training time.
        run: its `run.json`.
    """

    model: Any
    size: int
    parameters: int
    minutes: float
    run: Mapping[str, Any]

    @property
    def bytes(self) -> int:
        """Size of its weights as they would ship, float16."""
        return 2 * self.parameters


def run_folder(runs: Path, name: str, split: str) -> Path:
    """Where `ml.training` leaves a network."""
    return runs / (name if split == CLEAN else f"{name}-{split}")


def is_finished(folder: Path) -> bool:
    """Whether the last stage of a run is done."""
    facts = folder / "run.json"
    if not facts.is_file():
        return False
    last = str(json.loads(facts.read_text(encoding="utf-8"))["config"]["stages"][-1]["name"])
    return (folder / last / "done.json").is_file()


def stages_of(folder: Path) -> list[Any]:
    """The stages of the run in a folder, as `ml.training` wrote them down.

    Raises:
        MetricsError: there is no run.
    """
    from ml.training.config import Phase, Stage

    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MetricsError(f"there is no run in {folder.name}/") from None
    return [
        Stage(**{**stage, "phases": tuple(Phase(**phase) for phase in stage["phases"])})
        for stage in run["config"]["stages"]
    ]


def load_run(folder: Path, name: str) -> Finished:
    """The network of a finished run.

    Raises:
        MetricsError: the run is not finished.
    """
    from ml.training.checkpoint import assign, load_arrays
    from ml.training.publish import minutes, size_at

    if not is_finished(folder):
        raise MetricsError(
            f"{ENTRANTS[name].title} is not trained to the end in {folder.name}/; go on with "
            f"`make compare ARGS={name}`."
        )
    run, stages = json.loads((folder / "run.json").read_text(encoding="utf-8")), stages_of(folder)
    arrays, facts = load_arrays(folder / stages[-1].name / "best.npz")
    model = build(name)
    assign(model.weights, arrays, what="weights")
    return Finished(
        model=model,
        size=size_at(stages[-1], int(facts["epoch"])),
        parameters=int(sum(array.size for array in arrays)),
        minutes=round(sum(minutes(folder / stage.name) for stage in stages), 1),
        run=run,
    )


def build(name: str) -> Any:
    """An entrant's architecture with random weights, as its last stage trains it."""
    from ml.models.baselines import BASELINES, build_baseline
    from ml.models.classifiers import build_classifier
    from ml.models.detector import build_detector
    from ml.models.multitask import build_multitask
    from ml.models.resunet import build_resunet
    from ml.models.unet import build_unet
    from ml.training.config import ENCODER

    if name in CLASSIFIERS:
        return build_classifier(name)
    if name in BASELINES:
        return build_baseline(name)
    if name == "resunet":
        return build_resunet()
    grown: dict[str, Callable[[Any], Any]] = {
        "multitask": build_multitask,
        "detector": build_detector,
    }
    return grown.get(name, build_unet)(build_classifier(ENCODER[name]))
