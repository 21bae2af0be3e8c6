"""A blended-in tumour lies in the brain, shows, and leaves the rest alone."""

import cv2
import numpy as np
import pytest

from ml.counterfactual import blend_in
from ml.counterfactual.heads import brain_of, dilate, head_of
from tests.ml.counterfactual.simulated import SIDE, head

DONORS = [("glioma", 1, "axial"), ("meningioma", 1, "axial"), ("pituitary", 2, "sagittal")]


@pytest.mark.parametrize("donor", DONORS)
@pytest.mark.parametrize("seed", range(3))
def test_the_tumour_lies_in_the_brain_and_shows(donor: tuple[str, int, str], seed: int) -> None:
    host, _ = head("no_tumor", 2)
    tumour, donor_mask = head(*donor)
    image, mask = blend_in(host, tumour, donor_mask, np.random.default_rng(seed))
    brain, inside = brain_of(host), mask > 0.5
    assert image.dtype == mask.dtype == np.float32
    assert 0.0 <= image.min() <= image.max() <= 1.0
    assert inside.sum() >= 12
    assert (brain & inside).sum() >= 0.85 * inside.sum()
    assert 0.5 < inside.sum() / (donor_mask > 0.5).sum() < 1.7
    far = ~dilate(mask > 0.02, 0.03 * SIDE)
    np.testing.assert_array_equal(image[far], host[far])
    assert np.abs(image - host)[inside].mean() > 0.04
    # an enhancing tumour stays brighter than what is around it
    around = dilate(inside, 6.0) & ~dilate(inside, 2.0)
    assert np.quantile(image[inside], 0.9) > np.quantile(image[around], 0.75)


def test_a_place_asked_for_is_kept() -> None:
    host, _ = head("no_tumor", 2)
    tumour, donor_mask = head("meningioma")
    rows, columns = np.nonzero(cv2.erode(brain_of(host).astype(np.uint8), np.ones((25, 25))))
    place = (float(rows[0]), float(columns[0]))
    _, mask = blend_in(host, tumour, donor_mask, np.random.default_rng(0), place=place)
    centre = [float(v.mean()) for v in np.nonzero(mask > 0.5)]
    np.testing.assert_allclose(centre, place, atol=1.0)
    with pytest.raises(ValueError, match="not large enough for this tumour at row 3, column 3"):
        blend_in(host, tumour, donor_mask, np.random.default_rng(0), place=(3.0, 3.0))


@pytest.mark.parametrize("gain", [0.6, 1.3])
def test_levels_follow_the_host(gain: float) -> None:
    host, _ = head("no_tumor", 2)
    tumour, donor_mask = head("meningioma")
    plain, mask = blend_in(host, tumour, donor_mask, np.random.default_rng(1))
    dark, same = blend_in(host, (tumour * gain).clip(0, 1), donor_mask, np.random.default_rng(1))
    assert (mask > 0.5).mean() == pytest.approx((same > 0.5).mean(), abs=0.004)
    # a donor that is darker or brighter as a whole brings the same contrast
    levels = [float(np.median(a[m > 0.9])) for a, m in ((plain, mask), (dark, same))]
    assert levels[0] == pytest.approx(levels[1], abs=0.12)


def test_black_stays_black_and_a_seed_decides() -> None:
    host, _ = head("no_tumor", 2)
    air = ~head_of(host)
    host[air] = 0.0
    tumour, donor_mask = head("glioma")
    first, mask = blend_in(host, tumour, donor_mask, np.random.default_rng(9))
    again, same = blend_in(host, tumour, donor_mask, np.random.default_rng(9))
    other, _ = blend_in(host, tumour, donor_mask, np.random.default_rng(10))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(mask, same)
    assert np.abs(first - other).max() > 0.1
    assert not first[air].any()
    assert not mask[air].any()


def test_what_cannot_be_blended_in_is_refused() -> None:
    host, _ = head("no_tumor", 2)
    tumour, mask = head("meningioma")
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="the mask is empty or below 12 pixels"):
        blend_in(host, tumour, np.zeros_like(mask), rng)
    with pytest.raises(ValueError, match="no brain is found on the host"):
        blend_in(np.zeros_like(host), tumour, mask, rng)
    with pytest.raises(ValueError, match="must be of one size"):
        blend_in(host[:64, :64], tumour, mask, rng)
    with pytest.raises(ValueError, match="a square host picture is wanted"):
        blend_in(host[:64], tumour, mask, rng)
    corner = np.pad(np.ones((6, 6), np.float32), [(0, SIDE - 6)] * 2)
    with pytest.raises(ValueError, match="lies off the donor's head"):
        blend_in(host, tumour, corner, rng)


def test_a_host_too_small_is_refused() -> None:
    host, _ = head("no_tumor", 2)
    tiny = np.zeros_like(host)
    small = cv2.resize(host, (18, 18), interpolation=cv2.INTER_AREA)
    tiny[40:58, 40:58] = small
    tumour, mask = head("meningioma")
    with pytest.raises(ValueError, match=r"not large (enough|or not)"):
        blend_in(tiny, tumour, mask, np.random.default_rng(0))


def test_a_tumour_that_would_not_show_is_refused_unless_asked_for() -> None:
    host, _ = head("no_tumor", 2)
    donor, _ = head("no_tumor", 4)
    brain = cv2.erode(brain_of(donor).astype(np.uint8), np.ones((15, 15)))
    rows, columns = np.nonzero(brain)
    grid = np.hypot(*(np.mgrid[:SIDE, :SIDE] - np.array([rows[0], columns[0]])[:, None, None]))
    piece = (grid < 5).astype(np.float32)
    donor[grid < 12] = float(np.median(donor[grid < 12]))
    with pytest.raises(ValueError, match="it would not show"):
        blend_in(host, donor, piece, np.random.default_rng(0))
    image, _ = blend_in(host, donor, piece, np.random.default_rng(0), must_show=False)
    assert 0.0 < np.abs(image - host).max() < 0.4
