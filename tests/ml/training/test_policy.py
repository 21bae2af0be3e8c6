"""RandAugment draws families by number and magnitude."""

import numpy as np
import pytest

from ml.training.augment import Families
from ml.training.policy import CHANGES, rand_augment
from tests.ml.training.test_augment import shaded


def test_every_family_but_the_mirror_can_be_drawn() -> None:
    assert set(CHANGES) == set(Families.__dataclass_fields__) - {"mirror"}


def test_no_family_leaves_only_the_mirror() -> None:
    picture, mask = shaded()
    seen = set()
    for seed in range(8):
        moved, moved_mask = rand_augment(picture, mask, np.random.default_rng(seed), n=0)
        turned = not np.array_equal(moved, picture)
        seen.add(turned)
        np.testing.assert_array_equal(moved, picture[:, ::-1] if turned else picture)
        np.testing.assert_array_equal(moved_mask, mask[:, ::-1] if turned else mask)
    assert seen == {True, False}


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "quarter_turn"])
def test_a_larger_magnitude_changes_more(name: str) -> None:
    picture, mask = shaded()

    def change(magnitude: float) -> float:
        versions = (
            CHANGES[name](picture, mask, np.random.default_rng(seed), magnitude)[0]
            for seed in range(12)
        )
        return float(np.mean([np.abs(v - picture).mean() for v in versions]))

    assert change(0.05) < change(0.4) < change(1.0)


@pytest.mark.parametrize("seed", range(8))
def test_picture_and_mask_stay_together_and_in_range(seed: int) -> None:
    picture, mask = shaded()
    moved, moved_mask = rand_augment(
        np.maximum(0.2 * picture, mask), mask, np.random.default_rng(seed), n=3, magnitude=0.6
    )
    assert moved_mask is not None
    assert moved.dtype == moved_mask.dtype == np.float32
    assert 0.0 <= moved.min() <= moved.max() <= 1.0
    assert moved[moved_mask > 0.9].mean() > 2 * moved[moved_mask < 0.01].mean()


def test_same_seed_same_version() -> None:
    picture, _ = shaded()
    first, none = rand_augment(picture, None, np.random.default_rng(5))
    second, _ = rand_augment(picture, None, np.random.default_rng(5))
    assert none is None
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("wrong", [{"n": -1}, {"magnitude": -0.1}])
def test_negative_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="RandAugment wants n and magnitude of 0 or more"):
        rand_augment(*shaded(), np.random.default_rng(0), **wrong)
