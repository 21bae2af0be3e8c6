"""How far a picture is from what the classifiers were trained on.

Steps, in order:
    1. three descriptions of the picture: "networks", the features that every classifier pools
       before its head, averaged over the map, scaled to length 1, side by side; "edges" and
       "texture" of the pixels (`ml.inference.descriptors`);
    2. of each, its place on the principal axes of the training pictures, its distance from their
       middle in standard deviations, and what the axes leave over;
    3. one score a method of `METHODS`; more is less familiar.

"taught" weighs all of step 2 by a logistic regression of training pictures against pictures that
are no MRI. All but "taught" know brain MRI only, and look at "networks" or at the logits alone.

Reference: Lee et al. 2018, arXiv:1807.03888 (Mahalanobis); Sun et al. 2022, arXiv:2204.06507
(nearest neighbours, length 1); Wang et al. 2022, arXiv:2203.10807 (what is left over); Liu et al.
2020, arXiv:2010.03759 (energy); Hendrycks and Gimpel 2017, arXiv:1610.02136 (softmax); Hendrycks
et al. 2019, arXiv:1812.04606 (taught with outliers).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.inference.descriptors import edges_and_texture
from ml.inference.engine import NetworkOutput
from ml.preprocess import Framed
from ml.results import FloatArray

__all__ = ["AXES", "METHODS", "Block", "FeatureSpace", "Seen", "fit_space", "scores", "seen"]

METHODS: Final[tuple[str, ...]] = (
    "mahalanobis",
    "neighbours",
    "left_over",
    "energy",
    "softmax",
    "taught",
)
"""Ways to score; the evaluation chooses one on validation material."""
AXES: Final[Mapping[str, int]] = {"networks": 64, "edges": 64, "texture": 40}
"""[description] → principal axes that are kept."""
NEIGHBOUR: Final[int] = 5
"""The distance to this nearest training picture counts."""
SHRINKAGE: Final[float] = 0.05
"""Share of the mean variance that is added to every variance."""
FAR_WEIGHT: Final[float] = 3.0
"""Weight of the two logarithms of distance beside the standardised places."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """What is known of N pictures.

    Attributes:
        described: [description] → (N, D) float32.
        logits: (networks, N, classes) float32.
    """

    described: Mapping[str, FloatArray]
    logits: FloatArray

    def only(self, kept: npt.NDArray[np.bool_]) -> "Seen":
        """Those of the pictures that a mask (N,) keeps."""
        return Seen(
            {name: values[kept] for name, values in self.described.items()}, self.logits[:, kept]
        )


@dataclass(frozen=True)
class Block:
    """Principal axes of one description of the training pictures.

    Attributes:
        mean: (D,) float32.
        axes: (D, d) float32, orthonormal columns.
        spread: (d,) float32 standard deviation along each axis.
        usual: mean over the training pictures of the logarithms of distance and left-over.
    """

    mean: FloatArray
    axes: FloatArray
    spread: FloatArray
    usual: FloatArray

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together.

        Raises:
            ValueError: a shape is not as described.
        """
        shape = (*self.mean.shape, *self.spread.shape)
        if self.axes.shape != shape or self.usual.shape != (2,):
            raise ValueError(f"axes {self.axes.shape} do not fit {shape}")

    def place(self, values: FloatArray) -> tuple[Numbers, Numbers]:
        """Places (N, d) of descriptions (N, D), and how much of each is left over, (N,)."""
        centred = values.astype(np.float64) - self.mean
        places = centred @ self.axes
        rest = np.square(centred).sum(axis=1) - np.square(places).sum(axis=1)
        return places, np.sqrt(np.maximum(rest, 0.0))

    def far(self, places: Numbers, rest: Numbers) -> Numbers:
        """(N, 2) logarithms of the distance in standard deviations and of what is left over."""
        variance = np.square(self.spread.astype(np.float64))
        variance += SHRINKAGE * variance.mean()
        distance = np.sqrt((np.square(places) / variance).sum(axis=1))
        return np.asarray(np.log(np.maximum(np.stack([distance, rest], axis=1), 1e-6)))

    def terms(self, values: FloatArray) -> Numbers:
        """(N, d + 2) standardised places and weighted distances of descriptions (N, D)."""
        places, rest = self.place(values)
        far = FAR_WEIGHT * (self.far(places, rest) - self.usual)
        return np.concatenate([places / np.maximum(self.spread, 1e-6), far], axis=1)


@dataclass(frozen=True)
class FeatureSpace:
    """Where training pictures lie.

    Attributes:
        blocks: [description of `AXES`] → its axes.
        places: (N, d) float32 of the training pictures on the axes of "networks".
        labels: (N,) uint8, number of each picture's class.
        weights: (terms,) float32 of "taught", all descriptions side by side.
    """

    blocks: Mapping[str, Block]
    places: FloatArray
    labels: npt.NDArray[np.uint8]
    weights: FloatArray

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together.

        Raises:
            ValueError: a shape is not as described.
        """
        if set(self.blocks) != set(AXES):
            raise ValueError(f"descriptions {sorted(self.blocks)}, expected {sorted(AXES)}")
        terms = sum(block.spread.size + 2 for block in self.blocks.values())
        shape = (len(self.labels), self.blocks["networks"].spread.size)
        if self.places.shape != shape or self.weights.shape != (terms,):
            raise ValueError(f"places {self.places.shape} or weights do not fit the axes")
        if len(self.labels) < NEIGHBOUR:
            raise ValueError("too few training pictures")

    def terms(self, found: Seen) -> Numbers:
        """(N, terms) what "taught" weighs."""
        each = [self.blocks[name].terms(found.described[name]) for name in AXES]
        return np.concatenate(each, axis=1)

    def neighbours(self, places: Numbers) -> Numbers:
        """(N,) distance of places (N, d) to the nearest training pictures but a few."""
        known = self.places.astype(np.float64)
        squares = np.square(places).sum(axis=1)[:, None] + np.square(known).sum(axis=1)
        apart = np.sqrt(np.maximum(squares - 2.0 * places @ known.T, 0.0))
        return np.asarray(np.partition(apart, NEIGHBOUR - 1, axis=1)[:, NEIGHBOUR - 1])

    @cached_property
    def classes(self) -> tuple[Numbers, Numbers]:
        """Means (classes, d), and the inverse of the covariance that all classes share."""
        known, kinds = self.places.astype(np.float64), np.unique(self.labels)
        means = np.stack([known[self.labels == kind].mean(axis=0) for kind in kinds])
        within = known - means[np.searchsorted(kinds, self.labels)]
        covariance = within.T @ within / len(within)
        ridge = SHRINKAGE * np.trace(covariance) / len(covariance)
        return means, np.linalg.inv(covariance + ridge * np.eye(len(covariance)))

    def mahalanobis(self, places: Numbers) -> Numbers:
        """(N,) distance of places (N, d) to the nearest class, in standard deviations."""
        means, inverse = self.classes
        apart = places[:, None] - means[None]  # (N, classes, d)
        squares = np.einsum("ncd,de,nce->nc", apart, inverse, apart)
        return np.asarray(np.sqrt(np.maximum(squares, 0.0)).min(axis=1))


def seen(outputs: Sequence[NetworkOutput], pictures: Sequence[Framed]) -> Seen:
    """Describe N pictures.

    Args:
        outputs: what each classifier gave for all of them, in registry order.
        pictures: the pictures themselves, of any size.
    """
    pooled = [output.features.mean(axis=(1, 2), dtype=np.float64) for output in outputs]
    long = [one / np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-12) for one in pooled]
    edges, texture = zip(*(edges_and_texture(picture) for picture in pictures), strict=True)
    return Seen(
        {
            "networks": np.concatenate(long, axis=1).astype(np.float32),
            "edges": np.stack(edges),
            "texture": np.stack(texture),
        },
        np.stack([output.logits for output in outputs]),
    )


def fit_space(found: Seen, labels: Sequence[int]) -> FeatureSpace:
    """The space of training pictures; "taught" weighs nothing yet.

    Args:
        found: the training pictures.
        labels: (N,) number of each picture's class.
    """
    blocks = {name: _fit_block(found.described[name], axes) for name, axes in AXES.items()}
    places, _ = blocks["networks"].place(found.described["networks"])
    terms = sum(block.spread.size + 2 for block in blocks.values())
    return FeatureSpace(
        blocks, _half(places), np.asarray(labels, np.uint8), np.zeros(terms, np.float32)
    )


def scores(space: FeatureSpace, found: Seen) -> Mapping[str, Numbers]:
    """(N,) of every method of `METHODS`; more is less familiar."""
    places, rest = space.blocks["networks"].place(found.described["networks"])
    logits = found.logits.astype(np.float64)
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    softmax = (raised / raised.sum(axis=-1, keepdims=True)).mean(axis=0)
    energy = -(logits.max(axis=-1) + np.log(raised.sum(axis=-1))).mean(axis=0)
    return {
        "mahalanobis": space.mahalanobis(places),
        "neighbours": space.neighbours(places),
        "left_over": rest,
        "energy": energy,
        "softmax": 1.0 - softmax.max(axis=-1),
        "taught": space.terms(found) @ space.weights.astype(np.float64),
    }


def _fit_block(values: FloatArray, count: int) -> Block:
    """Axes of (N, D); rounded as they are stored, so that the rest fits what is read back."""
    mean = _half(values.mean(axis=0, dtype=np.float64))
    axes = _half(_principal_axes(values.astype(np.float64) - mean, count))
    none = np.zeros(2, np.float32)
    block = Block(mean, axes, np.ones(axes.shape[1], np.float32), none)
    places, rest = block.place(values)
    block = replace(block, spread=places.std(axis=0).astype(np.float32))
    usual = block.far(places, rest).mean(axis=0).astype(np.float32)
    return replace(block, usual=usual)


def _principal_axes(centred: Numbers, count: int) -> Numbers:
    """(D, d) orthonormal axes of centred values (N, D), the widest first, d <= count.

    By way of the N × N products where there are fewer pictures than values.
    """
    few = len(centred) < centred.shape[1]
    squares, ways = np.linalg.eigh(centred @ centred.T if few else centred.T @ centred)
    widest = np.argsort(-squares)[:count]
    widest = widest[squares[widest] > 1e-9 * squares.max()]
    axes = centred.T @ ways[:, widest] / np.sqrt(squares[widest]) if few else ways[:, widest]
    return np.asarray(axes)


def _half(values: Numbers | FloatArray) -> FloatArray:
    """Float32 that survives being stored in half precision."""
    return values.astype(np.float16).astype(np.float32)
