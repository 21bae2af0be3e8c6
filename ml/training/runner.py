"""Runs a recipe: stage after stage, size after size, resuming where a kill left it."""

import json
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ml.errors import TrainingError
from ml.models.classifiers import build_classifier
from ml.models.unet import build_joint, build_unet
from ml.models.weights import read_arrays
from ml.training.batches import TrainingBatches
from ml.training.checkpoint import arrays_of, assign, load_arrays, save_arrays
from ml.training.config import RunConfig, Stage
from ml.training.corpus import Corpus, load_corpus, split_id
from ml.training.losses import OutlineLoss, PartialLabelLoss
from ml.training.validation import Validation

LIBRARIES = ("keras", "tensorflow", "numpy", "opencv-python-headless")


def start_network(config: RunConfig) -> tuple[Any, Any]:
    """Encoder with its class head, and the joint network on it, with the weights to start from.

    Raises:
        TrainingError: ImageNet weights cannot be downloaded, or the path is no weight file.
    """
    encoder = "mobilenet" if config.network == "unet" else config.network
    if config.weights == "imagenet":
        try:
            classifier = build_classifier(encoder, imagenet=True)
        except Exception as error:
            raise TrainingError(
                "ImageNet weights could not be downloaded. Train with `--weights none`, or give "
                "a weight file with `--weights PATH`."
            ) from error
        return classifier, build_joint(classifier)
    classifier = build_classifier(encoder)
    joint = build_joint(classifier)
    if config.weights != "none":
        arrays = stored_arrays(Path(config.weights))
        target = joint if len(arrays) == len(joint.weights) else classifier
        assign(target.weights, arrays, what="weights")
    return classifier, joint


def stored_arrays(path: Path) -> list[Any]:
    """Arrays of a run's `.npz` or of a published `.safetensors`.

    Raises:
        TrainingError: there is no such file.
    """
    if not path.is_file():
        raise TrainingError(f"There is no weight file at {path}; see `--weights`.")
    return read_arrays(path) if path.suffix == ".safetensors" else load_arrays(path)[0]


class Run:
    """One recipe in one folder.

    The folder holds `run.json` (config, seed, split id, versions), per stage a `log.csv`, a
    TensorBoard folder, `last.npz` (to resume) and `best.npz` (averaged weights of the best
    validation score). A finished stage is not repeated.
    """

    def __init__(self, config: RunConfig, folder: Path) -> None:
        self.config, self.folder = config, folder
        folder.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(config.seed)
        self.train = load_corpus(config.split, "train")
        self.check = load_corpus(config.split, "validation")
        self.write_facts()

    def write_facts(self) -> None:
        """`run.json`: what it takes to repeat the run."""
        split = "official" if self.config.split.startswith("official_") else self.config.split
        facts = {
            "config": self.config.as_dict(),
            "split_id": split_id(split),
            "pictures": {"train": len(self.train), "validation": len(self.check)},
            "backend": keras.backend.backend(),
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in LIBRARIES},
        }
        (self.folder / "run.json").write_text(json.dumps(facts, indent=2) + "\n")

    def go(self) -> Any:
        """All stages; returns the trained model with its best weights.

        Raises:
            TrainingError: the folder holds another recipe's run, or a stage came to nothing.
        """
        classifier, joint = start_network(self.config)
        model: Any = joint if self.config.network == "unet" else classifier
        for stage in self.config.stages:
            model = self.network_for(stage, classifier, model)
            folder = self.folder / stage.name
            self.claim(stage, folder)
            if not (folder / "done.json").is_file():
                self.train_stage(stage, model, folder)
            if not (folder / "best.npz").is_file():
                raise TrainingError(
                    f"Stage {stage.name} of {self.config.network} never had a finite validation "
                    "score: nothing was kept. Lower its learning rate and start anew."
                )
            assign(model.weights, load_arrays(folder / "best.npz")[0], what="weights")
        return model

    def claim(self, stage: Stage, folder: Path) -> None:
        """Write down what the stage is, or see that the folder's stage is the same.

        Raises:
            TrainingError: it is another one.
        """
        folder.mkdir(parents=True, exist_ok=True)
        wanted = json.loads(json.dumps(self.config.of_stage(stage)))
        path = folder / "stage.json"
        if path.is_file() and json.loads(path.read_text()) != wanted:
            raise TrainingError(
                f"{folder} holds a run of another recipe, seed or start. Give another folder "
                "with --runs, or remove that one."
            )
        path.write_text(json.dumps(wanted, indent=2) + "\n")

    def network_for(self, stage: Stage, classifier: Any, before: Any) -> Any:
        """The outputs a stage trains, on shared layers.

        Args:
            stage: what comes next.
            classifier: encoder with its class head.
            before: the model of the stage before, or the pre-trained joint network.
        """
        classifier.trainable = True
        if stage.task == "joint":
            return before if before.name.endswith("_joint") else build_joint(classifier)
        if stage.task == "segment":
            if before.name == "unet":
                return before
            unet = build_unet(classifier)
            copy_decoder(before, unet)
            return unet
        for layer in classifier.layers:
            layer.trainable = stage.task == "classify" or layer.name == "logits"
        return classifier

    def train_stage(self, stage: Stage, model: Any, folder: Path) -> None:
        """One optimisation, with its checkpoint after every epoch."""
        self.started, self.seconds = time.time(), 0.0
        self.compile(stage, model)
        validation = Validation(
            self.check,
            self.train,
            stage.task,
            epochs=stage.epochs,
            patience=self.config.patience,
        )
        validation.on_best = lambda epoch, score, figures: save_arrays(
            folder / "best.npz", arrays_of(model.weights), epoch=epoch, score=score, **figures
        )
        first = self.resume(folder, model, validation)
        end = 0
        for phase in stage.phases:
            begin, end = end, end + phase.epochs
            if first >= end or model.stop_training:
                continue
            validation.set_size(phase.size)
            batches = self.batches(stage, model, phase.size)
            batches.epoch = max(first, begin)
            model.fit(
                batches,
                initial_epoch=max(first, begin),
                epochs=end,
                callbacks=self.callbacks(folder, model, validation),
                verbose=1,
            )
        facts = {
            "best_epoch": validation.best_epoch,
            "score": validation.best,
            "minutes": round((self.seconds + time.time() - self.started) / 60.0, 1),
        }
        (folder / "done.json").write_text(json.dumps(facts) + "\n")
        (folder / "last.npz").unlink(missing_ok=True)

    def compile(self, stage: Stage, model: Any) -> None:
        """AdamW with warm-up, cosine decay and an average of the weights."""
        total = stage.epochs * self.config.steps
        rate = keras.optimizers.schedules.CosineDecay(
            stage.learning_rate * 0.01,
            decay_steps=max(1, round(total * (1.0 - stage.warmup))),
            alpha=0.01,
            warmup_target=stage.learning_rate,
            warmup_steps=max(1, round(total * stage.warmup)),
        )
        optimizer = keras.optimizers.AdamW(
            rate,
            weight_decay=self.config.weight_decay,
            global_clipnorm=5.0,
            use_ema=True,
            ema_momentum=self.config.ema,
        )
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        losses = {
            "logits": PartialLabelLoss(self.config.label_smoothing, name="class_loss"),
            "mask_logits": OutlineLoss(name="outline_loss"),
        }
        wanted = {"joint": ("logits", "mask_logits"), "segment": ("mask_logits",)}
        names = wanted.get(stage.task, ("logits",))
        if len(names) == 1:
            model.compile(optimizer, loss=losses[names[0]], jit_compile=False)
        else:
            model.compile(
                optimizer,
                loss={name: losses[name] for name in names},
                loss_weights={"logits": 1.0, "mask_logits": stage.mask_weight},
                jit_compile=False,
            )
        optimizer.build(model.trainable_variables)

    def batches(self, stage: Stage, model: Any, size: int) -> TrainingBatches:
        """Training batches at one size; the outline's grid is the model's own."""
        grid: tuple[int, int] | None = None
        if stage.task in ("joint", "segment"):
            output = model(np.zeros((1, size, size, 1), np.float32))
            mask = output["mask_logits"] if isinstance(output, dict) else output
            grid = (int(mask.shape[1]), int(mask.shape[2]))
        return TrainingBatches(
            self.train.resized(size), stage=stage, config=self.config, mask_shape=grid
        )

    def resume(self, folder: Path, model: Any, validation: Validation) -> int:
        """Load `last.npz` when there is one; returns the epoch to go on with."""
        model.stop_training = False
        last = folder / "last.npz"
        if not last.is_file():
            return 0
        arrays, facts = load_arrays(last)
        count = len(model.weights)
        assign(model.weights, arrays[:count], what="weights")
        assign(model.optimizer.variables, arrays[count:], what="optimiser state")
        validation.best, validation.best_epoch = facts["best"], facts["best_epoch"]
        self.seconds = float(facts["seconds"])
        return int(facts["epoch"]) + 1

    def callbacks(self, folder: Path, model: Any, validation: Validation) -> list[Any]:
        """Validation first, so that its figures reach the logs; then the checkpoint."""
        keep = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, _: save_arrays(
                folder / "last.npz",
                arrays_of(model.weights) + arrays_of(model.optimizer.variables),
                epoch=epoch,
                best=float(validation.best),
                best_epoch=validation.best_epoch,
                seconds=self.seconds + time.time() - self.started,
            )
        )
        found = [validation, keras.callbacks.CSVLogger(str(folder / "log.csv"), append=True), keep]
        if keras.backend.backend() == "tensorflow":
            found.append(keras.callbacks.TensorBoard(str(folder / "tensorboard")))
        return found


def copy_decoder(joint: Any, unet: Any) -> None:
    """Weights of the stages that both decoders have, by layer name."""
    names = {layer.name for layer in joint.layers}
    for layer in unet.layers:
        if layer.name.startswith("decoder") and layer.name in names:
            layer.set_weights(joint.get_layer(layer.name).get_weights())


def summary(corpus: Corpus) -> str:
    """One line on what is trained on."""
    return (
        f"{len(corpus)} pictures, {len(np.unique(corpus.clusters))} clusters, "
        f"{len(np.unique(corpus.groups))} groups"
    )
