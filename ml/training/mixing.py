"""MixUp and CutMix on prepared batches, and the class loss for mixed targets.

A mixed picture has two targets, each a set of possible classes as `PartialLabelLoss` takes it,
and a share. The loss is the shares' mean of the two losses: for known classes this is the
cross-entropy against the mixed one-hot target of both papers, and it stays defined for a
tumour of unknown type, whose set cannot be averaged into probabilities.

The three are packed in one array (B, 9): first target (4), second target (4), share of the first.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from ml.labels import CLASSES
from ml.results import FloatArray
from ml.training.losses import PartialLabelLoss

COUNT = len(CLASSES)


@dataclass(frozen=True)
class Mixed:
    """A mixed batch.

    Attributes:
        images: (B, S, S, 1) float32 in 0..1.
        targets: (B, 9) float32, packed.
        partner: (B,) int, position of the picture each one was mixed with.
        share: (B,) float32 in 0..1, how much of the picture is its own.
        masks: (B, h, w, 1) float32 coverage mixed alike, or None.
    """

    images: FloatArray
    targets: FloatArray
    partner: npt.NDArray[np.int64]
    share: FloatArray
    masks: FloatArray | None = None


def pack(first: FloatArray, second: FloatArray, share: FloatArray) -> FloatArray:
    """Targets (B, 4), targets of the partners (B, 4) and shares (B,) → (B, 9) float32."""
    return np.concatenate([first, second, share[:, None]], axis=1).astype(np.float32)


def mixup(
    images: FloatArray,
    targets: FloatArray,
    rng: np.random.Generator,
    *,
    alpha: float = 0.2,
    masks: FloatArray | None = None,
) -> Mixed:
    """Weighted mean of every picture with another of its batch.

    Args:
        images: (B, S, S, 1) float32 in 0..1.
        targets: (B, 4), 1 for every class the picture may have.
        rng: source of partners and shares.
        alpha: both parameters of the Beta distribution of the share, > 0; small values mix
            few pictures strongly.
        masks: (B, h, w, 1) coverage, or None.

    Raises:
        ValueError: alpha is not above 0, or the arrays do not fit together.

    Reference: Zhang et al. 2018, arXiv:1710.09412.
    """
    _check(images, targets, masks, alpha)
    partner, share = _draw(len(images), rng, alpha)
    weight = share[:, None, None, None]

    def blend(stack: FloatArray) -> FloatArray:
        return np.asarray(weight * stack + (1 - weight) * stack[partner], np.float32)

    return Mixed(
        images=blend(images),
        targets=pack(targets, targets[partner], share),
        partner=partner,
        share=share,
        masks=None if masks is None else blend(masks),
    )


def cutmix(
    images: FloatArray,
    targets: FloatArray,
    rng: np.random.Generator,
    *,
    alpha: float = 1.0,
    masks: FloatArray | None = None,
) -> Mixed:
    """A rectangle of every picture taken from another of its batch.

    The share is the area that is left after the rectangle is cut off at the border.

    Args:
        images: (B, S, S, 1) float32 in 0..1.
        targets: (B, 4), 1 for every class the picture may have.
        rng: source of partners, shares and places.
        alpha: both parameters of the Beta distribution of the share, > 0; 1 as in the paper.
        masks: (B, h, w, 1) coverage on a side that divides the pictures' evenly, or None.

    Raises:
        ValueError: alpha is not above 0, or the arrays do not fit together.

    Reference: Yun et al. 2019, arXiv:1905.04899.

    Limits: a small tumour may lie wholly inside or outside the rectangle, so area is a noisy
    measure of what is left of a class here; the mask, where known, stays exact.
    """
    _check(images, targets, masks, alpha)
    size = images.shape[1]
    grid = size if masks is None else masks.shape[1]
    partner, wanted = _draw(len(images), rng, alpha)
    images, masks = images.copy(), None if masks is None else masks.copy()
    givers, given = images.copy(), None if masks is None else masks.copy()
    share = np.ones(len(images), np.float32)
    for row, other in enumerate(partner):
        (top, bottom), (left, right) = _box(grid, float(np.sqrt(1.0 - wanted[row])), rng)
        share[row] = 1.0 - (bottom - top) * (right - left) / grid**2
        if masks is not None and given is not None:
            masks[row, top:bottom, left:right] = given[other, top:bottom, left:right]
        step = size // grid
        area = (slice(top * step, bottom * step), slice(left * step, right * step))
        images[row][area] = givers[other][area]
    packed = pack(targets, targets[partner], share)
    return Mixed(images=images, targets=packed, partner=partner, share=share, masks=masks)


def _draw(
    count: int, rng: np.random.Generator, alpha: float
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """A partner for every picture and the share that it keeps."""
    return rng.permutation(count), rng.beta(alpha, alpha, count).astype(np.float32)


def _box(
    grid: int, edge: float, rng: np.random.Generator
) -> tuple[tuple[int, int], tuple[int, int]]:
    """(top, bottom), (left, right) of a rectangle of relative side `edge` about a random place."""
    half = edge * grid / 2
    ends = []
    for centre in rng.uniform(0, grid, 2):
        low, high = (int(np.clip(round(v), 0, grid)) for v in (centre - half, centre + half))
        ends.append((low, high))
    return ends[0], ends[1]


def _check(images: FloatArray, targets: FloatArray, masks: FloatArray | None, alpha: float) -> None:
    if not alpha > 0:
        raise ValueError(f"the Beta distribution of the share wants alpha > 0, not {alpha}")
    if targets.shape != (len(images), COUNT):
        raise ValueError(
            f"{len(images)} pictures want targets ({len(images)}, {COUNT}), not {targets.shape}"
        )
    if masks is not None and (len(masks) != len(images) or images.shape[1] % masks.shape[1]):
        raise ValueError(
            f"masks {masks.shape} do not lie evenly on pictures {images.shape}: their side must "
            "divide the pictures'"
        )


@keras.saving.register_keras_serializable(package="sulcus")
class MixedLabelLoss(keras.losses.Loss):  # type: ignore[misc]
    """`PartialLabelLoss` for packed targets (B, 9); equal to it where the share is 1.

    Reference: Zhang et al. 2018, arXiv:1710.09412, eq. 2 by the linearity of cross-entropy.
    """

    def __init__(self, label_smoothing: float = 0.05, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.label_smoothing = label_smoothing
        self.single = PartialLabelLoss(label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(B,) losses from packed targets (B, 9) and logits (B, 4)."""
        y_true = ops.cast(y_true, "float32")
        first = self.single.call(y_true[:, :COUNT], y_pred)
        second = self.single.call(y_true[:, COUNT : 2 * COUNT], y_pred)
        share = y_true[:, 2 * COUNT]
        return share * first + (1.0 - share) * second

    def get_config(self) -> dict[str, Any]:
        """Plain values for saving."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
