"""Losses in keras.ops only, so that every Keras backend computes the same numbers."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="sulcus")
class PartialLabelLoss(keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy for targets that name one class or a set of possible classes.

    The target (B, 4) is 1 for every class the picture may have: one-hot for a known class,
    (1, 1, 0, 1) for a tumour of unknown type. Loss = −log of the probability of the set, plus
    the usual label-smoothing term.

    Reference: Jin & Ghahramani 2002 (learning with multiple labels).
    """

    def __init__(self, label_smoothing: float = 0.05, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(B,) losses from targets (B, 4) and logits (B, 4)."""
        y_pred = ops.cast(y_pred, "float32")
        y_true = ops.cast(y_true, "float32")
        everything = ops.logsumexp(y_pred, axis=-1)
        allowed = ops.logsumexp(y_pred + ops.log(y_true + 1e-9), axis=-1)
        smooth = everything - ops.mean(y_pred, axis=-1)
        share = self.label_smoothing
        return (1.0 - share) * (everything - allowed) + share * smooth

    def get_config(self) -> dict[str, Any]:
        """Plain values for saving."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable(package="sulcus")
class OutlineLoss(keras.losses.Loss):  # type: ignore[misc]
    """Binary cross-entropy plus soft Dice, one value a picture.

    Targets (B, h, w, 1) are coverage in 0..1. The Dice part counts only for pictures that have
    a tumour: an empty reference has no Dice, its cross-entropy alone pulls the mask to empty.

    Reference: Milletari et al. 2016, arXiv:1606.04797 (soft Dice).
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(B,) losses from coverage and logits of the same shape."""
        y_true = ops.cast(y_true, "float32")
        y_pred = ops.cast(y_pred, "float32")
        entropy = ops.maximum(y_pred, 0.0) - y_pred * y_true + ops.log1p(ops.exp(-ops.abs(y_pred)))
        entropy = ops.mean(entropy, axis=(1, 2, 3))
        inside = ops.sigmoid(y_pred)
        overlap = ops.sum(inside * y_true, axis=(1, 2, 3))
        reference = ops.sum(y_true, axis=(1, 2, 3))
        total = ops.sum(inside, axis=(1, 2, 3)) + reference
        dice = 1.0 - (2.0 * overlap + 1.0) / (total + 1.0)
        return 4.0 * entropy + dice * ops.cast(reference > 0.0, "float32")
