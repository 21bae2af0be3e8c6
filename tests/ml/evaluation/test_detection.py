"""Average precision by hand and against a slow computation from its definition."""

import math

import numpy as np
import pytest

from ml.evaluation.detection import (
    THRESHOLDS,
    DetectionRow,
    average_precision,
    choose_min_score,
    detection_figures,
    matches,
    operating_figures,
    precisions,
    rank,
)
from ml.evaluation.intervals import interval_of
from ml.inference.detect import Detection

ONE = [[0.0, 0.0, 10.0, 10.0]]


def boxes(values):
    return np.array(values, np.float32).reshape(-1, 4)


def found(score, box=(0.0, 0.0, 10.0, 10.0), label="glioma"):
    return Detection(label, score, tuple(map(float, box)))


def row(reference=(), detections=(), *, label="glioma", group=None, name="1"):
    return DetectionRow(name, group or name, label, "test", boxes(reference), tuple(detections))


def ones(rows):
    return np.ones((1, len(rows)))


def ap(rows, label="glioma"):
    return float(average_precision(rank(rows, label), ones(rows))[0])


AWAY = (30.0, 30.0, 40.0, 40.0)


def test_everything_found_and_nothing_else_is_one():
    rows = [row(ONE, [found(0.4)]), row([AWAY], [found(0.9, AWAY)])]
    assert ap(rows) == 1.0
    assert precisions(rows, ones(rows))["map50_95"][0] == 1.0


def test_a_false_box_below_the_right_ones_costs_nothing_above_it_does():
    right, free = row(ONE, [found(0.6)]), {"label": "no_tumor"}
    assert ap([right, row((), [found(0.5)], **free)]) == 1.0
    assert ap([right, row((), [found(0.7)], **free)]) == 0.5


def test_the_curve_of_three_boxes_by_hand():
    """Right, wrong, right for two tumours: precision 1 up to recall 0.5, 2/3 beyond."""
    rows = [
        row(ONE, [found(0.9)], name="1"),
        row((), [found(0.8)], label="no_tumor", name="2"),
        row(ONE, [found(0.7)], name="3"),
    ]
    assert ap(rows) == pytest.approx((51 * 1.0 + 50 * 2 / 3) / 101)


def test_a_tumour_that_is_not_found_bounds_the_recall():
    rows = [row(ONE, [found(0.9)]), row(ONE), row(ONE), row(ONE)]
    assert ap(rows) == pytest.approx(26 / 101)


def test_a_second_box_on_the_same_tumour_is_false():
    assert matches(boxes([ONE[0], ONE[0]]), boxes(ONE), 0.5) == [True, False]
    near = (0.0, 1.0, 10.0, 11.0)
    rows = [row(ONE, [found(0.9), found(0.8, near)]), row([AWAY], [found(0.7, AWAY)])]
    assert ap(rows) == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_a_box_takes_the_tumour_it_overlaps_most():
    two = boxes([[0, 0, 10, 10], [0, 3, 10, 13]])
    assert matches(boxes([[0, 3, 10, 13], [0, 0, 10, 10]]), two, 0.5) == [True, True]
    assert matches(boxes([AWAY]), two, 0.5) == [False]
    assert matches(boxes([AWAY]), boxes([]), 0.5) == [False]


def test_an_overlap_of_just_the_threshold_is_enough():
    half = boxes([[0, 0, 10, 5]])
    assert matches(half, boxes(ONE), 0.5) == [True]
    assert matches(half, boxes(ONE), 0.55) == [False]
    # 0.5 … 0.8 are reached by an overlap of 0.8: seven of ten thresholds
    rows = [row(ONE, [found(0.9, (0, 0, 10, 8))])]
    figures = precisions(rows, ones(rows))
    assert figures["ap50_glioma"][0] == 1.0
    assert figures["ap50_95_glioma"][0] == pytest.approx(0.7)
    assert THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def test_the_wrong_type_is_a_false_box_of_one_class_and_a_miss_of_the_other():
    rows = [
        row(ONE, [found(0.9, label="pituitary")], label="glioma", name="1"),
        row(ONE, [found(0.8, label="pituitary")], label="pituitary", name="2"),
    ]
    figures = precisions(rows, ones(rows))
    assert figures["ap50_glioma"][0] == 0.0
    assert figures["ap50_pituitary"][0] == 0.5
    assert figures["map50"][0] == 0.25
    assert figures["ap50_any"][0] == 1.0


def test_a_class_without_reference_is_left_out_of_the_mean():
    rows = [row(ONE, [found(0.9), found(0.8, AWAY, label="meningioma")])]
    figures = precisions(rows, ones(rows))
    assert math.isnan(figures["ap50_meningioma"][0])
    assert figures["map50"][0] == 1.0
    assert math.isnan(figures["ap50_pituitary"][0])
    nothing = [row((), [found(0.9)], label="no_tumor")]
    assert math.isnan(precisions(nothing, ones(nothing))["map50"][0])


def test_a_tumour_of_unknown_type_counts_for_any_only():
    known = row(ONE, [found(0.5)], name="1")
    unknown = row(ONE, [found(0.9, AWAY)], label="tumor", name="2")
    figures = precisions([known, unknown], ones([known, unknown]))
    assert figures["ap50_glioma"][0] == 1.0
    assert figures["ap50_any"][0] == pytest.approx(51 * 0.5 / 101)


def test_any_tumour_counts_a_place_once():
    rows = [
        row(ONE, [found(0.9), found(0.8, label="pituitary")], name="1"),
        row(ONE, [found(0.7)], name="2"),
    ]
    assert precisions(rows, ones(rows))["ap50_any"][0] == 1.0


def slow_ap(rows, label, threshold):
    """COCO's average precision, box by box and recall by recall."""
    everything = sorted(
        ((d.score, i, d.box_px) for i, r in enumerate(rows) for d in r.found if d.label == label),
        key=lambda one: -one[0],
    )
    there = {i: [list(b) for b in r.reference] for i, r in enumerate(rows) if r.label == label}
    total = sum(map(len, there.values()))
    curve, right = [], 0
    for rank_, (_, i, box) in enumerate(everything, start=1):
        best, overlap = None, threshold
        for candidate in there.get(i, []):
            height = min(box[2], candidate[2]) - max(box[0], candidate[0])
            width = min(box[3], candidate[3]) - max(box[1], candidate[1])
            common = max(height, 0) * max(width, 0)
            both = (box[2] - box[0]) * (box[3] - box[1])
            both += (candidate[2] - candidate[0]) * (candidate[3] - candidate[1])
            if common / (both - common) >= overlap:
                best, overlap = candidate, common / (both - common)
        if best is not None:
            there[i].remove(best)
            right += 1
        curve.append((right / total, right / rank_))
    steps = [
        max((p for r, p in curve if r >= level / 100 - 1e-12), default=0.0) for level in range(101)
    ]
    return sum(steps) / 101


def random_rows(count, seed):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        label = ("glioma", "meningioma", "no_tumor", "pituitary")[i % 4]
        corner = rng.uniform(0, 40, (int(rng.integers(1, 3)), 2))
        reference = np.concatenate([corner, corner + rng.uniform(8, 25, corner.shape)], axis=1)
        guesses = []
        for box in reference:
            for _ in range(int(rng.integers(0, 4))):
                kind = label if rng.random() < 0.7 and label != "no_tumor" else "pituitary"
                moved = np.sort((box + rng.normal(0, 2.5, 4)).reshape(2, 2), axis=0).ravel()
                guesses.append(found(float(rng.random()), moved, kind))
        if label == "no_tumor":
            reference = reference[:0]
        rows.append(row(reference, guesses, label=label, group=f"g{i // 3}", name=str(i)))
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_average_precision_agrees_with_its_definition(seed):
    rows = random_rows(40, seed)
    figures = precisions(rows, ones(rows))
    for label in ("glioma", "meningioma", "pituitary"):
        slow = [slow_ap(rows, label, t) for t in THRESHOLDS]
        assert 0.0 < slow[0] < 1.0
        assert figures[f"ap50_{label}"][0] == pytest.approx(slow[0], abs=1e-9)
        assert figures[f"ap50_95_{label}"][0] == pytest.approx(np.mean(slow), abs=1e-9)


def test_a_weight_is_a_repeated_picture():
    rows = random_rows(24, 9)
    times = np.random.default_rng(0).integers(0, 3, len(rows))
    repeated = [one for one, n in zip(rows, times, strict=True) for _ in range(n)]
    weighed = precisions(rows, np.stack([np.ones(len(rows)), times.astype(float)]))
    plain = precisions(repeated, ones(repeated))
    for name, values in weighed.items():
        assert values[1] == pytest.approx(plain[name][0], abs=1e-9), name


def test_intervals_resample_groups_and_count_draws_without_a_class():
    rows = random_rows(36, 2)
    figures = detection_figures(rows)
    assert set(figures) == {
        *(f"ap50_{name}" for name in ("glioma", "meningioma", "pituitary", "any")),
        *(f"ap50_95_{name}" for name in ("glioma", "meningioma", "pituitary", "any")),
        *("map50", "map50_95"),
    }
    whole = figures["map50"]
    assert whole.low < whole.value < whole.high
    assert whole.value == pytest.approx(np.mean([slow_ap(rows, c, 0.5) for c in LABELS]))
    assert whole.undefined == 0


def test_a_draw_that_loses_the_class_is_counted():
    lonely = [row(ONE, [found(0.9)], name="1"), row(label="no_tumor", name="2")]
    drawn = precisions(lonely, np.array([[1.0, 1.0], [0.0, 2.0], [2.0, 0.0]]))
    assert drawn["ap50_glioma"].tolist() == pytest.approx([1.0, math.nan, 1.0], nan_ok=True)
    figure = interval_of(drawn["map50"])
    assert (figure.value, figure.undefined) == (1.0, 1)


LABELS = ("glioma", "meningioma", "pituitary")


def test_no_row_is_refused():
    with pytest.raises(ValueError, match="no picture"):
        detection_figures([])


def test_operating_figures_count_slices_not_boxes():
    rows = [
        row(ONE, [found(0.9, AWAY), found(0.6)], name="1"),
        row(ONE, [found(0.2)], name="2"),
        row((), [found(0.7), found(0.6, AWAY)], label="no_tumor", name="3"),
        row((), [found(0.4)], label="no_tumor", name="4"),
    ]
    figures = operating_figures(rows, 0.5)
    assert figures["found_share"].value == 0.5
    assert figures["false_share"].value == 0.5
    assert operating_figures(rows, 0.1)["found_share"].value == 1.0


def test_the_lowest_score_shown_has_the_best_f1():
    rows = [
        row(ONE, [found(0.95)], name="1"),
        row(ONE, [found(0.8125)], name="2"),
        row((), [found(0.5)], label="no_tumor", name="3"),
        row((), [found(0.4)], label="no_tumor", name="4"),
        row(ONE, [found(0.3)], name="5"),
    ]
    assert choose_min_score(rows) == 0.812
    with pytest.raises(ValueError, match="validation pictures with a tumour"):
        choose_min_score([row((), [found(0.5)], label="no_tumor")])
    with pytest.raises(ValueError, match="that was found"):
        choose_min_score([row(ONE, [found(0.5, AWAY)])])
