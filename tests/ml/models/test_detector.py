"""Box algebra, RoIAlign and proposals against slow references; the whole network's shapes."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from ml.labels import CLASSES
from ml.models import boxes as box_algebra
from ml.models import detector, weights
from ml.models.boxes import ANCHORS, anchor_grid, decode, encode, iou
from ml.models.classifiers import build_classifier
from ml.models.detector import Proposals, RoIAlign, build_detector
from tests.ml.networks import calibrate, pictures


def array(values: Any) -> Any:
    return ops.convert_to_numpy(values)


def random_boxes(count: int, seed: int, *, smallest: float = 0.02) -> np.ndarray:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 0.7, (count, 2))
    size = rng.uniform(smallest, 0.3, (count, 2))
    return np.concatenate([corner, corner + size], axis=1).astype(np.float32)


def slow_iou(a: np.ndarray, b: np.ndarray) -> float:
    height = min(a[2], b[2]) - max(a[0], b[0])
    width = min(a[3], b[3]) - max(a[1], b[1])
    common = max(height, 0.0) * max(width, 0.0)
    whole = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return float(common / whole)


def test_anchors_lie_on_their_cells_with_their_shapes() -> None:
    grid = array(anchor_grid(4, 5)).reshape(4, 5, ANCHORS, 4)
    assert grid.shape == (4, 5, ANCHORS, 4)
    centres = (grid[..., :2] + grid[..., 2:]) / 2
    np.testing.assert_allclose(centres[1, 3], [[0.375, 0.7]] * ANCHORS, atol=1e-6)
    height, width = np.moveaxis(grid[2, 2, :, 2:] - grid[2, 2, :, :2], -1, 0)
    sides = np.repeat(box_algebra.ANCHOR_SIDES, len(box_algebra.ANCHOR_RATIOS))
    np.testing.assert_allclose(np.sqrt(height * width), sides, rtol=1e-5)
    ratios = np.tile(box_algebra.ANCHOR_RATIOS, len(box_algebra.ANCHOR_SIDES))
    np.testing.assert_allclose(height / width, ratios, rtol=1e-5)


def test_overlap_is_that_of_the_drawing_and_of_the_definition() -> None:
    whole, half = [0.0, 0.0, 0.4, 0.4], [0.0, 0.2, 0.4, 0.4]
    apart = [0.5, 0.5, 0.6, 0.6]
    found = array(iou(np.array([whole], np.float32), np.array([whole, half, apart], np.float32)))
    np.testing.assert_allclose(found, [[1.0, 0.5, 0.0]], atol=1e-6)
    one, other = random_boxes(7, 0), random_boxes(5, 1)
    slow = [[slow_iou(a, b) for b in other] for a in one]
    np.testing.assert_allclose(array(iou(one, other)), slow, atol=1e-5)
    # batches: every picture with its own boxes
    both = iou(np.stack([one, one[::-1]]), np.stack([other, other]))
    np.testing.assert_allclose(array(both)[1], np.array(slow)[::-1], atol=1e-5)


def test_padding_boxes_overlap_nothing() -> None:
    found = array(iou(random_boxes(3, 0), np.zeros((2, 4), np.float32)))
    np.testing.assert_array_equal(found, np.zeros((3, 2)))


def test_coding_goes_there_and_back() -> None:
    boxes, anchors = random_boxes(50, 2), random_boxes(50, 3)
    np.testing.assert_allclose(array(decode(encode(boxes, anchors), anchors)), boxes, atol=1e-5)
    same = array(encode(boxes, boxes))
    np.testing.assert_allclose(same, np.zeros((50, 4)), atol=1e-4)


def test_a_difference_means_shift_in_sizes_and_log_of_size() -> None:
    anchor = np.array([[0.2, 0.2, 0.4, 0.6]], np.float32)
    moved = np.array([[0.3, 0.2, 0.5, 0.6]], np.float32)  # half its height down
    tall = np.array([[0.1, 0.2, 0.5, 0.6]], np.float32)  # twice as high
    np.testing.assert_allclose(array(encode(moved, anchor)), [[5.0, 0, 0, 0]], atol=1e-4)
    expected = [[0, 0, np.log(2) / 0.2, 0]]
    np.testing.assert_allclose(array(encode(tall, anchor)), expected, atol=1e-4)


def test_wild_differences_stay_in_the_picture() -> None:
    wild = np.array([[1e4, -1e4, 1e4, -1e4], [0, 0, 1e4, 1e4]], np.float32)
    found = array(decode(wild, random_boxes(2, 4)))
    assert np.isfinite(found).all()
    assert found.min() >= 0.0
    assert found.max() <= 1.0
    np.testing.assert_allclose(found[1], [0, 0, 1, 1])


def slow_align(features: np.ndarray, box: np.ndarray, bins: int, samples: int) -> np.ndarray:
    """RoIAlign straight from its definition: every point by bilinear interpolation."""
    rows, columns, channels = features.shape
    out = np.zeros((bins, bins, channels))
    for p, q in np.ndindex(bins, bins):
        for i, j in np.ndindex(samples, samples):
            y = box[0] + (box[2] - box[0]) * (p + (i + 0.5) / samples) / bins
            x = box[1] + (box[3] - box[1]) * (q + (j + 0.5) / samples) / bins
            y = min(max(y * rows - 0.5, 0), rows - 1)
            x = min(max(x * columns - 0.5, 0), columns - 1)
            top, left = min(int(y), rows - 2), min(int(x), columns - 2)
            dy, dx = y - top, x - left
            out[p, q] += (
                features[top, left] * (1 - dy) * (1 - dx)
                + features[top + 1, left] * dy * (1 - dx)
                + features[top, left + 1] * (1 - dy) * dx
                + features[top + 1, left + 1] * dy * dx
            )
    return out / samples**2


@pytest.mark.parametrize(("bins", "samples"), [(7, 2), (3, 1)])
def test_alignment_agrees_with_the_definition(bins: int, samples: int) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2, 6, 8, 3)).astype(np.float32)
    boxes = np.stack([random_boxes(4, 5), random_boxes(4, 6)])
    boxes[0, 0], boxes[1, 3] = [0, 0, 1, 1], [0.9, 0.9, 1.0, 1.0]  # both reach the border
    found = array(RoIAlign(bins, samples)([features, boxes]))
    assert found.shape == (2, 4, bins, bins, 3)
    for b, k in np.ndindex(2, 4):
        slow = slow_align(features[b], boxes[b, k], bins, samples)
        np.testing.assert_allclose(found[b, k], slow, atol=1e-4)


def test_alignment_reads_positions_not_cells() -> None:
    """On a ramp every bin holds the ramp's value at its own centre: nothing is rounded."""
    ramp = np.broadcast_to((np.arange(16, dtype=np.float32) + 0.5)[:, None] / 16, (16, 16))
    box = np.array([[[0.23, 0.31, 0.61, 0.83]]], np.float32)
    found = array(RoIAlign(5, 2)([ramp[None, ..., None], box]))[0, 0, :, 0, 0]
    np.testing.assert_allclose(found, 0.23 + 0.38 * (np.arange(5) + 0.5) / 5, atol=1e-5)


def test_alignment_passes_the_gradient_to_the_cells_it_reads() -> None:
    tf = pytest.importorskip("tensorflow")
    features = tf.Variable(np.zeros((1, 8, 8, 1), np.float32))
    box = np.array([[[0.25, 0.25, 0.5, 0.5]]], np.float32)  # cells 2 and 3
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(RoIAlign(2, 2)([features, box]))
    gradient = tape.gradient(total, features).numpy()[0, ..., 0]
    assert gradient.sum() == pytest.approx(4.0, abs=1e-4)  # four bins, weights of each sum to 1
    assert gradient[2:4, 2:4].sum() > 0.75 * gradient.sum()
    assert gradient[5:].sum() == gradient[:, :1].sum() == 0.0


def slow_proposals(scores: np.ndarray, boxes: np.ndarray, candidates: int) -> list[np.ndarray]:
    order = np.argsort(-scores, kind="stable")[:candidates]
    kept, covered = [], []
    for place, i in enumerate(order):
        near = any(slow_iou(boxes[i], boxes[j]) > detector.SAME_PLACE for j in order[:place])
        (covered if near else kept).append(boxes[i])
    return [*kept, *covered]


def test_proposals_are_the_best_that_do_not_repeat_each_other() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(2, 6, 6, ANCHORS)).astype(np.float32)
    deltas = rng.normal(size=(2, 6, 6, 4 * ANCHORS)).astype(np.float32)
    found = array(Proposals(12, 80)([scores, deltas]))
    assert found.shape == (2, 12, 4)
    for b in range(2):
        whole = array(decode(deltas[b].reshape(-1, 4), anchor_grid(6, 6)))
        slow = slow_proposals(scores[b].ravel(), whole, 80)
        assert len(slow) == 80
        np.testing.assert_allclose(found[b], slow[:12], atol=1e-5)


def test_near_copies_fill_up_when_nothing_else_is_left() -> None:
    scores = np.zeros((1, 1, 1, ANCHORS), np.float32)
    deltas = np.zeros((1, 1, 1, 4 * ANCHORS), np.float32)
    scores[...] = -np.arange(ANCHORS)
    found = array(Proposals(ANCHORS, ANCHORS)([scores, deltas]))[0]
    expected = np.clip(array(anchor_grid(1, 1)), 0, 1)
    assert sorted(found.round(4).tolist()) == sorted(expected.round(4).tolist())
    np.testing.assert_allclose(found[0], expected[0], atol=1e-6)


@pytest.fixture
def small(narrow: None) -> Any:
    """Quarter-width encoder, few proposals."""
    classifier = build_classifier("mobilenet")
    return build_detector(classifier, proposals=6, candidates=32)


@pytest.mark.parametrize("side", [64, 96])
def test_every_side_gives_its_grid_and_always_as_many_boxes(small: Any, side: int) -> None:
    found = small(pictures(2, side, seed=0), training=False)
    cells = side // 8
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "rpn_scores": (2, cells, cells, ANCHORS),
        "rpn_deltas": (2, cells, cells, 4 * ANCHORS),
        "proposals": (2, 6, 4),
        "roi_logits": (2, 6, len(CLASSES)),
        "roi_deltas": (2, 6, 4),
        "boxes": (2, 6, 4),
    }
    boxes = array(found["boxes"])
    assert np.isfinite(boxes).all()
    assert boxes.min() >= 0.0
    assert boxes.max() <= 1.0


def test_one_graph_serves_every_side(small: Any) -> None:
    """As an engine traces it: number and side of the pictures are open."""
    tf = pytest.importorskip("tensorflow")
    calibrate(small, 64)
    open_shape = [tf.TensorSpec((None, None, None, 1), tf.float32)]
    graph = tf.function(lambda batch: small(batch, training=False), input_signature=open_shape)
    for count, side in ((1, 96), (3, 64)):
        batch = pictures(count, side, seed=4)
        eager, traced = small(batch, training=False), graph(tf.constant(batch))
        for name, value in eager.items():
            np.testing.assert_allclose(traced[name].numpy(), array(value), atol=1e-3)


def test_the_refined_boxes_are_the_proposals_moved(small: Any) -> None:
    calibrate(small, 64)
    found = small(pictures(2, 64, seed=1), training=False)
    expected = decode(found["roi_deltas"], found["proposals"])
    np.testing.assert_allclose(array(found["boxes"]), array(expected), atol=1e-6)


def test_before_training_hardly_any_anchor_is_a_tumour(small: Any) -> None:
    scores = array(small(pictures(1, 64, seed=0), training=False)["rpn_scores"])
    np.testing.assert_allclose(1 / (1 + np.exp(-scores)), detector.PRIOR, rtol=0.3)


def test_encoder_layers_are_shared_and_all_normalisation_is_on_top(narrow: None) -> None:
    classifier = build_classifier("mobilenet")
    model = build_detector(classifier, proposals=4, candidates=16)
    assert model.get_layer("conv1") is classifier.get_layer("conv1")
    nested = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    assert nested == [], "flat: batch statistics and engines reach every layer"


def test_stored_arrays_come_back_in_order(small: Any, tmp_path: Path, narrow: None) -> None:
    calibrate(small, 64)
    batch = pictures(2, 64, seed=3)
    before = small(batch, training=False)
    weights.save(small.get_weights(), tmp_path / "detector.safetensors")
    keras.utils.set_random_seed(99)
    again = build_detector(build_classifier("mobilenet"), proposals=6, candidates=32)
    arrays = weights.read_arrays(tmp_path / "detector.safetensors")
    assert [a.shape for a in arrays] == [tuple(w.shape) for w in again.weights]
    again.set_weights(arrays)
    after = again(batch, training=False)
    scores = array(before["rpn_scores"])
    assert np.ptp(scores) > 0.01
    np.testing.assert_allclose(array(after["rpn_scores"]), scores, atol=0.02 * np.ptp(scores))


def test_a_side_that_does_not_halve_five_times_is_refused(narrow: None) -> None:
    classifier = build_classifier("mobilenet", size=100)
    with pytest.raises(ValueError, match="multiple of 32, found 100"):
        build_detector(classifier)


def test_more_proposals_than_candidates_are_refused(narrow: None) -> None:
    with pytest.raises(ValueError, match="40 proposals of 8 candidates"):
        build_detector(build_classifier("mobilenet"), proposals=40, candidates=8)
