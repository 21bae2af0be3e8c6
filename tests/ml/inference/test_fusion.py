"""Boxes of several voices become one set; a mirror image is turned back."""

import numpy as np
import pytest

from ml.inference.engine import BoxOutput
from ml.inference.fusion import agreed, both_views, outline_voice, voices
from ml.inference.segment import OperatingPoint, segment
from ml.labels import CLASSES, NO_TUMOR
from ml.preprocess import Crop
from ml.results import Classification, Detection, DisplayWindow, Scan

HERE, NEAR, AWAY = (10.0, 10.0, 30.0, 30.0), (12.0, 10.0, 32.0, 30.0), (60.0, 60.0, 90.0, 90.0)


def said(score: float, box: tuple[float, ...] = HERE, label: str = "glioma") -> Detection:
    return Detection(label, score, box)


def mean_of(label: str, share: float) -> Classification:
    rest = (1.0 - share) / 3
    shares = [share if name == label else rest for name in CLASSES]
    return Classification(model="mean", probabilities=np.array(shares, np.float32))


def test_overlapping_boxes_of_a_class_are_one_with_the_mean_score_of_all_voices() -> None:
    (found,) = agreed([[said(0.9)], [said(0.3, NEAR)], []])
    assert found.label == "glioma"
    assert found.score == pytest.approx((0.9 + 0.3 + 0.0) / 3)
    assert found.box_px == pytest.approx((10.5, 10.0, 30.5, 30.0))


def test_a_place_that_more_voices_name_comes_first() -> None:
    found = agreed([[said(0.9, AWAY), said(0.5)], [said(0.5)], [said(0.5, NEAR)]])
    assert [one.score for one in found] == pytest.approx([0.5, 0.3])
    assert found[1].box_px == AWAY


def test_classes_stay_apart_and_a_voice_counts_once_a_place() -> None:
    found = agreed([[said(0.8), said(0.6, NEAR), said(0.4, label="pituitary")], []])
    assert {(one.label, round(one.score, 6)) for one in found} == {
        ("glioma", 0.4),
        ("pituitary", 0.2),
    }


def test_nobody_says_anything() -> None:
    assert agreed([[], [], []]) == ()


def test_the_mirror_image_is_turned_back() -> None:
    """A detector that boxes the bright quarter wherever it is finds it twice at one place."""
    batch = np.zeros((2, 40, 40, 1), np.float32)
    batch[0, 4:12, 20:36] = 1.0
    batch[1, 30:34, 0:10] = 1.0

    def detect(pictures: np.ndarray) -> BoxOutput:
        boxes = []
        for picture in pictures[..., 0]:
            where = np.argwhere(picture > 0.5)
            boxes.append([*where.min(axis=0) / 40, *(where.max(axis=0) + 1) / 40])
        number = np.arange(len(pictures), dtype=np.float32).reshape(-1, 1, 1)
        return BoxOutput(np.array(boxes, np.float32)[:, None], number * np.ones((1, 1, 4)))

    plain, mirrored = both_views(batch, detect)
    np.testing.assert_allclose(plain.boxes[0, 0], [0.1, 0.5, 0.3, 0.9], atol=1e-6)
    np.testing.assert_allclose(mirrored.boxes, plain.boxes, atol=1e-6)
    assert plain.logits[:, 0, 0].tolist() == [0, 1]
    assert mirrored.logits[:, 0, 0].tolist() == [2, 3]


def test_each_part_of_an_outline_is_boxed_with_the_classes_of_the_mean() -> None:
    probability = np.zeros((80, 100), np.float32)
    probability[10:20, 30:50] = 0.8
    probability[60:61, 60:61] = 1.0  # a speck
    found = outline_voice(probability, mean_of("meningioma", 0.7), smallest_px=12)
    best = max(found, key=lambda one: one.score)
    assert best.label == "meningioma"
    assert best.score == pytest.approx(0.8 * 0.7, abs=1e-6)
    assert {one.box_px for one in found} == {(10.0, 30.0, 20.0, 50.0)}
    assert CLASSES[NO_TUMOR] not in {one.label for one in found}
    assert outline_voice(probability, mean_of("no_tumor", 0.99), smallest_px=12) == ()


def test_a_withheld_outline_still_has_its_voice() -> None:
    """It is withheld for the mean's sake, and the mean's class weighs its box already."""
    probability = np.zeros((40, 40), np.float32)
    probability[8:24, 8:24] = 0.9
    scan = Scan(
        pixels=np.ones((40, 40), np.float32),
        window=DisplayWindow(0.5, 1.0, "drawn"),
        spacing_mm=None,
        format="PNG",
        content_hash="",
    )
    crop, point = Crop(0, 0, 40), OperatingPoint(least_tumour=0.9)
    outline = segment(probability, scan, crop=crop, model="unet", point=point, tumour=0.5)
    assert outline.withheld
    nothing = BoxOutput(np.zeros((1, 1, 4), np.float32), np.zeros((1, 1, 4), np.float32))
    found = voices((nothing, nothing), 0, crop=crop, outline=outline, mean=mean_of("glioma", 0.4))
    assert found[:2] == [(), ()]
    assert max(one.score for one in found[2]) == pytest.approx(0.36, abs=1e-5)
