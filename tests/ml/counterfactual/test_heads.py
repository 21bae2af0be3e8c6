"""Head, brain and mirror line of simulated slices."""

import cv2
import numpy as np
import pytest

from ml.counterfactual.heads import brain_of, head_of, largest, mirror_of
from tests.ml.counterfactual.simulated import SIDE, head

NOTHING = np.zeros((SIDE, SIDE), np.bool_)


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    middle = (SIDE - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), degrees, 0.85)
    return np.asarray(cv2.warpAffine(image, matrix, (SIDE, SIDE)), np.float32)


def test_the_head_is_one_filled_part_on_black() -> None:
    image, _ = head("no_tumor")
    found = head_of(image)
    assert 0.35 < found.mean() < 0.75
    assert not found[:3].any()
    assert np.quantile(image[~found], 0.98) < 0.15
    assert found[SIDE // 2, SIDE // 2]


def test_a_line_around_the_picture_is_not_the_head() -> None:
    image, _ = head("no_tumor")
    framed = image.copy()
    framed[1, 1:-1] = framed[-2, 1:-1] = framed[1:-1, 1] = framed[1:-1, -2] = 0.9
    assert (head_of(framed) ^ head_of(image)).mean() < 0.03


def test_black_has_neither_head_nor_brain() -> None:
    black = np.zeros((SIDE, SIDE), np.float32)
    assert not head_of(black).any()
    assert not brain_of(black).any()
    assert mirror_of(black, NOTHING, NOTHING).likeness == -1.0


def test_the_brain_leaves_out_scalp_and_face() -> None:
    image, _ = head("no_tumor", plane="sagittal")
    whole, brain = head_of(image), brain_of(image)
    assert 0.25 < brain.sum() / whole.sum() < 0.8
    assert not (brain & ~whole).any()
    assert np.quantile(image[brain], 0.99) < np.quantile(image[whole], 0.99)
    rows = np.nonzero(brain)[0]
    assert np.median(rows) < SIDE / 2


@pytest.mark.parametrize("degrees", [0.0, 12.0, 90.0])
def test_the_mirror_line_is_found_in_any_pose(degrees: float) -> None:
    image = turned(head("no_tumor")[0], degrees)
    mirror = mirror_of(image, head_of(image), NOTHING)
    assert mirror.likeness > 0.75
    off = (np.rad2deg(mirror.angle) - (90.0 - degrees)) % 180.0
    assert min(off, 180.0 - off) < 4.0
    other = cv2.warpAffine(image, mirror.matrix(SIDE), (SIDE, SIDE))
    away = cv2.flip(image, 1) if degrees == 12.0 else np.roll(image, 9, 1)
    assert np.abs(other - image).mean() < 0.7 * np.abs(away - image).mean()


def test_a_sagittal_head_is_not_symmetric() -> None:
    image, _ = head("no_tumor", plane="sagittal")
    assert mirror_of(image, head_of(image), NOTHING).likeness < 0.65


def test_the_tumour_does_not_decide_about_symmetry() -> None:
    image, mask = head("meningioma")
    seen = mirror_of(image, head_of(image), mask > 0.1)
    assert seen.likeness > 0.75
    assert abs(np.rad2deg(seen.angle) - 90.0) < 8.0


def test_the_largest_part_is_filled() -> None:
    ring = np.zeros((20, 20), np.bool_)
    ring[2:12, 2:12] = True
    ring[5:8, 5:8] = False
    ring[15:18, 15:18] = True
    found = largest(ring)
    assert found[6, 6]
    assert found.sum() == 100
