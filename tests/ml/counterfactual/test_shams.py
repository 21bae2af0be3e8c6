"""Shams change brain and leave the truth."""

import numpy as np
import pytest

from ml.counterfactual import sham_blend, sham_paint
from ml.counterfactual.heads import brain_of
from ml.counterfactual.shams import moved_mask
from tests.ml.counterfactual.simulated import SIDE, head


@pytest.mark.parametrize("seed", range(3))
def test_a_sham_spares_the_tumour(seed: int) -> None:
    image, mask = head("meningioma")
    out = sham_paint(image, mask, np.random.default_rng(seed), tumour=mask)
    np.testing.assert_array_equal(out[mask > 0.1], image[mask > 0.1])
    changed = np.abs(out - image) > 0.005
    assert changed.sum() > 20
    assert (changed & brain_of(image)).sum() > 0.6 * changed.sum()


@pytest.mark.parametrize("seed", range(4))
def test_a_sham_does_not_copy_the_tumour(seed: int) -> None:
    image, mask = head("meningioma")
    bright = np.quantile(image[mask > 0.9], 0.5)
    out = sham_paint(image, mask, np.random.default_rng(seed), tumour=mask)
    changed = np.abs(out - image) > 0.01
    assert (out[changed] > 0.95 * bright).mean() < 0.03


def test_an_outline_is_moved_whole_and_away() -> None:
    image, mask = head("meningioma")
    moved = moved_mask(image, mask, np.random.default_rng(1), avoid=mask > 0.1)
    assert moved.sum() == pytest.approx(mask.sum(), rel=0.01)
    assert not ((moved > 0.5) & (mask > 0.5)).any()
    assert (brain_of(image) & (moved > 0.5)).sum() > 0.9 * (moved > 0.5).sum()


def test_a_piece_of_another_healthy_brain_is_blended_in() -> None:
    host, donor = head("no_tumor", 2)[0], head("no_tumor", 4)[0]
    shape = head("meningioma")[1]
    first = sham_blend(host, donor, shape, np.random.default_rng(3))
    np.testing.assert_array_equal(first, sham_blend(host, donor, shape, np.random.default_rng(3)))
    changed = np.abs(first - host) > 0.01
    assert 20 < changed.sum() < 0.1 * SIDE**2
    # no tumour came with it
    assert first[changed].max() < np.quantile(host[brain_of(host)], 0.999) + 0.1


def test_no_place_is_refused() -> None:
    image, mask = head("meningioma")
    with pytest.raises(ValueError, match="finds no place"):
        moved_mask(image, mask, np.random.default_rng(0), avoid=np.ones(image.shape, np.bool_))
    with pytest.raises(ValueError, match="the outline is empty"):
        moved_mask(image, 0 * mask, np.random.default_rng(0), avoid=None)
