"""Augmentation keeps picture and mask together and inside 0..1."""

from dataclasses import fields

import numpy as np
import pytest

from ml.changes import erase, recompress
from ml.training.augment import (
    Families,
    Ranges,
    augment,
    bias_field,
    random_affine,
    random_displacement,
    warp,
)
from tests.ml.training import former_augment


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
    picture = disc()
    matrices = [random_affine(96, np.random.default_rng(s), Ranges(), 0.0) for s in range(20)]
    seen = {tuple(np.round(warp(picture, m)[40]).tolist()) for m in matrices}
    expected = {tuple(picture[40].tolist()), tuple(picture[40, ::-1].tolist())}
    assert seen == expected


def test_bias_field_is_smooth_and_near_one() -> None:
    field = bias_field(64, np.random.default_rng(0), 0.35)
    assert np.abs(np.diff(field, axis=0)).max() < 0.05
    assert 0.5 < field.mean() < 2.0


def shaded(side: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """A smooth head on black and the mask of a tumour, the same on every machine."""
    r, c = np.mgrid[:side, :side].astype(np.float32) / side
    head = ((r - 0.5) ** 2 + (c - 0.5) ** 2 < 0.2).astype(np.float32)
    picture = head * (0.35 + 0.25 * np.sin(9 * r) * np.cos(7 * c) + 0.15 * r)
    mask = ((r - 0.4) ** 2 + (c - 0.6) ** 2 < 0.015).astype(np.float32)
    return picture.astype(np.float32), mask


RECIPE_SUMS = {
    (0, 0.7): (713.6377, 225.2431, 122.0190, 1572681602),
    (1, 1.0): (684.7018, 189.2101, 117.5667, 1120209707),
    (2, 1.5): (677.7875, 183.6585, 150.9048, 1899948830),
    (3, 1.0): (334.9258, 97.4374, 108.8986, 25666770),
    (4, 0.0): (571.8387, 183.3616, 108.0000, 688442473),
    (5, 1.5): (1146.4963, 391.9253, 156.9463, 4190016),
}
"""[seed, strength] → sum of the picture, of its samples, of the mask, and the next draw, as
computed by the function that the shipped networks were trained with."""


@pytest.mark.parametrize(("case", "stored"), RECIPE_SUMS.items())
def test_the_shipped_recipe_still_gives_what_it_gave(
    case: tuple[int, float], stored: tuple[float, float, float, int]
) -> None:
    rng = np.random.default_rng([case[0], 7])
    moved, mask = augment(*shaded(), rng, strength=case[1])
    assert mask is not None
    sums = [
        float(moved.sum(dtype=np.float64)),
        float((moved[::3, ::5] * np.arange(10)).sum(dtype=np.float64)),
        float(mask.sum(dtype=np.float64)),
    ]
    # the last digits are the machine's; the frozen function below is compared to the bit
    np.testing.assert_allclose(sums, stored[:3], rtol=2e-4)
    assert int(rng.integers(2**31)) == stored[3]


@pytest.mark.parametrize("size", [33, 64])
@pytest.mark.parametrize("strength", [0.0, 0.7, 1.5])
def test_default_families_are_the_former_function_to_the_bit(size: int, strength: float) -> None:
    for seed in range(12):
        source = np.random.default_rng([seed, size])
        picture = source.random((size, size), np.float32)
        mask = (source.random((size, size)) < 0.1).astype(np.float32) if seed % 3 else None
        old, new = np.random.default_rng(seed), np.random.default_rng(seed)
        expected = former_augment.augment(picture, mask, old, strength=strength)
        found = augment(picture, mask, new, strength=strength)
        np.testing.assert_array_equal(found[0], expected[0])
        assert (found[1] is None) == (mask is None)
        if mask is not None:
            np.testing.assert_array_equal(found[1], expected[1])
        assert new.bit_generator.state == old.bit_generator.state


NONE = Families(**{field.name: False for field in fields(Families)})


def test_without_any_family_nothing_changes() -> None:
    picture, mask = shaded()
    for seed in range(5):
        moved, moved_mask = augment(picture, mask, np.random.default_rng(seed), families=NONE)
        np.testing.assert_allclose(moved, picture, atol=1e-6)
        np.testing.assert_allclose(moved_mask, mask, atol=1e-6)


@pytest.mark.parametrize("name", [field.name for field in fields(Families)])
def test_each_family_alone_changes_something_and_only_geometry_moves_the_mask(name: str) -> None:
    picture, mask = shaded()
    alone = NONE.including(name)
    versions = [
        augment(picture, mask, np.random.default_rng(s), strength=1.5, families=alone)
        for s in range(20)
    ]
    changed = [np.abs(image - picture).max() > 0.004 for image, _ in versions]
    moved = [np.abs(m - mask).max() > 0.01 for _, m in versions if m is not None]
    assert any(changed)
    assert any(moved) == (name in ("mirror", "quarter_turn", "affine", "elastic"))
    for image, _ in versions:
        assert image.dtype == np.float32
        assert 0.0 <= image.min() <= image.max() <= 1.0


@pytest.mark.parametrize("name", [field.name for field in fields(Families)])
def test_leaving_a_family_out_leaves_the_stream_as_it_was(name: str) -> None:
    whole, part = np.random.default_rng(8), np.random.default_rng(8)
    everything = Families(elastic=True, compression=True, cutout=True)
    for _ in range(6):
        augment(*shaded(), whole, families=everything)
        augment(*shaded(), part, families=everything.without(name))
    assert whole.random() == part.random()


def test_extra_families_leave_the_recipes_draws_alone() -> None:
    picture, mask = shaded()
    plain = augment(picture, mask, np.random.default_rng(3))[1]
    extra = Families(compression=True, cutout=True)
    with_extra = augment(picture, mask, np.random.default_rng(3), families=extra)[1]
    np.testing.assert_array_equal(plain, with_extra)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(ValueError, match="no augmentation family 'inversion'; there are mirror"):
        Families().without("inversion")


def test_elastic_is_gentle_and_moves_picture_and_mask_alike() -> None:
    mask = disc()
    bend = random_displacement(96, np.random.default_rng(1), Ranges(), 1.0)
    assert 0.1 < np.abs(bend).max() <= 1.2 * 0.015 * 96
    assert np.abs(np.diff(bend, axis=0)).max() < 0.3
    identity = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    moved = warp(mask, identity, bend)
    assert 0.9 < moved.sum() / mask.sum() < 1.1
    np.testing.assert_allclose(
        warp(mask, identity, np.zeros((96, 96, 2), np.float32)), mask, atol=1e-6
    )


def test_displacement_and_matrix_are_one_move() -> None:
    picture, _ = shaded(64)
    matrix = random_affine(64, np.random.default_rng(2), Ranges(), 1.0)
    still = warp(picture, matrix, np.zeros((64, 64, 2), np.float32))
    # two routines of OpenCV, fixed point in one of them
    assert np.abs(still - warp(picture, matrix)).mean() < 0.01


def test_compression_keeps_the_picture_recognisable_and_leaves_blocks() -> None:
    picture, _ = shaded(64)
    best = recompress(picture, factor=1.0, quality=95)
    worst = recompress(picture, factor=2.0, quality=20)
    assert np.abs(best - picture).mean() < np.abs(worst - picture).mean() < 0.05


def test_cutout_spares_the_tumour_and_the_air() -> None:
    picture, mask = shaded(64)
    centre = tuple(float(v.mean()) for v in np.nonzero(mask))
    np.testing.assert_array_equal(erase(picture, mask, centre=centre, side_px=20), picture)
    hidden = erase(picture, None, centre=centre, side_px=20)
    assert np.abs(hidden - picture).max() > 0.05
    corner = erase(picture, None, centre=(5.0, 5.0), side_px=20)
    np.testing.assert_array_equal(corner[picture == 0], 0.0)
