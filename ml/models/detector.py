"""Two-stage detector of the R-CNN kind on a classifier's feature pyramid.

Layout, B pictures of side S:
    1. encoder taps at strides 4, 8, 16, 32 → merged into one map (B, S/8, S/8, C);
    2. proposals: a score and a box difference for every anchor; the best `candidates` are
       thinned (a box that overlaps a better one is dropped) to K = `proposals` boxes;
    3. RoIAlign reads the map inside every proposal, (B, K, 7, 7, C);
    4. box head: class logits in the order of `ml.labels.CLASSES`, where `no_tumor` is the
       background, and a refined box. The head also sees the pooled last feature map, because
       the type of a tumour depends on where in the head it lies.

Every shape is fixed once the picture's side is: K boxes always, whatever they are worth.
Thinning compares each candidate with all better ones at once instead of one after the other,
so a dropped box can still drop a third one; what is lost is a near-copy of a kept box.

KerasHub was considered: its detectors have one stage and no box head on an encoder of ours, and
it pins tensorflow-text below the TensorFlow that this project runs on.

Reference: Ren et al. 2015, arXiv:1506.01497 (Faster R-CNN); Lin et al. 2017, arXiv:1612.03144
(pyramid); He et al. 2017, arXiv:1703.06870 (RoIAlign); Bolya et al. 2019, arXiv:1904.02689
(thinning in one step).
"""

import math
from typing import Any, Final

import keras
from keras import ops

from ml.labels import CLASSES
from ml.models import classifiers
from ml.models.boxes import ANCHORS, align_weights, anchor_grid, decode, iou
from ml.models.unet import convolve

CHANNELS: Final[int] = 96
"""Channels of the merged map and of the proposal head."""
HIDDEN: Final[int] = 256
"""Units of the box head's two dense layers."""
CONTEXT: Final[int] = 64
"""Numbers that the whole picture adds to every box."""
PROPOSALS: Final[int] = 32
CANDIDATES: Final[int] = 256
SAME_PLACE: Final[float] = 0.7
"""Overlap above which the weaker of two proposals is dropped."""
PRIOR: Final[float] = 0.01
"""Tumour probability of an anchor before training (Lin et al. 2017, arXiv:1708.02002)."""


@keras.saving.register_keras_serializable(package="sulcus")
class Proposals(keras.layers.Layer):  # type: ignore[misc]
    """Scores (B, h, w, A) and differences (B, h, w, 4A) → the K best boxes (B, K, 4).

    No gradient flows through: the boxes are where the second stage looks, not what it learns.
    """

    def __init__(
        self, count: int = PROPOSALS, candidates: int = CANDIDATES, **keywords: Any
    ) -> None:
        super().__init__(**keywords)
        self.count, self.candidates = count, candidates

    def call(self, inputs: list[Any]) -> Any:
        """Boxes from the best score down; dropped near-copies only fill up the end."""
        scores, deltas = inputs
        pictures, rows, columns, _ = ops.shape(scores)
        scores = ops.reshape(scores, (pictures, -1))  # (B, N)
        deltas = ops.reshape(deltas, (pictures, -1, 4))  # (B, N, 4)
        _, places = ops.top_k(scores, self.candidates)  # (B, C), best first
        deltas = ops.take_along_axis(deltas, places[..., None], axis=1)  # (B, C, 4)
        boxes = decode(deltas, ops.take(anchor_grid(rows, columns), places, axis=0))
        rank = ops.arange(self.candidates, dtype="float32")
        better = ops.cast(rank[None, :] < rank[:, None], "float32")  # (C, C): column beats row
        covered = ops.max(iou(boxes, boxes) * better, axis=-1) > SAME_PLACE  # (B, C)
        order = rank + self.candidates * ops.cast(covered, "float32")
        _, kept = ops.top_k(-order, self.count)  # (B, K)
        return ops.stop_gradient(ops.take_along_axis(boxes, kept[..., None], axis=1))

    def compute_output_shape(self, input_shape: list[Any]) -> Any:
        """(B, K, 4)."""
        return (input_shape[0][0], self.count, 4)

    def get_config(self) -> dict[str, Any]:
        """Plain values for saving."""
        return {**super().get_config(), "count": self.count, "candidates": self.candidates}


@keras.saving.register_keras_serializable(package="sulcus")
class RoIAlign(keras.layers.Layer):  # type: ignore[misc]
    """Map (B, h, w, C) and boxes (B, K, 4) → the map inside every box, (B, K, bins, bins, C).

    Reference: He et al. 2017, arXiv:1703.06870, section 3.
    """

    def __init__(self, bins: int = 7, samples: int = 2, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.bins, self.samples = bins, samples

    def call(self, inputs: list[Any]) -> Any:
        """Mean of `samples`² bilinear readings a bin; see `align_weights`."""
        features, boxes = inputs
        _, rows, columns, _ = ops.shape(features)
        grid = {"bins": self.bins, "samples": self.samples}
        down = align_weights(boxes[..., 0], boxes[..., 2], rows, **grid)  # (B, K, bins, h)
        across = align_weights(boxes[..., 1], boxes[..., 3], columns, **grid)  # (B, K, bins, w)
        strips = ops.einsum("bkph,bhwc->bkpwc", down, features)  # (B, K, bins, w, C)
        return ops.einsum("bkqw,bkpwc->bkpqc", across, strips)  # (B, K, bins, bins, C)

    def compute_output_shape(self, input_shape: list[Any]) -> Any:
        """(B, K, bins, bins, C)."""
        features, boxes = input_shape
        return (features[0], boxes[1], self.bins, self.bins, features[3])

    def get_config(self) -> dict[str, Any]:
        """Plain values for saving."""
        return {**super().get_config(), "bins": self.bins, "samples": self.samples}


@keras.saving.register_keras_serializable(package="sulcus")
class Refined(keras.layers.Layer):  # type: ignore[misc]
    """Proposals (B, K, 4) moved by the box head's differences (B, K, 4)."""

    def call(self, inputs: list[Any]) -> Any:
        """Boxes (B, K, 4) inside the picture."""
        deltas, boxes = inputs
        return decode(deltas, boxes)

    def compute_output_shape(self, input_shape: list[Any]) -> Any:
        """(B, K, 4)."""
        return input_shape[1]


def merged_map(classifier: Any) -> Any:
    """One feature map (B, S/8, S/8, C) from the taps at strides 4, 8, 16 and 32."""
    backbone = classifiers.BACKBONES[classifier.name]
    taps = [classifier.get_layer(tap).output for tap in backbone.taps]
    # stride 4 comes down by averaging, 32 and 16 come up by repeating
    taps[0] = keras.layers.AveragePooling2D(2, name="pyramid4_pool")(taps[0])
    four, eight, sixteen, coarse = (
        keras.layers.Conv2D(CHANNELS, 1, use_bias=False, name=f"pyramid{stride}")(tap)
        for stride, tap in zip((4, 8, 16, 32), taps, strict=True)
    )
    coarse = keras.layers.UpSampling2D(2, name="pyramid32_up")(coarse)
    coarse = keras.layers.Add(name="pyramid16_join")([coarse, sixteen])
    coarse = keras.layers.UpSampling2D(2, name="pyramid16_up")(coarse)
    features = keras.layers.Add(name="pyramid8_join")([coarse, eight, four])
    features = keras.layers.BatchNormalization(momentum=0.9, name="pyramid_bn")(features)
    features = keras.layers.Activation("relu", name="pyramid_relu")(features)
    return convolve(features, CHANNELS, "pyramid_smooth")


def _proposal_head(features: Any) -> tuple[Any, Any]:
    """Map (B, h, w, C) → tumour logits (B, h, w, A) and box differences (B, h, w, 4A)."""
    features = convolve(features, CHANNELS, "rpn")
    unlikely = keras.initializers.Constant(-math.log((1.0 - PRIOR) / PRIOR))
    small = keras.initializers.RandomNormal(stddev=0.01)
    scores = keras.layers.Conv2D(
        ANCHORS,
        1,
        kernel_initializer=small,
        bias_initializer=unlikely,
        name="rpn_scores",
        dtype="float32",
    )(features)
    deltas = keras.layers.Conv2D(
        4 * ANCHORS, 1, kernel_initializer=small, name="rpn_deltas", dtype="float32"
    )(features)
    return scores, deltas


def _box_head(regions: Any, whole: Any, *, dropout: float) -> tuple[Any, Any]:
    """Regions (B, K, 7, 7, C) and pooled picture (B, F) → logits (B, K, 4), deltas (B, K, 4)."""
    count = regions.shape[1]
    flat = math.prod(regions.shape[2:])
    regions = keras.layers.Reshape((count, flat), name="roi_flat")(regions)
    regions = keras.layers.Dense(HIDDEN, activation="relu", name="roi_read")(regions)
    whole = keras.layers.Dense(CONTEXT, activation="relu", name="roi_context")(whole)
    whole = keras.layers.RepeatVector(count, name="roi_context_each")(whole)  # (B, K, CONTEXT)
    both = keras.layers.Concatenate(name="roi_join")([regions, whole])
    both = keras.layers.Dropout(dropout, name="roi_dropout")(both)
    both = keras.layers.Dense(HIDDEN, activation="relu", name="roi_think")(both)
    logits = keras.layers.Dense(len(CLASSES), name="roi_logits", dtype="float32")(both)
    small = keras.initializers.RandomNormal(stddev=0.001)
    deltas = keras.layers.Dense(4, kernel_initializer=small, name="roi_deltas", dtype="float32")
    return logits, deltas(both)


def build_detector(
    classifier: Any,
    *,
    proposals: int = PROPOSALS,
    candidates: int = CANDIDATES,
    dropout: float = 0.2,
    of: Any = keras.Model,
) -> Any:
    """Detector on a classifier's encoder; its layers are shared, not copied.

    Args:
        classifier: a model of `build_classifier`, of any or of a fixed side; the side must be a
            multiple of 32 and give at least `candidates` anchors (64 px and up by default).
        proposals: boxes that reach the second stage, K.
        candidates: anchors that are thinned to the proposals.
        dropout: share of the box head's features dropped in training.
        of: class of the model; training gives one that knows the loss.

    Returns:
        Model (B, S, S, 1) → {"rpn_scores" (B, h, w, A), "rpn_deltas" (B, h, w, 4A), "proposals"
        (B, K, 4), "roi_logits" (B, K, 4), "roi_deltas" (B, K, 4), "boxes" (B, K, 4)}; readers need
        the logits and the final boxes only.

    Raises:
        ValueError: the classifier's side is fixed and no multiple of 32, or K is no part of the
            candidates.
    """
    side = classifier.input.shape[1]
    if side is not None and side % 32:
        raise ValueError(f"the detector needs a side that is a multiple of 32, found {side}")
    if not 1 <= proposals <= candidates:
        raise ValueError(f"found {proposals} proposals of {candidates} candidates")
    features = merged_map(classifier)
    scores, deltas = _proposal_head(features)
    boxes = Proposals(proposals, candidates, name="proposals")([scores, deltas])
    regions = RoIAlign(name="roi_align")([features, boxes])
    whole = classifier.get_layer("gap").output
    logits, refinement = _box_head(regions, whole, dropout=dropout)
    outputs = {
        "rpn_scores": scores,
        "rpn_deltas": deltas,
        "proposals": boxes,
        "roi_logits": logits,
        "roi_deltas": refinement,
        "boxes": Refined(name="boxes")([refinement, boxes]),
    }
    return of(classifier.input, outputs, name="detector")
