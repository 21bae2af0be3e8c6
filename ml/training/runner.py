"""Runs a recipe: stage after stage, size after size, resuming where a kill left it."""

import json
import platform
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ml.errors import TrainingError
from ml.training.batches import TrainingBatches
from ml.training.checkpoint import arrays_of, assign, load_arrays, save_arrays
from ml.training.config import ENCODER, OUTLINING, RunConfig, Stage
from ml.training.corpus import Corpus, load_corpus, split_file, split_id
from ml.training.devices import across, synchronise_batch_norm
from ml.training.edits import edits_of
from ml.training.losses import PartialLabelLoss
from ml.training.mixing import MixedLabelLoss
from ml.training.multitask import multitask_losses
from ml.training.networks import network_for, start_network
from ml.training.restoring import RestorationLoss
from ml.training.teacher import DistillationLoss, teacher_of
from ml.training.validation import Validation

WANTED = {
    "joint": ("logits", "mask_logits"),
    "segment": ("mask_logits",),
    "restore": ("restored",),
    "multitask": ("tumour", "type", "mask_logits"),
}
"""[task] → outputs that have a loss; of every other task the class logits alone."""
LIBRARIES = ("keras", "tensorflow", "jax", "torch", "numpy", "opencv-python-headless")


def installed(libraries: tuple[str, ...]) -> dict[str, str]:
    """Version of each library that is there: a run needs one backend, not all."""
    found = {}
    for name in libraries:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


class Run:
    """One recipe in one folder.

    The folder holds `run.json` (config, seed, split id, versions), per stage a `log.csv`, a
    TensorBoard folder, `last.npz` (to resume) and `best.npz` (averaged weights of the best
    validation score). A finished stage is not repeated.
    """

    validator: type[Validation] = Validation

    def __init__(self, config: RunConfig, folder: Path, devices: list[str] | None = None) -> None:
        """Read the pictures and write down what the run is.

        Args:
            config: the recipe.
            folder: where everything is kept.
            devices: accelerators that share each batch; None trains on the default one.
        """
        self.config, self.folder, self.devices = config, folder, devices
        folder.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(config.seed)
        self.train = load_corpus(config.split, "train")
        self.check = load_corpus(config.split, "validation")
        self.write_facts()

    def write_facts(self) -> None:
        """`run.json`: what it takes to repeat the run."""
        facts = {
            "config": self.config.as_dict(),
            "split_id": split_id(split_file(self.config.split)),
            "pictures": {"train": len(self.train), "validation": len(self.check)},
            "backend": keras.backend.backend(),
            "python": platform.python_version(),
            "libraries": installed(LIBRARIES),
        }
        (self.folder / "run.json").write_text(json.dumps(facts, indent=2) + "\n")

    def go(self) -> Any:
        """All stages; returns the trained model with its best weights.

        Raises:
            TrainingError: the folder holds another recipe's run, or a stage came to nothing.
        """
        with self.scope():
            return self.all_stages()

    def scope(self) -> AbstractContextManager[Any]:
        """Where networks are built and trained: on one device, or across several."""
        if self.devices is None:
            return nullcontext()
        return across(self.devices, batch=self.config.batch)

    def all_stages(self) -> Any:
        """One after the other; returns the trained model.

        Raises:
            TrainingError: a stage never had a finite score, or the folder holds another one.
        """
        classifier, joint = start_network(self.config)
        model: Any = joint if self.config.network in ENCODER else classifier
        for stage in self.config.stages:
            model = self.network_for(stage, classifier, model)
            if self.devices is not None:
                synchronise_batch_norm(model)
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
        """The outputs a stage trains, see `ml.training.networks.network_for`."""
        return network_for(stage, self.config.network, classifier=classifier, before=before)

    def train_stage(self, stage: Stage, model: Any, folder: Path) -> None:
        """One optimisation, with its checkpoint after every epoch."""
        self.started, self.seconds = time.time(), 0.0
        self.compile(stage, model)
        validation = self.validator(
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
        """Set the optimiser, and the losses that a stage's task asks for."""
        optimizer = self.optimizer(stage)
        class_loss = PartialLabelLoss if stage.mixing == "none" else MixedLabelLoss
        if stage.distilled:
            class_loss = DistillationLoss
        losses = multitask_losses(self.config.label_smoothing) | {
            "logits": class_loss(self.config.label_smoothing, name="class_loss"),
            "restored": RestorationLoss(),
        }
        names = WANTED.get(stage.task, ("logits",))
        if len(names) == 1:
            model.compile(optimizer, loss=losses[names[0]], jit_compile=jitted())
        else:
            model.compile(
                optimizer,
                loss={name: losses[name] for name in names},
                loss_weights=dict.fromkeys(names, 1.0) | {"mask_logits": stage.mask_weight},
                jit_compile=jitted(),
            )
        optimizer.build(model.trainable_variables)

    def optimizer(self, stage: Stage) -> Any:
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
        return optimizer

    def batches(self, stage: Stage, model: Any, size: int) -> TrainingBatches:
        """Training batches at one size; the outline's grid is the model's own."""
        grid: tuple[int, int] | None = None
        if stage.task in OUTLINING:
            output = model(np.zeros((1, size, size, 1), np.float32))
            mask = output["mask_logits"] if isinstance(output, dict) else output
            grid = (int(mask.shape[1]), int(mask.shape[2]))
        edits = edits_of(self.train).resized(size) if stage.edited else None
        return TrainingBatches(
            self.train.resized(size),
            stage=stage,
            config=self.config,
            mask_shape=grid,
            edits=edits,
            teacher=teacher_of(self.train) if stage.distilled else None,
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


def jitted() -> bool:
    """Whether steps are compiled by XLA: under JAX the alternative is one operation at a time.

    TensorFlow's own graphs were as fast on processors, and start sooner.
    """
    return bool(keras.backend.backend() == "jax")


def summary(corpus: Corpus) -> str:
    """One line on what is trained on."""
    return (
        f"{len(corpus)} pictures, {len(np.unique(corpus.clusters))} clusters, "
        f"{len(np.unique(corpus.groups))} groups"
    )
