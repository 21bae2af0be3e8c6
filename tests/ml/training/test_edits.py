"""Edits are made once a picture, kept whole or not at all, and found again by path."""

from pathlib import Path

import numpy as np
import pytest

from ml.labels import CLASSES, NO_TUMOR
from ml.training import edits as module
from ml.training.batches import TrainingBatches
from ml.training.config import Phase, RunConfig, Stage
from ml.training.corpus import Corpus
from ml.training.edits import EDITED_SIDE, edits_of
from tests.ml.counterfactual.simulated import head

SLICES = (("glioma", 1), ("meningioma", 1), ("no_tumor", 2), ("no_tumor", 4), ("meningioma", 3))


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Corpus:
    """Five simulated heads; the last one's outline is not known."""
    monkeypatch.setattr("ml.training.corpus.CACHE", tmp_path / ".cache")
    pairs = [head(label, seed) for label, seed in SLICES]
    known = np.array([True, True, True, True, False])
    masks = np.stack([mask for _, mask in pairs]) * known[:, None, None]
    names = np.array([f"{label}/{seed}.png" for label, seed in SLICES])
    return Corpus(
        images=np.round(np.stack([image for image, _ in pairs]) * 255).astype(np.uint8),
        masks=np.round(masks * 255).astype(np.uint8),
        has_mask=known,
        labels=np.array([CLASSES.index(label) for label, _ in SLICES]),
        clusters=names,
        groups=names,
        paths=names,
        representative=np.ones(len(SLICES), bool),
    )


def test_what_can_be_edited_is_edited_once(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    found = edits_of(corpus)
    assert found.images.shape[1:] == (EDITED_SIDE, EDITED_SIDE)
    assert set(found.places) == set(corpus.paths[:4].tolist())
    small = corpus.resized(EDITED_SIDE)
    for position, path in enumerate(corpus.paths[:4].tolist()):
        without, sham = found.of(path)
        assert sham is not None
        before = small.images[position] / 255.0
        assert np.abs(sham - before).max() > 0.02
        if corpus.labels[position] == NO_TUMOR:
            assert without is None
        else:
            assert without is not None
            inside = small.masks[position] > 200
            assert np.abs(without - before)[inside].mean() > 0.05
    assert found.of(str(corpus.paths[4])) == (None, None)
    assert found.of("unknown.png") == (None, None)
    monkeypatch.setattr(module, "edit_all", lambda _: pytest.fail("edited again"))
    again = edits_of(corpus)
    np.testing.assert_array_equal(again.images, found.images)
    assert again.places == found.places
    assert found.resized(64).images.shape == (len(found.images), 64, 64)


def test_helpers_edit_as_this_process_does(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    alone = edits_of(corpus)
    monkeypatch.setattr("ml.training.corpus.CACHE", tmp_path / "other")
    monkeypatch.setattr(module, "A_PART", 2)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    shared = edits_of(corpus)
    np.testing.assert_array_equal(shared.images, alone.images)


def test_a_refusal_is_remembered_as_one(corpus: Corpus) -> None:
    blank = corpus.select(np.array([True] + [False] * 4))
    blank.images[:] = 0
    found = edits_of(blank)
    assert found.places == {str(blank.paths[0]): (-1, -1)}
    assert found.images.shape == (0, EDITED_SIDE, EDITED_SIDE)


def test_batches_draw_the_edits_that_were_made(corpus: Corpus) -> None:
    stage = Stage("s", "classify", (Phase(64, 1),), 1e-3, edited=True)
    config = RunConfig(network="mobilenet", stages=(stage,), steps=1, batch=24)
    found = edits_of(corpus).resized(64)
    found.images[:] = 255  # cannot be missed
    batches = TrainingBatches(
        corpus.resized(64), stage=stage, config=config, mask_shape=None, edits=found
    )
    images = batches[0][0]
    assert images.shape == (24, 64, 64, 1)
    assert (images.mean(axis=(1, 2, 3)) > 0.8).any()
