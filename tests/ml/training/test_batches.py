"""Batches: right shapes, balanced, reproducible, known masks only where they are known."""

from dataclasses import replace

import numpy as np
import pytest

from ml.training.batches import TrainingBatches, class_shares
from ml.training.config import Phase, RunConfig, Stage
from ml.training.corpus import Corpus

CONFIG = RunConfig(network="mobilenet", stages=(), steps=3, batch=16)


def stage(task: str) -> Stage:
    return Stage("s", task, (Phase(64, 1),), 1e-3)  # type: ignore[arg-type]


def batches(corpus: Corpus, task: str, grid: tuple[int, int] | None) -> TrainingBatches:
    return TrainingBatches(corpus, stage=stage(task), config=CONFIG, mask_shape=grid)


def test_joint_batch_shapes(corpus: Corpus) -> None:
    images, targets, weights = batches(corpus, "joint", (16, 16))[0]
    assert images.shape == (16, 64, 64, 1)
    assert targets["logits"].shape == (16, 4)
    assert targets["mask_logits"].shape == (16, 16, 16, 1)
    assert weights["mask_logits"].tolist() == [1.0] * 16
    assert images.max() <= 1.0


def test_unknown_type_is_a_set_without_no_tumour(corpus: Corpus) -> None:
    only = corpus.select(corpus.labels == -1)
    _, targets, _ = batches(only, "joint", (16, 16))[0]
    assert targets["logits"].tolist() == [[1.0, 1.0, 0.0, 1.0]] * 16


def test_classify_never_draws_unknown_types(corpus: Corpus) -> None:
    loader = batches(corpus, "classify", None)
    targets = np.concatenate([loader[i][1] for i in range(3)])
    assert (targets.sum(axis=1) == 1).all()


def test_epochs_differ_and_repeat(corpus: Corpus) -> None:
    first, again = batches(corpus, "classify", None), batches(corpus, "classify", None)
    np.testing.assert_array_equal(first[1][0], again[1][0])
    first.on_epoch_end()
    assert np.abs(first[1][0] - again[1][0]).max() > 0.1


def test_shares_follow_the_square_root(corpus: Corpus) -> None:
    labels = np.array([0] * 4 + [1] * 16 + [2] * 4 + [3] * 36)
    odd = replace(corpus, labels=labels, clusters=corpus.clusters)
    shares = class_shares(odd, stage("classify"))
    assert shares[3] / shares[0] == pytest.approx(3.0)
    assert shares[1] / shares[0] == pytest.approx(2.0)


def test_segment_limits_empty_masks(corpus: Corpus) -> None:
    few = replace(stage("segment"), empty_share=0.1)
    assert class_shares(corpus, stage("segment"))[2] <= 0.2 + 1e-9
    assert class_shares(corpus, few)[2] == pytest.approx(0.1)


def test_a_stage_can_ask_for_more_gliomas_and_fewer_unknown(corpus: Corpus) -> None:
    plain = class_shares(corpus, stage("joint"))
    asked = replace(stage("joint"), glioma_weight=2.0, unknown_weight=0.35)
    shares = class_shares(corpus, asked)
    assert shares[0] / shares[1] == pytest.approx(2.0 * plain[0] / plain[1])
    assert shares[-1] / shares[1] == pytest.approx(0.5 * plain[-1] / plain[1])


def test_a_cluster_counts_once(corpus: Corpus) -> None:
    copies = replace(corpus, clusters=np.where(corpus.labels == 0, "one", corpus.clusters))
    assert len(batches(copies, "classify", None).members[0]) == 1
