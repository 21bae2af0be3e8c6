"""What a stage can ask for beyond the shipped recipe: families, RandAugment, mixed pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.errors import TrainingError
from ml.training.batches import TrainingBatches, families_of
from ml.training.checkpoint import arrays_of, save_arrays
from ml.training.config import Phase, RunConfig, Stage
from ml.training.corpus import Corpus
from ml.training.networks import start_network
from ml.training.runner import Run

PACKED = 9
"""Columns of mixed targets: two of four classes, and a share."""
STAGE = Stage("s", "classify", (Phase(64, 1),), 1e-3)
CONFIG = RunConfig(network="mobilenet", stages=(), steps=2, batch=16)


def batches(corpus: Corpus, stage: Stage, grid: tuple[int, int] | None = None) -> TrainingBatches:
    return TrainingBatches(corpus, stage=stage, config=CONFIG, mask_shape=grid)


def test_families_come_and_go_by_name() -> None:
    found = families_of(replace(STAGE, extra_families=("elastic",), left_out=("noise", "mirror")))
    assert found.elastic
    assert found.affine
    assert not found.noise
    assert not found.mirror
    with pytest.raises(ValueError, match="no augmentation family 'colour'"):
        families_of(replace(STAGE, left_out=("colour",)))


def test_a_stage_without_choices_draws_what_it_drew(corpus: Corpus) -> None:
    plain = batches(corpus, STAGE)[0]
    chosen = batches(corpus, replace(STAGE, left_out=(), rand_augment=0, mixing="none"))[0]
    np.testing.assert_array_equal(plain[0], chosen[0])


def test_rand_augment_draws_other_pictures_of_the_same_classes(corpus: Corpus) -> None:
    plain, drawn = batches(corpus, STAGE)[0], batches(corpus, replace(STAGE, rand_augment=2))[0]
    np.testing.assert_array_equal(plain[1], drawn[1])
    assert np.abs(plain[0] - drawn[0]).max() > 0.1
    assert drawn[0].min() >= 0.0
    assert drawn[0].max() <= 1.0


@pytest.mark.parametrize("mixing", ["mixup", "cutmix", "both"])
def test_mixed_batches_carry_both_targets(corpus: Corpus, mixing: str) -> None:
    stage = replace(STAGE, mixing=mixing)  # type: ignore[arg-type]
    _, targets, weights = batches(corpus, stage)[0]
    assert targets.shape == (16, PACKED)
    assert weights.tolist() == [1.0] * 16
    assert (targets[:, :4].sum(axis=1) == 1.0).all()
    share = targets[:, -1]
    assert ((share >= 0.0) & (share <= 1.0)).all()
    assert (share < 1.0).any()


def test_a_mixed_outline_is_known_only_where_both_are(corpus: Corpus) -> None:
    half = replace(corpus, has_mask=np.arange(len(corpus)) % 2 == 0)
    plain = replace(STAGE, task="joint", unknown_weight=1.0)
    known = [batches(half, plain, (16, 16))[i][2]["mask_logits"].mean() for i in range(2)]
    mixed = batches(half, replace(plain, mixing="cutmix"), (16, 16))
    both = [mixed[i][2]["mask_logits"].mean() for i in range(2)]
    assert 0.0 < np.mean(both) < np.mean(known) < 1.0
    assert mixed[0][1]["logits"].shape == (16, PACKED)
    assert mixed[0][1]["mask_logits"].shape == (16, 16, 16, 1)


@pytest.mark.parametrize("task", ["detect", "multitask"])
def test_tasks_that_cannot_be_mixed_say_so(task: str) -> None:
    with pytest.raises(ValueError, match=f"the {task} task cannot be trained on mixed pictures"):
        replace(STAGE, task=task, mixing="mixup")  # type: ignore[arg-type]


@pytest.mark.usefixtures("tiny", "eager")
def test_a_run_learns_from_mixed_pictures(drawn_splits: Path) -> None:
    stage = replace(STAGE, phases=(Phase(32, 2),), mixing="both", rand_augment=2)
    model = Run(replace(CONFIG, stages=(stage,), batch=8, steps=3), drawn_splits / "run").go()
    log = (drawn_splits / "run" / "s" / "log.csv").read_text().splitlines()
    assert len(log) == 3
    start, _ = start_network(replace(CONFIG, stages=(stage,)))
    assert [w.shape for w in model.weights] == [w.shape for w in start.weights]
    assert np.isfinite(np.concatenate([weight.numpy().ravel() for weight in model.weights])).all()


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("kind", ["classifier", "joint"])
def test_a_run_starts_from_a_weight_file(tmp_path: Path, kind: str) -> None:
    config, number = replace(CONFIG, weights="none"), ["classifier", "joint"].index(kind)
    weights = arrays_of(start_network(config)[number].weights)
    save_arrays(tmp_path / "best.npz", weights)
    started = start_network(replace(config, weights=str(tmp_path / "best.npz")))[number]
    for stored, found in zip(weights, arrays_of(started.weights), strict=True):
        np.testing.assert_array_equal(found, stored)
    with pytest.raises(TrainingError, match="no weight file"):
        start_network(replace(config, weights=str(tmp_path / "absent.npz")))
