"""What a training run is made of, as plain dataclasses that are written beside the weights."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Task = Literal["joint", "head", "classify", "segment", "detect", "multitask", "recipe", "restore"]

Mixing = Literal["none", "mixup", "cutmix", "both"]

OUTLINING: tuple[Task, ...] = ("joint", "segment", "multitask", "restore")
"""Tasks that train a map: of the tumour, or of grey levels."""
ENCODER: dict[str, str] = {
    "unet": "mobilenet",
    "unet_resnet50": "resnet50",
    "resunet": "mobilenet",
    "multitask": "mobilenet",
    "detector": "mobilenet",
}
"""Encoder of the networks that are not named after theirs."""


@dataclass(frozen=True)
class Phase:
    """Some epochs at one picture size.

    Attributes:
        size: side of the network's input, pixels.
        epochs: number of epochs, each `RunConfig.steps` batches long.
    """

    size: int
    epochs: int


@dataclass(frozen=True)
class Stage:
    """One optimisation with its own learning-rate cosine.

    Attributes:
        name: folder name of the stage inside the run.
        task: "joint" outlines and classifies (in-domain pre-training); "head" trains only the
            last layer on a frozen backbone; "classify" fine-tunes all of it; "segment" trains
            the U-Net; "detect" trains the detector; "multitask" tumour, type and outline at
            once; "recipe" freezes what a baseline's published recipe freezes; "restore" draws
            hidden blocks again (`ml.training.restoring`).
        phases: progressive sizes, in order.
        learning_rate: peak of the cosine, after the warm-up.
        warmup: share of the steps spent rising to the peak.
        strength: 0..1.5, multiplies every augmentation range.
        mask_weight: weight of the outline loss beside the class loss.
        glioma_weight: factor on the share of gliomas in a batch, the hardest to outline.
        unknown_weight: factor on the share of Br35H's tumours of unknown type.
        empty_share: largest share of tumour-free slices in a batch of the outline.
        extra_families: augmentation families beyond the recipe's, see `Families`.
        left_out: augmentation families of the recipe that take no part.
        rand_augment: number of families drawn a picture by RandAugment at magnitude `strength`,
            instead of all of them; 0 is off.
        mixing: pictures of a batch mixed with one another; with "both" a coin decides a batch.
        edited: tumours are painted out and blended in (`CounterfactualMixer`).
        distilled: share of the class loss that follows the mean of the shipped classifiers
            (`ml.training.teacher`); 0 is off.
    """

    name: str
    task: Task
    phases: tuple[Phase, ...]
    learning_rate: float
    warmup: float = 0.08
    strength: float = 1.0
    mask_weight: float = 1.0
    glioma_weight: float = 1.0
    unknown_weight: float = 0.7
    empty_share: float = 0.2
    extra_families: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    rand_augment: int = 0
    mixing: Mixing = "none"
    edited: bool = False
    distilled: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what the stage's losses cannot take.

        Raises:
            ValueError: mixed pictures have no boxes, no tumour question with one answer and no
                teacher; a teacher tells classes only.
        """
        if self.distilled and (self.mixing != "none" or self.task not in ("joint", "classify")):
            raise ValueError(f"the {self.task} task cannot be distilled with {self.mixing} mixing")
        if self.mixing != "none" and self.task in ("detect", "multitask", "restore"):
            raise ValueError(f"the {self.task} task cannot be trained on mixed pictures")

    @property
    def epochs(self) -> int:
        """Epochs over all phases."""
        return sum(phase.epochs for phase in self.phases)


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides a run besides the pictures and the library versions.

    Attributes:
        network: a name that `python -m ml.training` takes.
        stages: what is done, in order.
        split: one of `SPLITS`.
        weights: "imagenet", "none", or a run's `.npz` or published `.safetensors` to start from.
        steps: batches an epoch.
        batch: pictures a batch.
        weight_decay: AdamW's decoupled decay (not on biases and normalisation).
        ema: momentum of the moving average of the weights that is evaluated and kept.
        label_smoothing: share of the target spread over all classes.
        patience: epochs without a better validation score before a stage ends.
        seed: of sampling, augmentation and initialisation.
    """

    network: str
    stages: tuple[Stage, ...]
    split: str = "clean"
    weights: str = "none"
    steps: int = 100
    batch: int = 32
    weight_decay: float = 0.02
    ema: float = 0.99
    label_smoothing: float = 0.05
    patience: int = 12
    seed: int = 20261121

    def of_stage(self, stage: Stage) -> dict[str, Any]:
        """What decides one stage's result: the run's settings and the stage's own."""
        whole = self.as_dict()
        del whole["stages"]
        return {**whole, "stage": asdict(stage)}

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; of a path to weights only the run, stage and file name."""
        return {**asdict(self), "weights": "/".join(Path(self.weights).parts[-3:])}


FOLD_SPLITS = tuple(f"fold{number}" for number in range(5))
"""Cross-validation by group: the fold that is the test part."""
SPLITS = ("clean", "official_sartaj", "official_roboflow", *FOLD_SPLITS)
"""What can be trained on."""
