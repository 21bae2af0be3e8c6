"""One encoder, three heads: is there a tumour, which type, where; and what follows from the type.

Benign or malignant is no head of its own. No picture of these data carries a grade, so weights for
it could learn nothing but the type; it is computed from the type and said as "usual reading".

Reference: Caruana 1997, doi:10.1023/A:1007379606734 (multi-task learning).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import keras
from keras import ops

from ml.labels import CLASSES, NO_TUMOR
from ml.models.unet import decode

TYPES: tuple[str, ...] = tuple(name for name in CLASSES if name != CLASSES[NO_TUMOR])
"""Tumour types in the order of the last axis of the "type" head."""
READINGS: tuple[str, ...] = ("benign", "malignant")
"""Order of the last axis of `usual_reading`."""
READING_OF: Mapping[str, str] = MappingProxyType(
    {"glioma": "malignant", "meningioma": "benign", "pituitary": "benign"}
)
"""The usual reading of each type; the same as `ml.labels.USUAL_READING` says in words."""
STRIDES = (4, 1)
"""Grids that the outline can be trained on."""


def build_multitask(classifier: Any, *, stride: int = 4) -> Any:
    """Tumour, type and outline on one shared encoder.

    Args:
        classifier: a model of `build_classifier`; its layers up to "dropout" are shared, not
            copied, so that whatever they were trained on carries over. Its "logits" stay out.
        stride: grid of the outline: 4 (cheap) or 1 (the full U-Net decoder).

    Returns:
        Flat keras.Model (B, S, S, 1) → {"tumour": logit (B, 1), "type": logits (B, 3) in the
        order of `TYPES`, "mask_logits": (B, S/stride, S/stride, 1)}. The type is the one that a
        tumour would have: read it only together with "tumour", see `four_classes`.

    Raises:
        ValueError: the outline has no such grid.
    """
    if stride not in STRIDES:
        raise ValueError(f"no outline at stride {stride}; it is 4 or 1")
    pooled = classifier.get_layer("dropout").output
    outputs = {
        "tumour": keras.layers.Dense(1, name="tumour")(pooled),
        "type": keras.layers.Dense(len(TYPES), name="type")(pooled),
        "mask_logits": decode(classifier, stride=stride),
    }
    return keras.Model(classifier.input, outputs, name=f"{classifier.name}_multitask")


def four_classes(tumour_logit: Any, type_logits: Any) -> Any:
    """The two heads as one classifier: p(no tumour) = 1 − p(tumour), p(k) = p(tumour) p(k|tumour).

    Args:
        tumour_logit: (B, 1), array or tensor.
        type_logits: (B, 3) in the order of `TYPES`.

    Returns:
        Log-probabilities (B, 4) in the order of `ml.labels.CLASSES`. Softmax leaves them as they
        are, so that they stand wherever other networks give logits. Finite for finite logits.

    Raises:
        ValueError: the shapes are others.
    """
    _expect_last_axis(tumour_logit, 1, "the tumour logit")
    _expect_last_axis(type_logits, len(TYPES), "the type logits")
    tumour_logit = ops.cast(tumour_logit, "float32")
    # −softplus(−z) is log sigmoid(z); the logarithm of a sigmoid would be −inf from z = −104 down
    present, absent = -ops.softplus(-tumour_logit), -ops.softplus(tumour_logit)
    types = present + ops.log_softmax(ops.cast(type_logits, "float32"), axis=-1)
    columns = [types[..., k : k + 1] for k in range(len(TYPES))]
    columns.insert(NO_TUMOR, absent)
    return ops.concatenate(columns, axis=-1)


def usual_reading(type_probabilities: Any) -> Any:
    """Probability that a tumour is of a type usually read as benign or as malignant.

    Args:
        type_probabilities: (..., 3) in the order of `TYPES`: given a tumour, or already times
            the probability of one; the sum over the last axis stays what it was.

    Returns:
        (..., 2) in the order of `READINGS`.

    Raises:
        ValueError: the last axis has another length.

    Limits:
        Says what such tumours usually are, never the grade of the one on screen: a meningioma
        can be malignant, and a glioma of grade 1 is not.
    """
    _expect_last_axis(type_probabilities, len(TYPES), "type probabilities")
    belongs = [[float(READING_OF[name] == reading) for reading in READINGS] for name in TYPES]
    return ops.matmul(ops.cast(type_probabilities, "float32"), ops.array(belongs, "float32"))


def _expect_last_axis(values: Any, length: int, what: str) -> None:
    """Refuse an array whose last axis is another one: a wrong order of arguments shows there."""
    shape = tuple(ops.shape(values))
    if not shape or shape[-1] != length:
        raise ValueError(f"{what} need a last axis of length {length}, not shape {shape}")
