"""The batch hook edits with the chances it is given and keeps label, mask and picture together."""

import numpy as np
import pytest

from ml.labels import CLASSES, NO_TUMOR
from ml.training.counterfactual import KINDS, CounterfactualMixer
from tests.ml.counterfactual.simulated import head

SLICES = (("glioma", 1), ("meningioma", 1), ("no_tumor", 2), ("no_tumor", 4))


def batch() -> tuple[np.ndarray, ...]:
    pairs = [head(label, seed) for label, seed in SLICES]
    images = np.stack([image for image, _ in pairs])[..., None]
    masks = np.stack([mask for _, mask in pairs])[..., None]
    targets = np.eye(4, dtype=np.float32)[[CLASSES.index(label) for label, _ in SLICES]]
    return images, targets, masks, np.ones(4, bool)


def test_every_tumour_goes_and_every_free_head_gets_one() -> None:
    images, targets, masks, known = batch()
    mixer = CounterfactualMixer(paint_out=1.0, blend_in=1.0, sham=0.0)
    out = mixer(images, targets, masks, known, np.random.default_rng(0))
    assert list(out.kinds) == ["painted_out"] * 2 + ["blended_in"] * 2
    assert (out.targets[:2].argmax(axis=1) == NO_TUMOR).all()
    assert (out.targets[2:].argmax(axis=1) != NO_TUMOR).all()
    assert (out.targets.sum(axis=1) == 1).all()
    assert not out.masks[:2].any()
    assert ((out.masks[2:] > 0.5).sum(axis=(1, 2, 3)) > 12).all()
    assert out.known.all()
    assert (np.abs(out.images - images).max(axis=(1, 2, 3)) > 0.1).all()
    assert out.images.dtype == out.masks.dtype == out.targets.dtype == np.float32


def test_shams_change_the_picture_alone() -> None:
    images, targets, masks, known = batch()
    mixer = CounterfactualMixer(paint_out=0.0, blend_in=0.0, sham=1.0)
    out = mixer(images, targets, masks, known, np.random.default_rng(1))
    assert list(out.kinds) == ["sham"] * 4
    np.testing.assert_array_equal(out.targets, targets)
    np.testing.assert_array_equal(out.masks, masks)
    assert (np.abs(out.images - images).max(axis=(1, 2, 3)) > 0.01).all()


def test_no_chance_no_edit_and_the_input_is_left_alone() -> None:
    arrays = batch()
    before = [a.copy() for a in arrays]
    out = CounterfactualMixer(0.0, 0.0, 0.0)(*arrays, np.random.default_rng(2))
    np.testing.assert_array_equal(out.images, before[0])
    assert set(out.kinds) == {KINDS[0]}
    CounterfactualMixer(1.0, 1.0, 0.0)(*arrays, np.random.default_rng(2))
    for now, then in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_an_outline_that_is_not_known_is_left_alone() -> None:
    images, targets, masks, known = batch()
    known[:2] = False
    out = CounterfactualMixer(1.0, 1.0, 1.0)(
        images, targets, masks, known, np.random.default_rng(3)
    )
    assert set(out.kinds) == {"original"}
    np.testing.assert_array_equal(out.known, known)


def test_a_tumour_of_unknown_type_hands_its_set_of_classes_on() -> None:
    images, targets, masks, known = batch()
    targets[:2] = (1, 1, 0, 1)
    mixer = CounterfactualMixer(paint_out=0.0, blend_in=1.0, sham=0.0)
    out = mixer(images, targets, masks, known, np.random.default_rng(4))
    np.testing.assert_array_equal(out.targets, np.tile(targets[:1], (4, 1)))


def test_a_picture_that_refuses_stays_as_it_was() -> None:
    images, targets, masks, known = batch()
    images[2] = 0.0
    mixer = CounterfactualMixer(paint_out=0.0, blend_in=1.0, sham=0.0)
    out = mixer(images, targets, masks, known, np.random.default_rng(5))
    assert list(out.kinds) == ["original"] * 3 + ["blended_in"]
    np.testing.assert_array_equal(out.targets[2], targets[2])


def test_a_seed_decides() -> None:
    arrays, mixer = batch(), CounterfactualMixer(0.5, 0.5, 0.5)
    first = mixer(*arrays, np.random.default_rng(6))
    second = mixer(*arrays, np.random.default_rng(6))
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.kinds, second.kinds)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the chance sham is 1.5, not in 0..1"):
        CounterfactualMixer(sham=1.5)
    images, targets, masks, known = batch()
    with pytest.raises(ValueError, match="must be as large as pictures"):
        CounterfactualMixer()(images, targets, masks[:, ::2], known, np.random.default_rng(0))


def test_versions_made_before_are_used_and_their_refusals_are_kept() -> None:
    images, targets, masks, known = batch()
    marks = [np.full(images.shape[1:3], 0.1 * i, np.float32) for i in range(8)]
    ready = [(marks[0], marks[1]), (None, None), (None, marks[5]), (None, None)]
    rng = np.random.default_rng(5)
    out = CounterfactualMixer(1.0, 0.0, 0.0)(images, targets, masks, known, rng, ready=ready)
    assert list(out.kinds) == ["painted_out", "original", "original", "original"]
    np.testing.assert_array_equal(out.images[0, ..., 0], marks[0])
    assert out.targets[1].argmax() == targets[1].argmax()
    shams = CounterfactualMixer(0.0, 0.0, 1.0)
    kinds = [shams(images, targets, masks, known, rng, ready=ready) for _ in range(12)]
    for one in kinds:
        assert list(one.kinds[:2]) == ["sham", "original"]
        np.testing.assert_array_equal(one.images[0, ..., 0], marks[1])
    painted = [np.array_equal(one.images[2, ..., 0], marks[5]) for one in kinds]
    assert any(painted), "a tumour-free head is painted over"
    assert not all(painted), "or gets a healthy piece of another"
