"""Boxes of the network → findings at the right place of the scan, each tumour once."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from ml.errors import MetricsError
from ml.inference.detect import (
    Detection,
    Keep,
    box_iou,
    detections,
    lowest_score,
    marked,
    one_a_place,
    suppress,
)
from ml.labels import CLASSES
from ml.preprocess import Crop, prepare, prepare_mask


def logits(*rows: dict[str, float]) -> np.ndarray:
    """Log probabilities, so that the softmax gives back what is written."""
    table = [[np.log(row.get(name, 1e-9)) for name in CLASSES] for row in rows]
    return np.array(table, np.float32)


def boxes(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


SURE = {"glioma": 0.9, "no_tumor": 0.1}


def test_a_box_goes_through_the_crop_to_the_scan() -> None:
    found = detections(
        boxes([0.25, 0.5, 0.5, 1.0]), logits(SURE), crop=Crop(10, -20, 200), shape=(300, 300)
    )
    (one,) = found
    assert one.label == "glioma"
    assert one.score == pytest.approx(0.9, abs=1e-3)
    assert one.box_px == pytest.approx((60.0, 80.0, 110.0, 180.0))


def test_a_box_is_cut_at_the_edges_of_the_picture() -> None:
    found = detections(
        boxes([0.0, 0.0, 1.0, 1.0]), logits(SURE), crop=Crop(-10, 20, 100), shape=(80, 90)
    )
    assert found[0].box_px == (0.0, 20.0, 80.0, 90.0)


def test_a_box_beside_the_picture_is_no_finding() -> None:
    found = detections(
        boxes([0.0, 0.0, 0.05, 0.05]), logits(SURE), crop=Crop(-10, -10, 100), shape=(80, 80)
    )
    assert found == ()


@pytest.mark.parametrize("size", [64, 160, 224])
def test_what_preparing_moved_comes_back(size: int) -> None:
    """A drawn head with a tumour: its box on the network's square lands on the scan's own."""
    scan = np.zeros((240, 200), np.uint8)
    cv2.ellipse(scan, (110, 125), (70, 95), 0, 0, 360, 120, -1)
    mask = np.zeros(scan.shape, bool)
    mask[80:120, 90:150] = True
    scan[mask] = 250
    crop = prepare(scan, size).crop
    inside = np.argwhere(prepare_mask(mask, crop, size) > 0.5)
    (top, left), (bottom, right) = inside.min(axis=0), inside.max(axis=0) + 1
    share = boxes([top / size, left / size, bottom / size, right / size])
    found = detections(share, logits(SURE), crop=crop, shape=scan.shape)
    one_pixel = crop.side / size
    np.testing.assert_allclose(found[0].box_px, (80, 90, 120, 150), atol=max(1.0, one_pixel))


def test_suppression_is_greedy_and_keeps_what_stands_apart() -> None:
    near = boxes([0, 0, 10, 10], [0, 1, 10, 11], [0, 20, 10, 30], [0, 4, 10, 14])
    scores = np.array([0.5, 0.9, 0.4, 0.3], np.float32)
    # the first is covered by the second; the last overlaps it by 7/13
    assert suppress(near, scores, 0.5) == [1, 2]
    assert suppress(near, scores, 0.6) == [1, 2, 3]
    assert suppress(boxes(), np.zeros(0, np.float32), 0.5) == []


def test_a_dropped_box_drops_nothing() -> None:
    chain = boxes([0, 0, 10, 10], [0, 3, 10, 13], [0, 6, 10, 16])
    assert suppress(chain, np.array([0.9, 0.8, 0.7], np.float32), 0.5) == [0, 2]


def test_classes_do_not_suppress_each_other_and_background_is_no_finding() -> None:
    two = {"glioma": 0.5, "pituitary": 0.3, "no_tumor": 0.2}
    background = {"no_tumor": 0.999, "glioma": 0.001}
    found = detections(
        boxes([0.1, 0.1, 0.3, 0.3], [0.11, 0.1, 0.31, 0.3], [0.6, 0.6, 0.8, 0.8]),
        logits(two, SURE, background),
        crop=Crop(0, 0, 100),
        shape=(100, 100),
    )
    assert [(one.label, round(one.score, 2)) for one in found] == [
        ("glioma", 0.9),
        ("pituitary", 0.3),
    ]
    assert found[0].box_px[0] == pytest.approx(11.0)
    (strongest,) = one_a_place(found)
    assert strongest is found[0]
    assert one_a_place(()) == ()


def test_only_as_many_as_asked_for_and_above_the_score() -> None:
    apart = boxes(*[[0.2 * k, 0.0, 0.2 * k + 0.1, 0.1] for k in range(5)])
    table = logits(*[{"meningioma": 0.9 - 0.2 * k, "no_tumor": 0.1 + 0.2 * k} for k in range(5)])
    place = {"crop": Crop(0, 0, 100), "shape": (100, 100)}
    some = detections(apart, table, keep=Keep(min_score=0.45), **place)
    assert [round(one.score, 1) for one in some] == [0.9, 0.7, 0.5]
    assert len(detections(apart, table, keep=Keep(most=2), **place)) == 2


def test_overlap_of_empty_boxes_is_zero() -> None:
    found = box_iou(boxes([0, 0, 2, 2], [1, 1, 1, 1]), boxes([0, 0, 2, 4], [1, 1, 1, 1]))
    np.testing.assert_allclose(found, [[0.5, 0.0], [0.0, 0.0]])


def test_large_logits_stay_finite() -> None:
    wild = np.array([[1e4, -1e4, 0.0, 0.0]], np.float32)
    found = detections(boxes([0, 0, 1, 1]), wild, crop=Crop(0, 0, 10), shape=(10, 10))
    assert found == (Detection("glioma", 1.0, (0.0, 0.0, 10.0, 10.0)),)


def test_shapes_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        detections(boxes([0, 0, 1, 1]), logits(SURE, SURE), crop=Crop(0, 0, 9), shape=(9, 9))


@pytest.mark.parametrize(
    ("values", "words"),
    [({"min_score": 0.0}, "min_score"), ({"overlap": 1.5}, "overlap"), ({"most": 0}, "most")],
)
def test_settings_out_of_range_are_refused(values: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Keep(**values)  # type: ignore[arg-type]


def test_lowest_score_is_the_evaluation_s_or_an_even_bet(tmp_path: Path) -> None:
    file = tmp_path / "thresholds.json"
    assert lowest_score(file) == 0.5
    file.write_text('{"unet": {"threshold": 0.4}}')
    assert lowest_score(file) == 0.5
    file.write_text('{"detector": {"min_score": 0.31}}')
    assert lowest_score(file) == 0.31


@pytest.mark.parametrize("content", ["{", '{"detector": {"min_score": 2}}', "[1]"])
def test_a_damaged_score_is_an_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "thresholds.json"
    file.write_text(content)
    with pytest.raises(MetricsError, match="make evaluate"):
        lowest_score(file)


def test_a_screen_shows_one_box_a_place() -> None:
    boxes = np.array([[0.2, 0.2, 0.6, 0.6], [0.22, 0.2, 0.6, 0.62]], np.float32)
    logits = np.array([[3.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]], np.float32)
    every = detections(boxes, logits, crop=Crop(top=0, left=0, side=100), shape=(100, 100))
    assert len(every) > 2
    (found,) = marked(every, least=0.3)
    assert found.label == "glioma"
    assert marked(every, least=0.95) == ()
