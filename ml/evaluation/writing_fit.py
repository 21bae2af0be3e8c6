"""Fit the small network that knows letters, on training pictures with writing drawn on them.

Windows that lie on a line of letters of their height are letters; windows that touch none are not.
Twice the windows that were wrongly taken for letters on pictures as published are added. The
pictures with the highest scores are left out of that: they may have writing in them.
"""

import warnings
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ml.evaluation.letters import FITTED, Drawn, draw_on
from ml.inference.writing import CELL, STRIDE, WINDOW, Letters, Looked, look
from ml.results import FloatArray

__all__ = ["LEFT_OUT", "fit", "labels"]

Gray = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int8]

LETTER: Final = 1
OTHER: Final = 0
NEITHER: Final = -1
HEIGHTS_PX: Final[tuple[float, float]] = (6.0, 18.0)
"""Heights of a line, descenders included, at the size at which its windows are letters."""
OFF_CENTRE_PX: Final[float] = 3.0
COVERED: Final[float] = 0.9
HIDDEN: Final[int] = 24
TIMES: Final[int] = 3
"""Texts that are drawn on each picture."""
OTHERS: Final[int] = 20
"""Windows without letters that are taken from each size of a picture."""
HARD: Final[int] = 20
"""Windows that look most like letters, of each picture as published."""
ROUNDS: Final[int] = 2
LEFT_OUT: Final[float] = 0.04
"""Share of the pictures as published that may have writing in them."""
SEED: Final[int] = 20261122


def fit(pictures: Sequence[Gray]) -> Letters:
    """The small network.

    Args:
        pictures: training pictures as published.
    """
    rng = np.random.default_rng(SEED)
    often = tqdm([*pictures] * TIMES, desc="letters", unit="pic")
    some = [_windows(one, rng) for one in often]
    features = np.concatenate([found for found, _ in some])
    known = np.concatenate([told for _, told in some])
    letters = _fitted(features, known)
    for _ in range(ROUNDS):
        wrong = _hard(pictures, letters)
        features = np.concatenate([features, wrong])
        known = np.concatenate([known, np.full(len(wrong), OTHER, np.int8)])
        letters = _fitted(features, known)
    return letters


def labels(looked: Looked, drawn: Drawn) -> Labels:
    """(rows, columns) what each window of a picture with writing is: LETTER, OTHER or NEITHER."""
    rows, columns = looked.values.shape[:2]
    top, left, bottom, right = (side * looked.share for side in drawn.box)
    y, x = np.arange(rows) * CELL, np.arange(columns) * CELL * STRIDE
    high, wide = (cells * CELL for cells in WINDOW)
    touches = np.outer((y + high > top) & (y < bottom), (x + wide > left) & (x < right))
    found = np.where(touches, NEITHER, OTHER).astype(np.int8)
    if HEIGHTS_PX[0] <= bottom - top <= HEIGHTS_PX[1]:
        level = np.abs(y + high / 2 - (top + bottom) / 2) <= OFF_CENTRE_PX
        shared = np.minimum(x + wide, right) - np.maximum(x, left)
        found[np.outer(level, shared >= COVERED * min(wide, right - left))] = LETTER
    return found


def _windows(picture: Gray, rng: np.random.Generator) -> tuple[FloatArray, Labels]:
    """Features and labels of a picture once something is written on it."""
    drawn = draw_on(picture, rng, FITTED)
    features, known = [], []
    for looked in look(drawn.pixels.astype(np.float32)):
        told = labels(looked, drawn)
        letters, others = looked.values[told == LETTER], looked.values[told == OTHER]
        others = others[rng.permutation(len(others))[:OTHERS]]
        features += [letters, others]
        known += [np.full(len(letters), LETTER, np.int8), np.full(len(others), OTHER, np.int8)]
    return np.concatenate(features), np.concatenate(known)


def _hard(pictures: Sequence[Gray], letters: Letters) -> FloatArray:
    """The windows that look most like letters, of all pictures that are sure to have none."""
    found: list[tuple[float, FloatArray]] = []
    for picture in tqdm(pictures, desc="what is no letter", unit="pic"):
        every = [one.values for one in look(picture.astype(np.float32))]
        features = np.concatenate([one.reshape(-1, one.shape[-1]) for one in every])
        scores = letters.scores(features)
        worst = np.argsort(-scores)[:HARD]
        found.append((float(scores.max()), features[worst]))
    most = np.quantile([score for score, _ in found], 1.0 - LEFT_OUT)
    return np.concatenate([features for score, features in found if score <= most])


def _fitted(features: FloatArray, known: Labels) -> Letters:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        (HIDDEN,),
        alpha=1e-3,
        batch_size=256,
        learning_rate_init=2e-3,
        max_iter=15,
        n_iter_no_change=15,
        random_state=0,
    )
    with warnings.catch_warnings():  # it stops by `max_iter`
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, known)
    weights = [np.asarray(one, np.float32) for one in (*model.coefs_, *model.intercepts_)]
    return Letters(weights[0], weights[2], weights[1][:, 0], weights[3])
