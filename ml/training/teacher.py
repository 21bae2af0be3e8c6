"""Distillation: a network also learns what the mean of the shipped classifiers says.

For known classes the teacher tells how alike two of them look on a picture; for a tumour of
unknown type it says which type it takes it for. An edited picture whose truth changed has no
teacher: its class loss is the usual one.

Reference: Hinton et al. 2015, arXiv:1503.02531 (temperature 1).
"""

import hashlib
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from ml.evaluation.calibration import softmax
from ml.labels import CLASSES
from ml.models import weights
from ml.models.registry import CLASSIFIERS, spec
from ml.results import FloatArray
from ml.training import corpus as pictures
from ml.training.corpus import Corpus
from ml.training.losses import PartialLabelLoss
from ml.training.validation import predict

COUNT = len(CLASSES)


def teacher_of(corpus: Corpus) -> FloatArray:
    """Mean probabilities (N, 4) of the shipped classifiers for every picture of a corpus.

    Kept in the ignored cache under the digests of their weights and the pictures' names.

    Raises:
        WeightsError: the weights of a classifier are missing or altered.
    """
    store = _store(corpus)
    if not store.is_file():
        found = np.zeros((len(corpus), COUNT), np.float64)
        for name in CLASSIFIERS:
            images = corpus.resized(spec(name).input_size).images
            logits = predict(weights.load(name), images)["logits"]
            found += softmax(np.asarray(logits, np.float64)) / len(CLASSIFIERS)
        store.parent.mkdir(parents=True, exist_ok=True)
        np.save(store, found.astype(np.float32))
    stored: FloatArray = np.load(store)
    return stored


def _store(corpus: Corpus) -> Path:
    content = hashlib.sha256("\n".join(corpus.paths).encode())
    for name in CLASSIFIERS:
        content.update(spec(name).sha256.encode())
    return pictures.CACHE / f"teacher-{content.hexdigest()[:12]}.npy"


@keras.saving.register_keras_serializable(package="sulcus")
class DistillationLoss(keras.losses.Loss):  # type: ignore[misc]
    """`PartialLabelLoss` and the cross-entropy against a teacher, by a share a picture.

    Targets (B, 9): possible classes (4), the teacher's probabilities (4), the teacher's share.
    """

    def __init__(self, label_smoothing: float = 0.05, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.label_smoothing = label_smoothing
        self.labels = PartialLabelLoss(label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(B,) losses from targets (B, 9) and logits (B, 4)."""
        y_true, y_pred = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        known = self.labels.call(y_true[:, :COUNT], y_pred)
        teacher, share = y_true[:, COUNT : 2 * COUNT], y_true[:, 2 * COUNT]
        taught = -ops.sum(teacher * ops.log_softmax(y_pred, axis=-1), axis=-1)
        return (1.0 - share) * known + share * taught

    def get_config(self) -> dict[str, Any]:
        """Plain values for saving."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
