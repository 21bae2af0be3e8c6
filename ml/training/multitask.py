"""Targets and losses of the multi-task network; keras.ops only, as in `ml.training.losses`.

A class target (B, 4) names the classes that a picture may have: one class, or all three tumours
for a tumour of unknown type. It splits into "is there a tumour" and "which type, if there is".
Without label smoothing the two losses add up to −log of the probability that `four_classes` gives
to that set, so a multi-task network is trained on the same likelihood as the other classifiers.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from ml.labels import CLASSES, NO_TUMOR
from ml.results import FloatArray
from ml.training.losses import OutlineLoss

TUMOURS = [k for k in range(len(CLASSES)) if k != NO_TUMOR]
"""Positions of the tumour types among the classes, in the order of the "type" head."""
OUT_OF_REACH = -1e30
"""Stands for −∞ where a logit must not count; −∞ itself would make gradients NaN."""


@keras.saving.register_keras_serializable(package="sulcus")
class TumourLoss(keras.losses.Loss):  # type: ignore[misc]
    """Binary cross-entropy of "there is a tumour" from logits, one value a picture."""

    def __init__(self, label_smoothing: float = 0.05, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(B,) losses from targets (B, 1) in 0..1 and logits (B, 1)."""
        y_pred = ops.cast(y_pred, "float32")
        y_true = ops.cast(y_true, "float32")
        share = self.label_smoothing
        wanted = (1.0 - share) * y_true + 0.5 * share
        return ops.mean(ops.softplus(y_pred) - y_pred * wanted, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Plain values for saving."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable(package="sulcus")
class TypeLoss(keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy of the tumour type, for targets that name a type or a set of possible types.

    The target (B, 3) is 1 for every type the tumour may have. All ones (type unknown) and all
    zeros (no tumour) say nothing about the type: their loss and its gradient are exactly 0. The
    mean over a batch counts those rows too, as the sum with `TumourLoss` to a likelihood needs.

    Reference: Jin & Ghahramani 2002 (learning with multiple labels).
    """

    def __init__(self, label_smoothing: float = 0.05, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(B,) losses from targets (B, 3) and logits (B, 3)."""
        y_pred = ops.cast(y_pred, "float32")
        possible = ops.cast(y_true, "float32") > 0.5
        informative = ops.logical_and(
            ops.any(possible, axis=-1), ops.logical_not(ops.all(possible, axis=-1))
        )
        everything = ops.logsumexp(y_pred, axis=-1)
        allowed = ops.logsumexp(ops.where(possible, y_pred, OUT_OF_REACH), axis=-1)
        # rows without information: a difference of equals instead of one with "out of reach"
        allowed = ops.where(informative, allowed, everything)
        smooth = everything - ops.mean(y_pred, axis=-1)
        share = self.label_smoothing * ops.cast(informative, "float32")
        return (1.0 - share) * (everything - allowed) + share * smooth

    def get_config(self) -> dict[str, Any]:
        """Plain values for saving."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


def multitask_losses(label_smoothing: float = 0.05) -> dict[str, Any]:
    """A loss for each output of `ml.models.multitask.build_multitask`."""
    return {
        "tumour": TumourLoss(label_smoothing, name="tumour_loss"),
        "type": TypeLoss(label_smoothing, name="type_loss"),
        "mask_logits": OutlineLoss(name="outline_loss"),
    }


def multitask_targets(
    classes: FloatArray, masks: FloatArray, has_mask: FloatArray
) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Targets and sample weights by output name.

    Args:
        classes: (B, 4), 1 for every class the picture may have.
        masks: (B, h, w, 1) coverage in 0..1.
        has_mask: (B,), 1 where somebody outlined the picture, or saw that there is nothing to.

    Returns:
        Targets {"tumour": (B, 1), "type": (B, 3), "mask_logits": (B, h, w, 1)} and weights (B,)
        under the same names.

    Raises:
        ValueError: a row names no class, or may or may not be a tumour.
    """
    possible: npt.NDArray[np.bool_] = np.asarray(classes) > 0.5
    types, free = possible[:, TUMOURS], possible[:, NO_TUMOR]
    tumour = np.asarray(types.any(axis=1))
    unclear = np.flatnonzero(tumour == free)
    if len(unclear):
        raise ValueError(
            f"row {unclear[0]} of the class targets is {classes[unclear[0]].tolist()}; it must "
            "name either tumour types or no tumour"
        )
    every = np.ones(len(possible), np.float32)
    targets = {
        "tumour": tumour[:, None].astype(np.float32),
        "type": types.astype(np.float32),
        "mask_logits": masks,
    }
    return targets, {"tumour": every, "type": every, "mask_logits": has_mask}
