"""A corpus of drawn discs, small enough to train on in seconds."""

from pathlib import Path

import numpy as np
import pytest

from ml.training.corpus import Corpus


def drawn_corpus(count: int = 60, side: int = 64, seed: int = 0) -> Corpus:
    """Class 0: bright disc high, 1: bright disc low, 2: nothing, 3: dark disc; −1: unknown type."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    images, masks, labels = [], [], []
    for i in range(count):
        label = (0, 1, 2, 3, -1)[i % 5]
        centre = (16 + 32 * (label == 1) + rng.integers(-3, 4), 32 + rng.integers(-8, 9))
        inside = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= 64
        inside &= label != 2
        picture = 110 + rng.normal(0, 8, (side, side)) + inside * (-80 if label == 3 else 100)
        images.append(np.clip(picture, 0, 255).astype(np.uint8))
        masks.append((inside * 255).astype(np.uint8))
        labels.append(label)
    names = np.array([f"c{i}" for i in range(count)])
    return Corpus(
        images=np.stack(images),
        masks=np.stack(masks),
        has_mask=np.ones(count, bool),
        labels=np.array(labels),
        clusters=names,
        groups=names,
        paths=names,
        representative=np.ones(count, bool),
    )


@pytest.fixture
def corpus() -> Corpus:
    return drawn_corpus()


@pytest.fixture
def drawn_splits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Runs read drawn pictures instead of a data set."""
    monkeypatch.setattr("ml.training.runner.load_corpus", lambda _split, _part: drawn_corpus())
    monkeypatch.setattr("ml.training.runner.split_id", lambda _split: "drawn")
    return tmp_path
