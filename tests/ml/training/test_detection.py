"""Targets and losses by hand, boxes that fit augmented pictures, a detector that learns."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from ml.datasets.boxes import boxes_of
from ml.labels import CLASSES, NO_TUMOR
from ml.models.boxes import anchor_grid, encode
from ml.models.classifiers import build_classifier
from ml.models.detector import build_detector
from ml.training.checkpoint import load_arrays
from ml.training.config import Phase, RunConfig, Stage
from ml.training.corpus import Corpus
from ml.training.detection import (
    MOST_BOXES,
    DetectionBatches,
    LearningDetector,
    anchor_targets,
    box_loss,
    class_loss,
    focal_loss,
    proposal_targets,
    reference_of,
)
from ml.training.detector import DetectorRun, rows_of

STAGE = Stage("detect", "detect", (Phase(64, 3),), 3e-3, strength=0.0)
CONFIG = RunConfig(network="detector", stages=(STAGE,), steps=2, batch=8, ema=0.5)
UNKNOWN = [1.0, 1.0, 0.0, 1.0]


def array(values: Any) -> Any:
    return ops.convert_to_numpy(values)


def one_hot(index: int) -> list[float]:
    return np.eye(len(CLASSES))[index].tolist()


def reference(boxes: list[list[float]], classes: list[float]) -> dict[str, Any]:
    """One picture's padded reference."""
    padded = np.zeros((1, MOST_BOXES, 4), np.float32)
    padded[0, : len(boxes)] = boxes or np.zeros((0, 4))
    valid = (np.arange(MOST_BOXES) < len(boxes)).astype(np.float32)[None]
    sets = np.tile(np.array(classes, np.float32), (1, MOST_BOXES, 1))
    return {"boxes": padded, "valid": valid, "classes": sets}


def test_boxes_of_a_mask_run_along_pixel_edges_largest_first() -> None:
    mask = np.zeros((20, 30), bool)
    mask[2:5, 3:10] = True
    mask[10:18, 20:29] = True
    assert boxes_of(mask).tolist() == [[10, 20, 18, 29], [2, 3, 5, 10]]


def test_specks_are_no_tumours() -> None:
    mask = np.zeros((40, 40), bool)
    mask[5:25, 5:25] = True
    mask[30:33, 30:33] = True  # 9 of 400 pixels
    assert boxes_of(mask).tolist() == [[5, 5, 25, 25]]
    mask[30:35, 30:35] = True  # 25 of 400
    assert len(boxes_of(mask)) == 2
    dots = np.zeros((9, 9), bool)
    dots[4, 4] = True
    assert boxes_of(dots).shape == boxes_of(~np.ones((9, 9), bool)).shape == (0, 4)


def test_a_batch_of_masks_becomes_padded_boxes_in_shares() -> None:
    masks = np.zeros((3, 32, 32), np.float32)
    masks[0, 8:16, 4:12] = 1.0
    masks[0, 8:16, 12:14] = 0.4  # less than half covered: outside
    for k in range(6):  # more parts than are kept
        masks[2, 5 * k : 5 * k + 3, 2 : 8 + k] = 1.0
    classes = np.array([one_hot(0), one_hot(NO_TUMOR), UNKNOWN])
    found = reference_of(masks, classes)
    assert found["boxes"].shape == (3, MOST_BOXES, 4)
    assert found["valid"].tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]
    np.testing.assert_allclose(found["boxes"][0, 0], [0.25, 0.125, 0.5, 0.375])
    np.testing.assert_allclose(found["boxes"][2, 0] * 32, [25, 2, 28, 13])
    assert found["classes"][2].tolist() == [UNKNOWN] * MOST_BOXES


def test_anchors_are_tumour_background_or_do_not_count() -> None:
    anchors = np.array(
        [
            [0.2, 0.2, 0.4, 0.4],  # the tumour itself
            [0.2, 0.2, 0.4, 0.32],  # 0.6 of it
            [0.2, 0.2, 0.4, 0.29],  # 0.45: neither
            [0.2, 0.2, 0.4, 0.27],  # 0.35
            [0.7, 0.7, 0.9, 0.9],
        ],
        np.float32,
    )
    y = reference([[0.2, 0.2, 0.4, 0.4]], one_hot(0))
    tumour, counts, wanted = (array(v) for v in anchor_targets(anchors, y))
    assert tumour.tolist() == [[1, 1, 0, 0, 0]]
    assert counts.tolist() == [[1, 1, 0, 1, 1]]
    np.testing.assert_allclose(wanted[0, 0], np.zeros(4), atol=1e-4)
    half = array(encode(np.float32([[0.2, 0.2, 0.4, 0.4]]), anchors[1:2]))
    np.testing.assert_allclose(wanted[0, 1], half[0], atol=1e-4)


def test_a_tumour_of_odd_size_claims_its_best_anchor() -> None:
    anchors = np.array([[0.2, 0.2, 0.4, 0.4], [0.5, 0.5, 0.7, 0.7]], np.float32)
    big, tiny = [0.2, 0.2, 0.4, 0.4], [0.35, 0.35, 0.37, 0.37]
    far = [0.64, 0.64, 0.69, 0.69]
    tumour, counts, wanted = (
        array(v) for v in anchor_targets(anchors, reference([big, tiny, far], one_hot(1)))
    )
    assert tumour.tolist() == [[1, 1]]
    assert counts.tolist() == [[1, 1]]
    np.testing.assert_allclose(wanted[0, 1], array(encode(np.float32(far), anchors[1])), rtol=1e-4)


def test_a_tumour_free_picture_is_all_background() -> None:
    y = reference([], one_hot(NO_TUMOR))
    tumour, counts, _ = (array(v) for v in anchor_targets(anchor_grid(4, 4), y))
    assert not tumour.any()
    assert counts.all()
    proposals = np.array([[[0.1, 0.1, 0.3, 0.3], [0.0, 0.0, 0.0, 0.0]]], np.float32)
    tumour, classes, wanted = (array(v) for v in proposal_targets(proposals, y))
    assert not tumour.any()
    assert classes[0].tolist() == [one_hot(NO_TUMOR)] * 2
    assert np.isfinite(wanted).all()


def test_proposals_carry_the_classes_of_the_box_they_cover() -> None:
    y = reference([[0.2, 0.2, 0.4, 0.4], [0.6, 0.6, 0.8, 0.9]], one_hot(0))
    y["classes"][0, 1] = UNKNOWN
    near, half = [0.6, 0.6, 0.8, 0.85], [0.2, 0.2, 0.4, 0.29]
    proposals = np.array([[near, half, [0.2, 0.2, 0.4, 0.4]]], np.float32)
    tumour, classes, wanted = (array(v) for v in proposal_targets(proposals, y))
    assert tumour.tolist() == [[1, 0, 1]]
    assert classes[0].tolist() == [UNKNOWN, one_hot(NO_TUMOR), one_hot(0)]
    expected = array(encode(np.float32([0.6, 0.6, 0.8, 0.9]), np.float32(near)))
    np.testing.assert_allclose(wanted[0, 0], expected, atol=1e-3)


def test_focal_loss_by_hand() -> None:
    logits = np.array([[0.0, 2.0, -1.0, 5.0]], np.float32)
    tumour = np.array([[1.0, 1.0, 0.0, 0.0]], np.float32)
    counts = np.array([[1.0, 1.0, 1.0, 0.0]], np.float32)  # the last one is neither
    p = 1 / (1 + np.exp(-logits[0]))
    expected = -(
        0.25 * (1 - p[0]) ** 2 * np.log(p[0])
        + 0.25 * (1 - p[1]) ** 2 * np.log(p[1])
        + 0.75 * p[2] ** 2 * np.log(1 - p[2])
    )
    found = float(array(focal_loss(logits, tumour, counts)))
    assert found == pytest.approx(expected / 2, rel=1e-5)


def test_box_loss_counts_tumours_only_and_bends_at_the_knee() -> None:
    deltas = np.array([[[0.5, 0, 0, 0], [3.0, 0, 0, 0], [9.0, 9, 9, 9]]], np.float32)
    tumour = np.array([[1.0, 1.0, 0.0]], np.float32)
    found = float(array(box_loss(deltas, np.zeros_like(deltas), tumour, knee=1.0)))
    assert found == pytest.approx((0.125 + 2.5) / 2)
    nothing = float(array(box_loss(deltas, np.zeros_like(deltas), 0 * tumour, knee=1.0)))
    assert nothing == 0.0


def test_class_loss_weighs_tumour_and_background_alike() -> None:
    losses = np.array([[4.0, 1.0, 2.0, 3.0]], np.float32)
    tumour = np.array([[1.0, 0.0, 0.0, 0.0]], np.float32)
    assert float(array(class_loss(losses, tumour))) == pytest.approx((4 + 2) / 2)
    assert float(array(class_loss(losses, 0 * tumour))) == pytest.approx(2.5 / 2)


def batches(corpus: Corpus, **changes: Any) -> DetectionBatches:
    return DetectionBatches(corpus, stage=replace(STAGE, **changes), config=CONFIG)


def test_boxes_fit_the_augmented_picture(corpus: Corpus) -> None:
    """Turned, scaled and shifted: the bright disc of class 0 lies inside its box, not beside it."""
    bright = corpus.select(corpus.labels == 0)
    seen = 0
    for index in range(3):
        images, y = batches(bright, strength=1.0)[index]
        assert images.shape == (8, 64, 64, 1)
        for image, box, valid in zip(images[..., 0], y["boxes"][:, 0], y["valid"], strict=True):
            assert valid[1:].tolist() == [0, 0, 0]
            top, left, bottom, right = np.round(box * 64).astype(int)
            if not valid[0] or top == 0 or left == 0 or bottom == 64 or right == 64:
                continue
            inside = image[top:bottom, left:right].mean()
            ring = image[max(0, top - 6) : bottom + 6, max(0, left - 6) : right + 6]
            outside = (ring.sum() - inside * (bottom - top) * (right - left)) / (
                ring.size - (bottom - top) * (right - left)
            )
            assert inside > 1.2 * outside
            seen += 1
    assert seen > 10


def test_batches_repeat_and_leave_out_pictures_without_outline(corpus: Corpus) -> None:
    some = replace(corpus, has_mask=corpus.labels != 3)
    first, again = batches(some)[0], batches(some)[0]
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1]["boxes"], again[1]["boxes"])
    sets = {tuple(c) for i in range(4) for c in batches(some)[i][1]["classes"][:, 0].tolist()}
    assert tuple(one_hot(3)) not in sets
    assert tuple(UNKNOWN) in sets
    for index in range(4):
        _, y = batches(some)[index]
        free = y["classes"][:, 0, NO_TUMOR] == 1.0
        assert not y["valid"][free].any()


def learner() -> Any:
    keras.utils.set_random_seed(3)
    return build_detector(
        build_classifier("mobilenet"), proposals=8, candidates=64, dropout=0.0, of=LearningDetector
    )


def test_the_loss_falls_and_the_boxes_arrive(tiny: None) -> None:
    """Two pictures by heart: both tumours are found at their place with their class."""
    images = np.full((2, 64, 64, 1), 0.3, np.float32)
    masks = np.zeros((2, 64, 64), np.float32)
    masks[0, 12:28, 8:22] = masks[1, 36:50, 30:52] = 1.0
    images[..., 0] += np.array([0.5, -0.25])[:, None, None] * masks
    y = reference_of(masks, np.array([one_hot(0), one_hot(3)]))
    model = learner()
    model.compile(keras.optimizers.Adam(4e-3), jit_compile=False)
    history = model.fit(images, y, batch_size=2, epochs=60, verbose=0).history
    assert set(history) == {"loss", "rpn_score", "rpn_box", "roi_class", "roi_box"}
    total = sum(history[name][-1] for name in history if name != "loss")
    assert history["loss"][-1] == pytest.approx(total, rel=1e-4)
    assert history["loss"][-1] < 0.2 * history["loss"][0]
    found = model(images, training=True)
    for picture, label in ((0, 0), (1, 3)):
        logits = array(found["roi_logits"])[picture]
        odds = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        best = int(odds[:, label].argmax())
        assert odds[best, label] > 0.5
        box = array(found["boxes"])[picture, best] * 64
        np.testing.assert_allclose(box, boxes_of(masks[picture] > 0.5)[0], atol=4.0)


def test_a_batch_without_any_tumour_has_a_finite_loss(tiny: None, eager: None) -> None:
    model = learner()
    y = reference_of(np.zeros((2, 64, 64), np.float32), np.array([one_hot(NO_TUMOR)] * 2))
    parts = model.losses_of(y, model(np.zeros((2, 64, 64, 1), np.float32), training=False))
    assert float(array(parts["rpn_box"])) == float(array(parts["roi_box"])) == 0.0
    assert all(np.isfinite(array(value)) for value in parts.values())


def test_metrics_are_no_weights(tiny: None) -> None:
    plain = build_detector(build_classifier("mobilenet"), proposals=8, candidates=64)
    assert [w.shape for w in learner().weights] == [w.shape for w in plain.weights]


def test_reading_a_corpus_gives_rows_in_its_own_pixels(corpus: Corpus) -> None:
    few = corpus.select(np.arange(len(corpus)) < 5)
    boxes = np.tile(np.array([0.25, 0.25, 0.5, 0.75], np.float32), (5, 1, 1))
    logits = np.tile(np.array([5.0, 0, 0, 0], np.float32), (5, 1, 1))
    rows = rows_of(few, {"boxes": boxes, "roi_logits": logits})
    assert [row.label for row in rows] == ["glioma", "meningioma", "no_tumor", "pituitary", "tumor"]
    assert rows[0].found[0].box_px == (16.0, 16.0, 32.0, 48.0)
    assert rows[0].reference.tolist() == boxes_of(few.masks[0] > 127).tolist()
    assert len(rows[2].reference) == 0


def test_a_run_logs_average_precision_and_resumes(
    tiny: None, eager: None, drawn_splits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(self: Any, epoch: int, _logs: object = None) -> None:
        raise KeyboardInterrupt

    folder = drawn_splits / "detector"
    whole = DetectorRun.callbacks
    killer = type("Kill", (keras.callbacks.Callback,), {"on_epoch_end": kill})
    monkeypatch.setattr(DetectorRun, "callbacks", lambda *a: [*whole(*a), killer()])
    with pytest.raises(KeyboardInterrupt):
        DetectorRun(CONFIG, folder).go()
    assert load_arrays(folder / "detect" / "last.npz")[1]["epoch"] == 0
    monkeypatch.setattr(DetectorRun, "callbacks", whole)
    model = DetectorRun(CONFIG, folder).go()
    with (folder / "detect" / "log.csv").open() as stream:
        log = list(csv.DictReader(stream))
    assert [row["epoch"] for row in log] == ["0", "1", "2"]
    assert {"rpn_score", "roi_box", "val_map50", "val_map50_95", "val_ap50_any"} <= set(log[0])
    assert log[0]["val_map50"] == "nan"
    assert 0.0 <= float(log[2]["val_map50"]) <= 1.0
    kept, facts = load_arrays(folder / "detect" / "best.npz")
    assert facts["score"] == pytest.approx(facts["map50"] + 0.25 * facts["map50_95"])
    assert [a.shape for a in kept] == [tuple(w.shape) for w in model.weights]
    assert json.loads((folder / "run.json").read_text())["config"]["network"] == "detector"
