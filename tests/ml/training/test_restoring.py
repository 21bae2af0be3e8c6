"""Hidden blocks, the loss that draws them again, and a run that begins with it."""

from pathlib import Path

import keras
import numpy as np
import pytest

from ml.models.classifiers import build_classifier
from ml.training.checkpoint import load_arrays
from ml.training.config import Phase, RunConfig, Stage
from ml.training.restoring import (
    BLOCKS,
    HIDDEN_SHARE,
    RestorationLoss,
    hidden,
    restoration_error,
)
from ml.training.runner import Run

WARM_UP = Stage("warm_up", "restore", (Phase(32, 1),), 2e-3)
JOINT = Stage("pretrain", "joint", (Phase(32, 1),), 2e-3)


def test_half_of_the_blocks_are_hidden_and_the_rest_stays() -> None:
    image = np.random.default_rng(1).random((64, 64)).astype(np.float32)
    covered = hidden(image, np.random.default_rng(2))
    changed = (covered != image).reshape(BLOCKS, 64 // BLOCKS, BLOCKS, 64 // BLOCKS)
    whole, some = changed.all(axis=(1, 3)), changed.any(axis=(1, 3))
    np.testing.assert_array_equal(whole, some)
    assert whole.mean() == HIDDEN_SHARE
    assert np.unique(covered[covered != image]).tolist() == [image.mean()]


def test_the_picture_itself_is_left_alone() -> None:
    image = np.ones((20, 20), np.float32)
    image[:10] = 0.0
    before = image.copy()
    hidden(image, np.random.default_rng(0))
    np.testing.assert_array_equal(image, before)


def test_loss_and_error_are_those_of_grey_levels() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random((2, 4, 4, 1)).astype(np.float32)
    drawn = rng.normal(size=(2, 4, 4, 1)).astype(np.float32)
    squares = (1 / (1 + np.exp(-drawn)) - truth) ** 2
    found = keras.ops.convert_to_numpy(RestorationLoss().call(truth, drawn))
    np.testing.assert_allclose(found, squares.mean(axis=(1, 2, 3)), rtol=1e-5)
    error = restoration_error(drawn, truth[..., 0])["grey_rmse"]
    assert error == pytest.approx(np.sqrt(squares.mean()), rel=1e-5)


@pytest.mark.usefixtures("tiny")
def test_the_encoder_goes_on_from_the_warm_up(eager: None, drawn_splits: Path) -> None:
    config = RunConfig("mobilenet", stages=(WARM_UP,), steps=2, batch=4, ema=0.5)
    run = Run(config, drawn_splits / "mobilenet")
    model = run.go()
    figures = load_arrays(drawn_splits / "mobilenet" / "warm_up" / "best.npz")[1]
    assert 0.0 < figures["grey_rmse"] < 1.0
    classifier = build_classifier("mobilenet")
    before = classifier.get_layer("tiny4").get_weights()[0]
    classifier.get_layer("tiny4").set_weights([model.get_layer("tiny4").get_weights()[0]])
    joint = run.network_for(JOINT, classifier, model)
    assert set(joint.output) == {"logits", "mask_logits"}
    assert joint.get_layer("tiny4") is classifier.get_layer("tiny4")
    assert not np.array_equal(joint.get_layer("tiny4").get_weights()[0], before)


def test_mixed_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="mixed"):
        Stage("warm_up", "restore", (Phase(32, 1),), 1e-3, mixing="mixup")
