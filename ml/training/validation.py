"""What is read off the validation part after an epoch: the score that early stopping follows."""

from typing import Any

import keras
import numpy as np
from keras import ops

from ml.labels import CLASSES
from ml.models.multitask import four_classes
from ml.training.batches import shrink
from ml.training.checkpoint import arrays_of, assign
from ml.training.config import Task
from ml.training.corpus import Corpus
from ml.training.devices import distributed
from ml.training.restoring import hidden, restoration_error

VALIDATION_BATCH = 64


def predict(model: Any, images: Any) -> dict[str, Any]:
    """Outputs of a model for uint8 pictures (N, S, S), by output name."""
    found: dict[str, list[Any]] = {}
    several = distributed()
    for start in range(0, len(images), VALIDATION_BATCH):
        batch = images[start : start + VALIDATION_BATCH, :, :, None].astype(np.float32) / 255.0
        outputs = model(batch, training=False) if several else model.predict_on_batch(batch)
        for name, value in as_named(outputs).items():
            found.setdefault(name, []).append(ops.convert_to_numpy(value))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def as_named(output: Any) -> dict[str, Any]:
    """Model output as a dictionary; a single output is named after its layer."""
    if isinstance(output, dict):
        return output
    return {"mask_logits" if len(output.shape) == 4 else "logits": output}


def class_figures(logits: Any, labels: Any) -> dict[str, float]:
    """Balanced accuracy and mean negative log-likelihood of logits (N, 4)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    right = logits.argmax(axis=1) == labels
    recalls = [right[labels == c].mean() for c in range(len(CLASSES)) if (labels == c).any()]
    nll = -log_p[np.arange(len(labels)), labels].mean()
    return {"balanced_accuracy": float(np.mean(recalls)), "nll": float(nll)}


def outline_figures(mask_logits: Any, masks: Any, marked: Any) -> dict[str, float]:
    """Mean Dice on outlined slices and share of tumour-free slices with any marked pixel.

    Args:
        mask_logits: (N, h, w, 1).
        masks: (N, S, S) uint8 coverage.
        marked: (N,) bool, the reference is not empty.
    """
    found = mask_logits[..., 0] > 0.0
    grid = (found.shape[1], found.shape[2])
    truth = np.stack([shrink(m.astype(np.float32), grid) > 127.0 for m in masks])
    overlap = (found & truth).sum(axis=(1, 2))
    total = found.sum(axis=(1, 2)) + truth.sum(axis=(1, 2))
    dice = 2.0 * overlap[marked] / np.maximum(total[marked], 1)
    figures = {"dice": float(dice.mean())}
    if (~marked).any():
        figures["false_marks"] = float(found[~marked].any(axis=(1, 2)).mean())
    return figures


def reestimate_batch_norm(model: Any, images: Any, *, batches: int = 8) -> None:
    """Replace the running statistics by their mean over prepared pictures (N, S, S) uint8.

    The averaged weights never saw a batch of their own, so the statistics gathered along the way
    belong to other weights; early in a run the mismatch alone can ruin an evaluation.

    Reference: Izmailov et al. 2018, arXiv:1803.05407, section 3.2.
    """
    layers = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    usual = [layer.momentum for layer in layers]
    trainable = [layer.trainable for layer in layers]
    for step, start in enumerate(range(0, len(images), VALIDATION_BATCH)):
        if step == batches:
            break
        for layer in layers:
            # k/(k+1) makes the moving average the plain mean of all batches so far
            layer.trainable, layer.momentum = True, step / (step + 1)
        batch = images[start : start + VALIDATION_BATCH, :, :, None].astype(np.float32) / 255.0
        model(batch, training=True)
    for layer, momentum, was in zip(layers, usual, trainable, strict=True):
        layer.momentum, layer.trainable = momentum, was


class Validation(keras.callbacks.Callback):  # type: ignore[misc]
    """Evaluates the averaged weights, keeps the best ones, stops when they no longer improve.

    Early epochs are looked at every third time only: nothing is decided there.
    """

    def __init__(
        self, corpus: Corpus, train: Corpus, task: Task, *, epochs: int, patience: int
    ) -> None:
        super().__init__()
        shown = np.random.default_rng(0).permutation(len(train))[: 8 * VALIDATION_BATCH]
        self.train = train.select(np.isin(np.arange(len(train)), shown))
        self.task, self.epochs, self.patience = task, epochs, patience
        known = corpus.representative & (corpus.labels >= 0)
        if task == "segment":
            known &= corpus.has_mask
        self.corpus = corpus.select(known)
        self.at_size: Corpus | None = None
        self.train_images: Any = None
        self.best, self.best_epoch = -np.inf, -1
        self.swap = keras.callbacks.SwapEMAWeights()
        self.on_best: Any = None

    def set_size(self, size: int) -> None:
        """Side of the pictures to validate on, pixels."""
        self.at_size = self.corpus.resized(size)
        images = self.train.resized(size).images
        self.train_images = np.random.default_rng(0).permutation(images)

    def set_model(self, model: Any) -> None:
        """Also hands the model to the averaging callback."""
        super().set_model(model)
        self.swap.set_model(model)

    def figures(self) -> dict[str, float]:
        """Validation figures of the model as it stands."""
        assert self.at_size is not None
        if self.task == "restore":
            return self.restored(self.at_size.images)
        outputs = predict(self.model, self.at_size.images)
        if "tumour" in outputs:
            heads = four_classes(outputs["tumour"], outputs["type"])
            outputs["logits"] = ops.convert_to_numpy(heads)
        found: dict[str, float] = {}
        if "logits" in outputs:
            found |= class_figures(outputs["logits"], self.at_size.labels)
        if "mask_logits" in outputs:
            known = self.at_size.has_mask
            masks = self.at_size.masks[known]
            marked = masks.reshape(len(masks), -1).any(axis=1)
            found |= outline_figures(outputs["mask_logits"][known], masks, marked)
        return found

    def restored(self, images: Any) -> dict[str, float]:
        """How well the hidden blocks of prepared pictures (N, S, S) uint8 are drawn again."""
        rng = np.random.default_rng(0)
        covered = np.stack([hidden(image / np.float32(255.0), rng) for image in images])
        drawn = predict(self.model, np.round(255.0 * covered).astype(np.uint8))["mask_logits"]
        truth = np.stack([shrink(image / np.float32(255.0), drawn.shape[1:3]) for image in images])
        return restoration_error(drawn, truth)

    def score(self, figures: dict[str, float]) -> float:
        """One number to follow; the likelihood breaks the ties of a small validation part."""
        if self.task == "restore":
            return -figures["grey_rmse"]
        if self.task == "segment":
            return figures["dice"] - 0.1 * figures.get("false_marks", 0.0)
        score = figures["balanced_accuracy"] - 0.2 * figures["nll"]
        return score + (0.5 * figures["dice"] if self.task in ("joint", "multitask") else 0.0)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluate, log, keep, maybe stop."""
        logs = logs if logs is not None else {}
        names = {
            "segment": ("dice", "false_marks"),
            "detect": ("map50", "map50_95", "ap50_any"),
            "restore": ("grey_rmse",),
            "joint": ("balanced_accuracy", "nll", "dice", "false_marks"),
            "multitask": ("balanced_accuracy", "nll", "dice", "false_marks"),
        }.get(self.task, ("balanced_accuracy", "nll"))
        early = epoch < 0.5 * self.epochs and (epoch + 1) % 3 and epoch + 1 < self.epochs
        found = dict.fromkeys(names, float("nan"))
        if not early:
            self.swap.on_test_begin()
            statistics = arrays_of(self.model.non_trainable_variables)
            if self.task != "head":
                reestimate_batch_norm(self.model, self.train_images)
            found |= self.figures()
            score = self.score(found)
            if score > self.best:
                self.best, self.best_epoch = score, epoch
                if self.on_best is not None:
                    self.on_best(epoch, score, found)
            assign(self.model.non_trainable_variables, statistics, what="statistics")
            self.swap.on_test_end()
        logs.update({f"val_{name}": value for name, value in found.items()})
        if self.best_epoch >= 0 and epoch - self.best_epoch >= self.patience:
            self.model.stop_training = True
