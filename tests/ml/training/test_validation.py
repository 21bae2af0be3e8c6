"""What is read off the validation part, and which weights are kept."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, log_loss

from ml.labels import CLASSES
from ml.training.checkpoint import arrays_of, load_arrays
from ml.training.config import Phase, RunConfig, Stage
from ml.training.runner import Run
from ml.training.validation import Validation, class_figures, outline_figures, reestimate_batch_norm
from tests.ml.training.conftest import drawn_corpus


def test_class_figures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 200)
    logits = rng.normal(size=(200, 4)) + 1.5 * np.eye(4)[labels]
    found = class_figures(logits, labels)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert found["balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(labels, logits.argmax(axis=1))
    )
    assert found["nll"] == pytest.approx(log_loss(labels, p, labels=range(len(CLASSES))))


def test_large_logits_stay_finite() -> None:
    found = class_figures(np.array([[1e4, 0, 0, 0], [0, 0, -1e4, 0]], np.float32), np.array([0, 2]))
    assert np.isfinite(found["nll"])
    assert found["balanced_accuracy"] == 0.5


def test_dice_counts_outlined_slices_and_false_marks_the_others() -> None:
    masks = np.zeros((4, 8, 8), np.uint8)
    masks[0, 2:6, 2:6] = 255  # hit exactly
    masks[1, 2:6, 2:6] = 255  # half of it found
    logits = np.full((4, 8, 8, 1), -5.0, np.float32)
    logits[0, 2:6, 2:6] = 5.0
    logits[1, 2:4, 2:6] = 5.0
    logits[3, 0, 0] = 5.0  # one pixel on a tumour-free slice
    found = outline_figures(logits, masks, np.array([True, True, False, False]))
    assert found["dice"] == pytest.approx((1.0 + 2 * 8 / (8 + 16)) / 2)
    assert found["false_marks"] == 0.5


def test_the_reference_is_brought_to_the_grid_of_the_outline() -> None:
    masks = np.zeros((1, 32, 32), np.uint8)
    masks[0, 8:16, 8:24] = 255
    logits = np.full((1, 8, 8, 1), -5.0, np.float32)
    logits[0, 2:4, 2:6] = 5.0
    assert outline_figures(logits, masks, np.array([True])) == {"dice": 1.0}


def small_network() -> Any:
    image = keras.Input((None, None, 1))
    features = keras.layers.Conv2D(3, 3, use_bias=False)(image)
    features = keras.layers.BatchNormalization(momentum=0.9)(features)
    return keras.Model(image, keras.layers.GlobalAveragePooling2D()(features))


def test_statistics_become_the_mean_over_the_batches_and_settings_stay() -> None:
    keras.utils.set_random_seed(0)
    model = small_network()
    convolution, norm = model.layers[1], model.layers[2]
    norm.trainable = False
    images = np.random.default_rng(0).integers(0, 255, (160, 12, 12)).astype(np.uint8)
    reestimate_batch_norm(model, images, batches=2)
    batches = [images[:64], images[64:128]]
    maps = [np.asarray(convolution(b[..., None].astype(np.float32) / 255.0)) for b in batches]
    means = np.mean([m.mean(axis=(0, 1, 2)) for m in maps], axis=0)
    variances = np.mean([m.var(axis=(0, 1, 2)) for m in maps], axis=0)
    np.testing.assert_allclose(norm.moving_mean, means, atol=1e-5)
    np.testing.assert_allclose(norm.moving_variance, variances, rtol=1e-4)
    assert (norm.momentum, norm.trainable) == (0.9, False)


STAGE = Stage("only", "classify", (Phase(32, 3),), 5e-3, warmup=0.34, strength=0.0)
CONFIG = RunConfig(network="mobilenet", stages=(STAGE,), steps=3, batch=8, ema=0.5)


def test_kept_weights_are_averaged_and_training_goes_on_with_its_own(
    tiny: None, eager: None, drawn_splits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """best.npz = averages of the trained weights + statistics re-estimated for them."""
    seen: list[dict[str, Any]] = []
    evaluate = Validation.on_epoch_end

    def watched(self: Validation, epoch: int, logs: dict[str, Any] | None = None) -> None:
        before = arrays_of(self.model.weights)
        averages = arrays_of(self.model.optimizer._model_variables_moving_average)
        evaluate(self, epoch, logs)
        after = arrays_of(self.model.weights)
        # Keras swaps by adding and subtracting: the last bits of a weight may change
        same = all(np.allclose(x, y, atol=1e-6) for x, y in zip(before, after, strict=True))
        seen.append({"same": same, "own": before, "averages": averages, "best": self.best_epoch})

    monkeypatch.setattr(Validation, "on_epoch_end", watched)
    run = Run(CONFIG, drawn_splits / "m")
    model = run.go()
    assert [look["same"] for look in seen] == [True] * 3

    kept, facts = load_arrays(drawn_splits / "m" / "only" / "best.npz")
    look = seen[facts["epoch"]]
    trained = [i for i, w in enumerate(model.weights) if w.trainable]
    for average, i in zip(look["averages"], trained, strict=True):
        np.testing.assert_allclose(kept[i], average, atol=1e-6)
    assert any(np.abs(kept[i] - look["own"][i]).max() > 1e-4 for i in trained)
    moving = [i for i, w in enumerate(model.weights) if "moving_mean" in w.path]
    assert any(np.abs(kept[i] - look["own"][i]).max() > 1e-4 for i in moving)
    # the model that a run ends with gives the validation figures that were kept
    logits = model(drawn_corpus().resized(32).images[..., None] / np.float32(255), training=False)
    known = drawn_corpus().labels >= 0
    again = class_figures(np.asarray(logits)[known], drawn_corpus().labels[known])
    assert again["nll"] == pytest.approx(facts["nll"], rel=1e-4)


def test_a_stage_ends_when_nothing_improves(
    tiny: None, eager: None, drawn_splits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Validation, "score", lambda _self, _figures: 0.25)
    stage = Stage("only", "classify", (Phase(32, 8),), 1e-3)
    config = RunConfig(network="mobilenet", stages=(stage,), steps=1, batch=4, patience=2)
    Run(config, drawn_splits / "m").go()
    lines = (drawn_splits / "m" / "only" / "log.csv").read_text().splitlines()
    assert len(lines) - 1 == 5  # first looked at after epoch 2, two more do not improve


def test_the_rate_rises_to_its_peak_and_falls_along_a_cosine(
    tiny: None, drawn_splits: Path
) -> None:
    config = CONFIG
    run = Run(config, drawn_splits / "m")
    model = run.network_for(STAGE, *start(run))
    run.compile(STAGE, model)
    total, rise = STAGE.epochs * config.steps, round(STAGE.epochs * config.steps * STAGE.warmup)
    schedule = model.optimizer._learning_rate
    rates = np.array([float(schedule(step)) for step in range(total + 1)])
    assert rates[0] == pytest.approx(0.01 * STAGE.learning_rate)
    assert int(rates.argmax()) == rise
    assert rates.max() == pytest.approx(STAGE.learning_rate)
    assert (np.diff(rates[: rise + 1]) > 0).all()
    assert (np.diff(rates[rise:]) < 0).all()
    assert rates[-1] == pytest.approx(0.01 * STAGE.learning_rate, rel=1e-3)


def test_only_kernels_decay(tiny: None, drawn_splits: Path) -> None:
    run = Run(CONFIG, drawn_splits / "m")
    model = run.network_for(STAGE, *start(run))
    run.compile(STAGE, model)
    for variable in model.trainable_variables:
        assert model.optimizer._use_weight_decay(variable) == (variable.name == "kernel")


def start(run: Run) -> tuple[Any, Any]:
    from ml.training.runner import start_network

    return start_network(run.config)
