"""Self-supervised warm-up: blocks of a slice are hidden, the network draws them again.

No label takes part, so every training slice serves. The target is the slice itself on the grid of
the outline's decoder; what is learnt in the encoder is kept, the decoder is thrown away.

Reference: Xie et al. 2022, arXiv:2111.09886 (SimMIM: hidden blocks, a light decoder, raw pixels).
"""

from typing import Any, Final

import keras
import numpy as np
from keras import ops

from ml.results import FloatArray

BLOCKS: Final[int] = 8
"""Blocks along a side."""
HIDDEN_SHARE: Final[float] = 0.5
"""Share of the blocks that is hidden."""


def hidden(image: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A picture (S, S) in 0..1 with half of its blocks at the picture's mean level."""
    edges = np.linspace(0, image.shape[0], BLOCKS + 1).round().astype(int)
    covered = np.asarray(image, np.float32).copy()
    level = float(image.mean())
    for block in rng.permutation(BLOCKS * BLOCKS)[: round(HIDDEN_SHARE * BLOCKS * BLOCKS)]:
        row, column = divmod(int(block), BLOCKS)
        covered[edges[row] : edges[row + 1], edges[column] : edges[column + 1]] = level
    return covered


@keras.saving.register_keras_serializable(package="sulcus")
class RestorationLoss(keras.losses.Loss):  # type: ignore[misc]
    """Squared difference between the drawn and the true grey levels, one value a picture.

    Targets (B, h, w, 1) are grey levels in 0..1; predictions are their logits.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(B,) losses."""
        drawn = ops.sigmoid(ops.cast(y_pred, "float32"))
        return ops.mean(ops.square(drawn - ops.cast(y_true, "float32")), axis=(1, 2, 3))


def restorer(joint: Any) -> Any:
    """The joint network as one that draws: (B, S, S, 1) → logits (B, h, w, 1), shared layers."""
    return keras.Model(joint.input, joint.output["mask_logits"], name=f"{joint.name}_restore")


def restoration_error(drawn: FloatArray, truth: FloatArray) -> dict[str, float]:
    """Root of the mean squared difference of grey levels.

    Args:
        drawn: (N, h, w, 1) logits.
        truth: (N, h, w) grey levels in 0..1.
    """
    levels = 0.5 * (1.0 + np.tanh(0.5 * drawn[..., 0]))
    return {"grey_rmse": float(np.sqrt(np.mean((levels - truth) ** 2)))}
