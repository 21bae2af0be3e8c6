"""Features of invented networks on drawn discs, for tests of the gate."""

from dataclasses import replace

import numpy as np

from ml.inference.engine import NetworkOutput
from ml.inference.familiar import FeatureSpace, Seen, fit_space, seen
from ml.preprocess import framed
from tests.ml.fakes import disc_picture


def outputs(features: np.ndarray, logits: np.ndarray | None = None) -> list[NetworkOutput]:
    """One "network" whose pooled features are (N, D)."""
    none = np.zeros((len(features), 4), np.float32)
    return [NetworkOutput(none if logits is None else logits, features[:, None, None, :])]


def around(count: int, seed: int = 0) -> np.ndarray:
    """(N, 12) float32 features near two training clusters."""
    rng = np.random.default_rng(seed)
    centres = np.eye(12)[np.arange(count) % 2] * 5
    return (centres + rng.normal(0, 0.3, (count, 12))).astype(np.float32)


def known(features: np.ndarray, logits: np.ndarray | None = None) -> Seen:
    """Pictures of noisy discs, with these features (N, 12)."""
    rng = np.random.default_rng(len(features))
    pictures = [
        disc_picture(40, centre=(20.0, 20.0), radius=rng.uniform(5, 12))
        + rng.normal(0, 4, (40, 40)).astype(np.float32)
        for _ in features
    ]
    return seen(outputs(features, logits), [framed(one) for one in pictures])


def space_of(count: int) -> FeatureSpace:
    """The space of so many pictures in two classes."""
    found = known(around(count))
    empty = fit_space(found, [i % 2 for i in range(count)])
    # "taught": the distances of every description, and nothing else
    weights = [[0.0] * block.spread.size + [1.0, 1.0] for block in empty.blocks.values()]
    return replace(empty, weights=np.concatenate(weights).astype(np.float32))
