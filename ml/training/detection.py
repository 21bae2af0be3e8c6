"""How the detector learns: which anchor and proposal means which tumour, losses, batches.

The reference of a picture is padded to `MOST_BOXES` boxes with a mask of the valid ones, so every
shape is fixed. A box carries the set of its possible classes, as `PartialLabelLoss` wants it: a
tumour of unknown type (Br35H) teaches where it is, and that it is one of three. A tumour-free
picture has no valid box; all of it is background.

Left out of the paper: reference boxes are not added to the proposals (the batch gives pictures
only), and nothing is sampled at random: the first stage has the focal loss instead, the second
weighs all proposals, boxes and background half each.

Reference: Ren et al. 2015, arXiv:1506.01497; Lin et al. 2017, arXiv:1708.02002 (focal loss).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import keras
import numpy as np
from keras import ops

from ml.datasets.boxes import boxes_of
from ml.labels import CLASSES, NO_TUMOR
from ml.models.boxes import anchor_grid, encode, iou
from ml.training.batches import TrainingBatches
from ml.training.config import RunConfig, Stage
from ml.training.corpus import Corpus
from ml.training.losses import PartialLabelLoss

MOST_BOXES: Final[int] = 4
ANCHOR_IS_TUMOUR: Final[float] = 0.5
ANCHOR_IS_BACKGROUND: Final[float] = 0.4
"""Anchors that overlap a tumour by less than the one and at least the other are not counted."""
PROPOSAL_IS_TUMOUR: Final[float] = 0.5
FOCUS: Final[float] = 2.0
TUMOUR_SHARE: Final[float] = 0.25
"""Gamma and alpha of the focal loss."""


def reference_of(masks: Sequence[Any], classes: Any) -> dict[str, Any]:
    """Padded reference boxes of a batch.

    Args:
        masks: B coverages (S, S) in 0..1; tumour is where it exceeds 0.5.
        classes: (B, 4) possible classes of each picture.

    Returns:
        "boxes" (B, `MOST_BOXES`, 4) float32 in shares of the side, "valid" (B, `MOST_BOXES`)
        float32, "classes" (B, `MOST_BOXES`, 4) float32. With more parts the largest count.
    """
    boxes = np.zeros((len(masks), MOST_BOXES, 4), np.float32)
    valid = np.zeros((len(masks), MOST_BOXES), np.float32)
    for row, mask in enumerate(masks):
        found = boxes_of(mask > 0.5)[:MOST_BOXES] / mask.shape[0]
        boxes[row, : len(found)], valid[row, : len(found)] = found, 1.0
    sets = np.repeat(np.asarray(classes, np.float32)[:, None], MOST_BOXES, axis=1)
    return {"boxes": boxes, "valid": valid, "classes": sets}


def best_match(boxes: Any, truth: Any, valid: Any, *, claim: bool) -> tuple[Any, Any, Any]:
    """The reference box that every box overlaps most.

    Args:
        boxes: (B, N, 4) anchors or proposals.
        truth: (B, M, 4) reference boxes.
        valid: (B, M), 0 for padding.
        claim: the box that overlaps a reference box best is its match however little it is, so
            that a tumour of odd size is learnt from too.

    Returns:
        Overlap (B, N) in 0..1, position (B, N) of the match among M, claimed (B, N) as 0 or 1.
    """
    overlap = iou(boxes, truth) * valid[:, None, :]  # (B, N, M)
    claimed = ops.zeros_like(overlap)
    if claim:
        best = ops.max(overlap, axis=1, keepdims=True)  # (B, 1, M)
        claimed = ops.cast((overlap >= best) & (best > 0.0), "float32")
    # a claim outranks any overlap with another reference box
    position = ops.argmax(overlap + claimed, axis=-1)
    return ops.max(overlap, axis=-1), position, ops.max(claimed, axis=-1)


def anchor_targets(anchors: Any, y: dict[str, Any]) -> tuple[Any, Any, Any]:
    """What every anchor stands for.

    Returns:
        Tumour (B, N) 0 or 1, counts (B, N) 0 or 1, differences to the match (B, N, 4).
    """
    overlap, position, claimed = best_match(anchors[None], y["boxes"], y["valid"], claim=True)
    tumour = ops.maximum(ops.cast(overlap >= ANCHOR_IS_TUMOUR, "float32"), claimed)
    counts = ops.maximum(ops.cast(overlap < ANCHOR_IS_BACKGROUND, "float32"), tumour)
    matched = ops.take_along_axis(y["boxes"], position[..., None], axis=1)  # (B, N, 4)
    return tumour, counts, encode(matched, anchors)


def proposal_targets(proposals: Any, y: dict[str, Any]) -> tuple[Any, Any, Any]:
    """What every proposal (B, K, 4) shows.

    Returns:
        Tumour (B, K) 0 or 1, possible classes (B, K, 4), differences to the match (B, K, 4).
    """
    overlap, position, _ = best_match(proposals, y["boxes"], y["valid"], claim=False)
    tumour = ops.cast(overlap >= PROPOSAL_IS_TUMOUR, "float32")
    matched = ops.take_along_axis(y["boxes"], position[..., None], axis=1)  # (B, K, 4)
    classes = ops.take_along_axis(y["classes"], position[..., None], axis=1)  # (B, K, 4)
    background = ops.one_hot(NO_TUMOR, len(CLASSES))
    classes = classes * tumour[..., None] + background * (1.0 - tumour[..., None])
    return tumour, classes, encode(matched, proposals)


def focal_loss(logits: Any, tumour: Any, counts: Any) -> Any:
    """Focal loss of the anchors, a scalar a tumour anchor.

    Args:
        logits: (B, N).
        tumour: (B, N) 0 or 1.
        counts: (B, N), 0 for anchors that are neither.
    """
    entropy = ops.softplus(logits) - logits * tumour
    wrong = ops.abs(ops.sigmoid(logits) - tumour)
    weight = ops.power(wrong, FOCUS) * (TUMOUR_SHARE * tumour + (1 - TUMOUR_SHARE) * (1 - tumour))
    return ops.sum(weight * entropy * counts) / ops.maximum(ops.sum(tumour), 1.0)


def box_loss(deltas: Any, wanted: Any, tumour: Any, *, knee: float) -> Any:
    """Smooth L1 over the four differences, mean over the tumour boxes.

    Args:
        deltas: (B, N, 4) the network's differences.
        wanted: (B, N, 4).
        tumour: (B, N) 0 or 1.
        knee: error at which the square becomes a line.
    """
    error = ops.abs(deltas - wanted)
    smooth = ops.where(error < knee, 0.5 * error * error / knee, error - 0.5 * knee)
    total = ops.sum(ops.sum(smooth, axis=-1) * tumour)
    return total / ops.maximum(ops.sum(tumour), 1.0)


def class_loss(losses: Any, tumour: Any) -> Any:
    """Mean over the tumour proposals and mean over the background, half each.

    Args:
        losses: (B, K) loss of every proposal.
        tumour: (B, K) 0 or 1.
    """
    halves = [
        ops.sum(losses * part) / ops.maximum(ops.sum(part), 1.0) for part in (tumour, 1.0 - tumour)
    ]
    return (halves[0] + halves[1]) / 2.0


class LearningDetector(keras.Model):  # type: ignore[misc]
    """A detector that knows its loss: `build_detector(…, of=LearningDetector)`.

    Its parts are logged as "rpn_score", "rpn_box", "roi_class" and "roi_box". Compile it without
    a loss; targets are those of `reference_of`.
    """

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.label_smoothing = 0.05
        names = ("rpn_score", "rpn_box", "roi_class", "roi_box")
        self.parts = {name: keras.metrics.Mean(name=name) for name in names}

    def losses_of(self, y: dict[str, Any], y_pred: dict[str, Any]) -> dict[str, Any]:
        """The four scalars that are added up."""
        scores, deltas = y_pred["rpn_scores"], y_pred["rpn_deltas"]
        pictures, rows, columns, _ = ops.shape(scores)
        tumour, counts, wanted = anchor_targets(anchor_grid(rows, columns), y)
        scores = ops.reshape(scores, (pictures, -1))  # (B, N)
        deltas = ops.reshape(deltas, (pictures, -1, 4))  # (B, N, 4)
        found, classes, moves = proposal_targets(y_pred["proposals"], y)
        each = PartialLabelLoss(self.label_smoothing).call(classes, y_pred["roi_logits"])
        return {
            "rpn_score": focal_loss(scores, tumour, counts),
            "rpn_box": box_loss(deltas, wanted, tumour, knee=1.0 / 9.0),
            "roi_class": class_loss(each, found),
            "roi_box": box_loss(y_pred["roi_deltas"], moves, found, knee=1.0),
        }

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Sum of the parts; every Keras backend calls this from its own training step."""
        del x, sample_weight, training
        parts = self.losses_of(y, y_pred)
        for name, value in parts.items():
            self.parts[name].update_state(value)
        return sum(parts.values())


class DetectionBatches(TrainingBatches):
    """Batches (images (B, S, S, 1), reference): boxes are read off the mask *after* augmentation.

    Drawn like the outline's batches: pictures with a known outline, tumour-free ones capped.
    """

    def __init__(self, corpus: Corpus, *, stage: Stage, config: RunConfig) -> None:
        side = int(corpus.images.shape[1])
        drawn = replace(stage, task="segment")
        super().__init__(corpus, stage=drawn, config=config, mask_shape=(side, side))
        self.task = "joint"  # from here on: masks together with classes

    def __getitem__(self, index: int) -> Any:
        images, targets, _ = super().__getitem__(index)
        return images, reference_of(targets["mask_logits"][..., 0], targets["logits"])
