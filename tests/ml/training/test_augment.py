"""Augmentation keeps picture and mask together and inside 0..1."""

import numpy as np
import pytest

from ml.training.augment import augment, bias_field, random_affine, warp


def disc(size: int = 96, centre: tuple[int, int] = (40, 56), radius: int = 12) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    inside = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2
    return inside.astype(np.float32)


@pytest.mark.parametrize("seed", range(12))
def test_the_mask_follows_the_picture(seed: int) -> None:
    mask = disc()
    picture = 0.3 + 0.7 * mask
    moved, moved_mask = augment(picture, mask, np.random.default_rng(seed), strength=1.0)
    assert moved_mask is not None
    inside, outside = moved[moved_mask > 0.9], moved[(moved_mask < 0.01) & (moved > 0.02)]
    assert inside.size > 100
    assert np.median(inside) > np.median(outside)


@pytest.mark.parametrize("seed", range(6))
def test_levels_stay_in_range(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = rng.random((64, 64), np.float32)
    moved, none = augment(picture, None, rng, strength=1.5)
    assert none is None
    assert moved.dtype == np.float32
    assert moved.min() >= 0.0
    assert moved.max() <= 1.0


def test_same_seed_same_picture() -> None:
    picture = disc()
    first, _ = augment(picture, None, np.random.default_rng(3))
    second, _ = augment(picture, None, np.random.default_rng(3))
    third, _ = augment(picture, None, np.random.default_rng(4))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - third).max() > 0.1


def test_strength_zero_only_mirrors() -> None:
    from ml.training.augment import Ranges

    picture = disc()
    matrices = [random_affine(96, np.random.default_rng(s), Ranges(), 0.0) for s in range(20)]
    seen = {tuple(np.round(warp(picture, m)[40]).tolist()) for m in matrices}
    expected = {tuple(picture[40].tolist()), tuple(picture[40, ::-1].tolist())}
    assert seen == expected


def test_bias_field_is_smooth_and_near_one() -> None:
    field = bias_field(64, np.random.default_rng(0), 0.35)
    assert np.abs(np.diff(field, axis=0)).max() < 0.05
    assert 0.5 < field.mean() < 2.0
