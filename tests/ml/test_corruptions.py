"""Corruptions: identity at 0, the stated number at each strength, the same from the same seed."""

from functools import cache

import numpy as np
import pytest

from ml.corruptions import CORRUPTIONS, STRENGTHS, STRONGEST, corrupt, corrupted, value_of
from ml.counterfactual.seeds import seeded
from ml.phantom import draw
from ml.preprocess import head_box, normalise, prepare
from ml.results import DisplayWindow, Scan

EVERY = [(name, strength) for name in CORRUPTIONS for strength in range(1, STRONGEST + 1)]


@cache
def drawn() -> np.ndarray:
    return normalise(draw("glioma", seed=3, size=150, plane="axial").pixels)


def slice_() -> np.ndarray:
    """A drawn head on a frame that is not square, (150, 180) float32 in 0..1."""
    out = np.zeros((150, 180), np.float32)
    out[:, 15:165] = drawn()
    return out


def scan_of(pixels: np.ndarray) -> Scan:
    return Scan(pixels * 900, DisplayWindow(450, 900, "test"), (0.5, 0.5), "PNG", "ab" * 32)


def made(name: str, strength: int, seed: str = "s") -> np.ndarray:
    return corrupt(slice_(), name, strength=strength, rng=seeded(seed, name))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_strength_0_is_the_slice_itself(name: str) -> None:
    np.testing.assert_array_equal(made(name, 0), slice_())


@pytest.mark.parametrize(("name", "strength"), EVERY)
def test_every_strength_changes_the_picture_and_stays_in_range(name: str, strength: int) -> None:
    before = slice_()
    image = made(name, strength)
    assert image.dtype == np.float32
    assert image.ndim == 2
    assert 0.0 <= image.min() <= image.max() <= 1.0
    assert image.shape != before.shape or np.abs(image - before).max() > 0.005
    np.testing.assert_array_equal(slice_(), before)  # the input was left alone


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_same_seed_gives_the_same_picture(name: str) -> None:
    np.testing.assert_array_equal(made(name, 3), made(name, 3))


@pytest.mark.parametrize("name", ["noise", "bias"])
def test_another_seed_gives_another_picture(name: str) -> None:
    assert np.abs(made(name, 3) - made(name, 3, seed="other")).max() > 0.01


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_stronger_is_further_from_the_untouched_network_input(name: str) -> None:
    untouched = prepare(slice_(), 96).image
    far = [np.abs(prepare(made(name, s), 96).image - untouched).mean() for s in (1, 3, 5)]
    assert far[0] < far[1] < far[2]


def test_noise_is_rician_with_the_stated_deviation() -> None:
    rng = np.random.default_rng(0)
    sigma = value_of("noise", 4)
    air = corrupt(np.zeros((200, 200), np.float32), "noise", strength=4, rng=rng)
    assert air.mean() == pytest.approx(sigma * np.sqrt(np.pi / 2), rel=0.03)  # Rayleigh
    tissue = corrupt(np.full((200, 200), 0.5, np.float32), "noise", strength=4, rng=rng)
    assert tissue.std() == pytest.approx(sigma, rel=0.05)


@pytest.mark.parametrize("strength", [1, 5])
def test_bias_spans_the_stated_ratio(strength: int) -> None:
    image = np.full((64, 64), 0.8, np.float32)
    field = corrupt(image, "bias", strength=strength, rng=np.random.default_rng(2))
    assert field.max() == pytest.approx(0.8, rel=1e-4)
    assert field.max() / field.min() == pytest.approx(value_of("bias", strength), rel=1e-3)


def test_contrast_keeps_black_and_white_and_goes_both_ways() -> None:
    ramp = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    found = [
        corrupt(ramp, "contrast", strength=4, rng=np.random.default_rng(seed)) for seed in range(8)
    ]
    for image in found:
        assert (image[0, 0], image[-1, -1]) == (0.0, 1.0)
    middles = {round(float(image[10, 0]), 3) for image in found}
    assert middles == {round(float(ramp[10, 0]) ** gamma, 3) for gamma in (0.5, 2.0)}


def test_rotation_cuts_nothing_off() -> None:
    before = slice_()
    for strength in (1, 3, 5):
        image = made("rotation", strength)
        assert image.shape[0] == image.shape[1] >= np.hypot(*before.shape)
        assert image.sum() == pytest.approx(before.sum(), rel=0.01)


def test_rotation_turns_by_the_stated_angle() -> None:
    bar = np.zeros((101, 101), np.float32)
    bar[48:53, 10:91] = 1.0
    image = corrupt(bar, "rotation", strength=5, rng=np.random.default_rng(1))
    rows, columns = np.nonzero(image > 0.5)
    angle = np.degrees(np.arctan2(*np.linalg.eigh(np.cov(columns, rows))[1][::-1, 1]))
    assert min(abs(abs(angle) - 45), abs(abs(angle) - 135)) < 2


def test_crop_keeps_the_stated_share_of_the_head() -> None:
    box = head_box(slice_())
    for strength in (1, 3, 5):
        image = made("crop", strength)
        kept = value_of("crop", strength) * box.side
        assert max(image.shape) <= kept + 1
        assert image.shape[0] == pytest.approx(min(kept, 150), abs=2)


@pytest.mark.parametrize(("name", "strength"), [("fog", 1), ("noise", 6), ("noise", -1)])
def test_what_there_is_not_is_refused(name: str, strength: int) -> None:
    with pytest.raises(ValueError, match=r"no (corruption|strength)"):
        corrupt(slice_(), name, strength=strength, rng=np.random.default_rng(0))


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("shape", [(8, 8), (9, 40)])
def test_blank_and_tiny_slices_do_not_break(name: str, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    image = corrupt(np.zeros(shape, np.float32), name, strength=STRONGEST, rng=rng)
    assert np.isfinite(image).all()
    assert min(image.shape) >= 1


def test_a_corrupted_scan_is_another_scan_without_spacing() -> None:
    scan = scan_of(slice_())
    assert corrupted(scan, "noise", strength=0) is scan
    first, again = (corrupted(scan, "noise", strength=2) for _ in range(2))
    np.testing.assert_array_equal(first.pixels, again.pixels)
    hashes = {
        corrupted(scan, n, strength=s).content_hash for n in ("noise", "jpeg") for s in (1, 2)
    }
    assert len(hashes | {scan.content_hash}) == 5
    assert first.spacing_mm is None
    assert "noise, strength 2" in first.notes[-1]
    assert (first.window.center, first.window.width) == (0.5, 1.0)


def test_every_corruption_has_five_strengths_that_go_one_way() -> None:
    for values in STRENGTHS.values():
        assert len(values) == STRONGEST
        steps = np.diff(values)
        assert (steps > 0).all() or (steps < 0).all()
