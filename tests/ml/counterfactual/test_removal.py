"""A painted-out tumour is gone, and nothing else is."""

import cv2
import numpy as np
import pytest

from ml.counterfactual import paint_out
from ml.counterfactual.heads import dilate, head_of, mirror_of
from ml.counterfactual.regions import tumour_core
from ml.counterfactual.removal import plan
from tests.ml.counterfactual.simulated import SIDE, head

CASES = [
    ("glioma", 1, "axial", "mirror"),
    ("meningioma", 1, "axial", "mirror"),
    ("glioma", 3, "sagittal", "copy"),
    ("pituitary", 2, "sagittal", "copy"),
]


@pytest.mark.parametrize(("label", "seed", "plane", "how"), CASES)
def test_only_the_tumour_and_its_surroundings_change(
    label: str, seed: int, plane: str, how: str
) -> None:
    image, mask = head(label, seed, plane)
    region, filling = plan(image, mask)
    out = paint_out(image, mask, np.random.default_rng(0))
    assert filling.how == how
    assert out.dtype == np.float32
    assert 0.0 <= out.min() <= out.max() <= 1.0
    np.testing.assert_array_equal(out[region.alpha == 0], image[region.alpha == 0])
    # the region reaches no farther than halo, rim and fade
    near = dilate(np.asarray(mask > 0.1), 0.17 * SIDE)
    np.testing.assert_array_equal(out[~near], image[~near])
    assert np.abs(out - image)[mask > 0.9].mean() > 0.08


@pytest.mark.parametrize(("label", "seed"), [("glioma", 1), ("meningioma", 1)])
def test_the_level_becomes_the_other_halfs(label: str, seed: int) -> None:
    image, mask = head(label, seed)
    out = paint_out(image, mask, np.random.default_rng(0))
    mirror = mirror_of(image, head_of(image), tumour_core(mask))
    other = cv2.warpAffine(image, mirror.matrix(SIDE), (SIDE, SIDE))
    inside = mask > 0.5
    before = np.abs(cv2.GaussianBlur(image - other, (0, 0), 2)[inside]).mean()
    after = np.abs(cv2.GaussianBlur(out - other, (0, 0), 2)[inside]).mean()
    assert after < 0.35 * before
    assert out[inside].mean() == pytest.approx(other[inside].mean(), abs=0.05)


@pytest.mark.parametrize(("label", "seed", "plane", "how"), CASES)
def test_no_rim_is_left(label: str, seed: int, plane: str, how: str) -> None:
    image, mask = head(label, seed, plane)
    out = paint_out(image, mask, np.random.default_rng(0))
    body = mask > 0.5
    edge = dilate(body, 2.0) & ~eroded(body)
    around = (dilate(body, 12.0) & ~dilate(body, 4.0)) & head_of(image)
    assert slope(out)[edge].mean() < slope(image)[edge].mean()
    assert slope(out)[edge].mean() < 1.3 * slope(image)[around].mean()


def slope(image: np.ndarray) -> np.ndarray:
    return np.asarray(np.hypot(*np.gradient(cv2.GaussianBlur(image, (0, 0), 1.0))))


def eroded(mask: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((3, 3))) > 0)


def test_the_grain_goes_on() -> None:
    rng = np.random.default_rng(0)
    image, mask = head("meningioma")
    noisy = np.clip(image + 0.02 * rng.standard_normal(image.shape), 0, 1).astype(np.float32)
    out = paint_out(noisy, mask, np.random.default_rng(1))
    fine = np.abs(out - cv2.GaussianBlur(out, (0, 0), 1.0))
    inside = eroded(mask > 0.9)
    around = dilate(mask > 0.1, 14) & ~dilate(mask > 0.1, 6) & (image > 0.2) & (image < 0.5)
    assert 0.6 < np.median(fine[inside]) / np.median(fine[around]) < 1.6


def test_black_stays_black_and_a_seed_decides() -> None:
    image, mask = head("meningioma")
    air = ~head_of(image)
    image[air] = 0.0
    first = paint_out(image, mask, np.random.default_rng(4))
    assert not first[air].any()
    np.testing.assert_array_equal(first, paint_out(image, mask, np.random.default_rng(4)))


def test_a_midline_tumour_of_a_bare_disc_is_filled_smoothly() -> None:
    rows, columns = np.mgrid[:64, :64]
    away = np.hypot(rows - 31.5, columns - 31.5)
    image = np.where(away < 27, 0.4, 0.0).astype(np.float32)
    mask = (away < 15).astype(np.float32)
    image[mask > 0] = 0.9
    _, filling = plan(image, mask)
    out = paint_out(image, mask, np.random.default_rng(0))
    assert filling.how == "smooth"
    np.testing.assert_allclose(out[mask > 0], 0.4, atol=0.04)


def test_what_cannot_be_painted_out_is_refused() -> None:
    image, mask = head("glioma")
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="the mask is empty"):
        paint_out(image, np.zeros_like(mask), rng)
    with pytest.raises(ValueError, match="a square picture and a mask as large are wanted"):
        paint_out(image, mask[:-1], rng)
    corner = np.zeros_like(mask)
    corner[:4, :4] = 1.0
    with pytest.raises(ValueError, match="lies off the head"):
        paint_out(image, corner, rng)
    with pytest.raises(ValueError, match="covers most of the head"):
        paint_out(image, np.ones_like(mask), rng)
