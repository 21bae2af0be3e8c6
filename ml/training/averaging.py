"""Weights between those that a run went on from and those it ended with.

Going on with edited pictures breaks the shortcut by the scanner's style and costs some accuracy
where the style is a good guess; a point between the two can have most of both.

Reference: Wortsman et al. 2022, arXiv:2109.01903 (WiSE-FT).
"""

from typing import Any

import numpy as np

from ml.models.classifiers import build_classifier
from ml.training.checkpoint import arrays_of, assign
from ml.training.corpus import Corpus
from ml.training.validation import (
    VALIDATION_BATCH,
    class_figures,
    predict,
    reestimate_batch_norm,
)

PICTURES = 8 * VALIDATION_BATCH
"""Training pictures that the BatchNorm statistics are gathered from anew."""


def averaged(
    name: str,
    before: list[Any],
    after: list[Any],
    *,
    share: float,
    train: Corpus,
    size: int,
) -> Any:
    """A classifier with the weighted mean of two sets of weights and statistics of its own.

    Args:
        name: registry name.
        before: its arrays in the order of Keras, where the run started.
        after: where it ended.
        share: of `after`, 0..1.
        train: pictures for the BatchNorm statistics.
        size: side they are read at, pixels.

    Raises:
        ValueError: the share is outside 0..1.
        TrainingError: the arrays do not fit the network.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"the share is {share}, not in 0..1")
    model = build_classifier(name)
    mixed = [
        (1.0 - share) * np.asarray(b, np.float32) + share * np.asarray(a, np.float32)
        for b, a in zip(before, after, strict=True)
    ]
    assign(model.weights, mixed, what="weights")
    model.compile()
    order = np.random.default_rng(0).permutation(len(train))[:PICTURES]
    some = train.select(np.isin(np.arange(len(train)), order)).resized(size)
    reestimate_batch_norm(model, np.random.default_rng(0).permutation(some.images))
    return model


def validated(model: Any, check: Corpus, size: int) -> dict[str, float]:
    """Balanced accuracy and negative log-likelihood on validation pictures, one a cluster."""
    known = check.select(check.representative & (check.labels >= 0)).resized(size)
    return class_figures(predict(model, known.images)["logits"], known.labels)


def average(
    name: str, before: list[Any], after: list[Any], *, share: float, split: str, size: int
) -> tuple[list[Any], dict[str, float]]:
    """Arrays of the averaged classifier and its validation figures.

    Raises:
        ValueError: the share is outside 0..1.
        TrainingError: the arrays do not fit, or there is no such split.
        MissingDataset: the pictures are not on this machine.
    """
    from ml.training.corpus import load_corpus

    train = load_corpus(split, "train")
    model = averaged(name, before, after, share=share, train=train, size=size)
    return arrays_of(model.weights), validated(model, load_corpus(split, "validation"), size)
