"""The mean of the shipped classifiers as a teacher: its cache, its loss, its batches."""

from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from ml.training import teacher
from ml.training.batches import TrainingBatches
from ml.training.config import Phase, RunConfig, Stage
from ml.training.corpus import Corpus
from ml.training.losses import PartialLabelLoss
from ml.training.teacher import DistillationLoss, teacher_of

CONFIG = RunConfig(network="mobilenet", stages=(), steps=3, batch=64)
STAGE = Stage("s", "classify", (Phase(64, 1),), 1e-3, distilled=0.4)


@pytest.fixture
def two_teachers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Two networks of one answer each; what was loaded is noted."""
    loaded: list[str] = []
    logits = {"first": [9.0, 0.0, 0.0, 0.0], "second": [0.0, 9.0, 0.0, 0.0]}

    def load(name: str) -> object:
        loaded.append(name)
        answer = np.array(logits[name], np.float32)
        return SimpleNamespace(predict_on_batch=lambda batch: np.tile(answer, (len(batch), 1)))

    monkeypatch.setattr(teacher, "CLASSIFIERS", ("first", "second"))
    monkeypatch.setattr(teacher.weights, "load", load)
    known = lambda name: SimpleNamespace(input_size=32, sha256=name)  # noqa: E731
    monkeypatch.setattr(teacher, "spec", known)
    monkeypatch.setattr(teacher.pictures, "CACHE", tmp_path)
    return loaded


def test_the_teacher_is_the_mean_and_is_asked_once(corpus: Corpus, two_teachers: list[str]) -> None:
    found = teacher_of(corpus)
    assert found.shape == (len(corpus), 4)
    np.testing.assert_allclose(found[:, :2], 0.5, atol=1e-3)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(teacher_of(corpus), found)
    assert two_teachers == ["first", "second"]


def test_of_the_loss_nothing_or_all_is_the_teachers() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(5, 4)).astype(np.float32)
    target = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0]]
    taught = rng.dirichlet(np.ones(4), 5).astype(np.float32)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    def loss(share: float) -> np.ndarray:
        packed = np.concatenate([target, taught, np.full((5, 1), share, np.float32)], axis=1)
        return keras.ops.convert_to_numpy(DistillationLoss(0.1).call(packed, logits))

    usual = keras.ops.convert_to_numpy(PartialLabelLoss(0.1).call(target, logits))
    np.testing.assert_allclose(loss(0.0), usual, rtol=1e-5)
    np.testing.assert_allclose(loss(1.0), -(taught * log_p).sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(loss(0.25), 0.75 * loss(0.0) + 0.25 * loss(1.0), rtol=1e-5)


def test_a_batch_carries_the_teacher_of_its_own_pictures(corpus: Corpus) -> None:
    answers = np.random.default_rng(1).random((len(corpus), 4)).astype(np.float32)
    answers[:, 0] = corpus.labels
    loader = TrainingBatches(corpus, stage=STAGE, config=CONFIG, mask_shape=None, teacher=answers)
    targets = loader[0][1]
    assert targets.shape == (64, 9)
    np.testing.assert_array_equal(targets[:, :4].argmax(axis=1), targets[:, 4].astype(int))
    np.testing.assert_allclose(targets[:, 8], 0.4)


def test_pictures_whose_truth_was_changed_have_no_teacher(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml.training import batches
    from ml.training.counterfactual import EditedBatch

    kinds = np.array(["original", "painted_out", "blended_in", "sham"] * 16)

    def edited(images, labels, masks, known, rng, ready=None):  # type: ignore[no-untyped-def]
        return EditedBatch(images, labels, masks, known, kinds)

    monkeypatch.setattr(batches, "CounterfactualMixer", lambda: edited)
    stage = Stage("s", "classify", (Phase(64, 1),), 1e-3, distilled=0.4, edited=True)
    answers = np.full((len(corpus), 4), 0.25, np.float32)
    loader = TrainingBatches(corpus, stage=stage, config=CONFIG, mask_shape=None, teacher=answers)
    np.testing.assert_allclose(loader[0][1][:, 8], [0.4, 0.0, 0.0, 0.4] * 16)


@pytest.mark.parametrize(("task", "mixing"), [("segment", "none"), ("classify", "mixup")])
def test_what_cannot_be_distilled_is_refused(task: str, mixing: str) -> None:
    with pytest.raises(ValueError, match="distilled"):
        Stage("s", task, (Phase(32, 1),), 1e-3, distilled=0.5, mixing=mixing)  # type: ignore[arg-type]
