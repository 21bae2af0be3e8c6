"""A corpus of drawn discs and a backbone of five convolutions: training that takes seconds."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import pytest

from ml.models import classifiers
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
    monkeypatch.setattr("ml.training.runner.split_id", lambda _name: "drawn")
    return tmp_path


def tiny_body(*, include_top: bool, weights: str | None, input_tensor: Any) -> Any:
    """As `keras.applications` builds them, but with one convolution a stride."""
    assert not include_top
    assert weights is None
    features = input_tensor
    for stride, channels in ((2, 8), (4, 12), (8, 16), (16, 24), (32, 32)):
        features = keras.layers.Conv2D(
            channels, 3, strides=2, padding="same", use_bias=False, name=f"tiny{stride}"
        )(features)
        features = keras.layers.BatchNormalization(name=f"tiny{stride}_bn")(features)
        features = keras.layers.ReLU(name=f"tiny{stride}_relu")(features)
    return keras.Model(keras.utils.get_source_inputs(input_tensor)[0], features)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny backbone under MobileNet's name: graphs of it are traced in a second."""
    taps = tuple(f"tiny{stride}_relu" for stride in (4, 8, 16, 32))
    backbone = classifiers.Backbone(tiny_body, "tf", taps[-1], taps, "tiny2_relu")
    only = MappingProxyType({"mobilenet": backbone})
    monkeypatch.setattr(classifiers, "BACKBONES", only)
    monkeypatch.setattr("ml.models.unet.BACKBONES", only)


@pytest.fixture
def eager() -> Iterator[None]:
    """Steps run as they stand: tracing a graph takes longer than the few steps of a test."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
