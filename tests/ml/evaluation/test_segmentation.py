"""Outline figures against hand cases and a brute-force distance computation."""

import math
from dataclasses import replace

import numpy as np
import pytest

from ml.evaluation.segmentation import (
    OutlineRow,
    OutlineScore,
    choose_least_tumour,
    choose_mask_threshold,
    dice,
    figshare_spacing_mm,
    outline_figures,
    score,
    surface_distances_mm,
    tumour_free_figures,
    undefined_distances,
)

NAN = math.nan


def box(top, left, height, width, shape=(40, 40)):
    mask = np.zeros(shape, dtype=bool)
    mask[top : top + height, left : left + width] = True
    return mask


def brute_force(one, other, spacing):
    """Surface distances pair by pair, straight from the definition."""

    def surface(mask):
        padded = np.pad(mask, 1)
        neighbours = [
            padded[1 + i : 41 + i, 1 + j : 41 + j] for i, j in ((-1, 0), (1, 0), (0, -1), (0, 1))
        ]
        return np.argwhere(mask & ~np.all(neighbours, axis=0)) * spacing

    first, second = surface(one), surface(other)
    apart = np.linalg.norm(first[:, None] - second[None], axis=2)
    there, back = apart.min(axis=1), apart.min(axis=0)
    return max(np.percentile(there, 95), np.percentile(back, 95)), np.mean([*there, *back])


def test_the_same_mask_is_perfect():
    mask = box(5, 5, 10, 10)
    found = score(mask, mask, (0.5, 0.5))
    assert found == OutlineScore(1.0, 1.0, 0.0, 0.0, 100, 100)


def test_a_shifted_box_has_the_figures_of_the_drawing():
    found = score(box(5, 5, 10, 10), box(5, 10, 10, 10), (1.0, 1.0))
    assert found.dice == 0.5
    assert found.iou == pytest.approx(1 / 3)
    assert found.hd95_mm == 5.0


def test_two_pixels_measure_their_distance_in_mm():
    one, other = box(3, 4, 1, 1), box(6, 8, 1, 1)
    assert surface_distances_mm(one, other, (1.0, 1.0)) == (5.0, 5.0)
    assert surface_distances_mm(one, other, (2.0, 1.0))[0] == pytest.approx(math.hypot(6, 4))


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.784, 0.784), (0.5, 2.0)])
def test_distances_agree_with_brute_force(spacing):
    rng = np.random.default_rng(3)
    for _ in range(5):
        top, left, height, width = rng.integers(1, 20, size=4)
        one = box(top, left, height, width)
        other = box(*rng.integers(1, 20, size=4)) | box(*rng.integers(1, 20, size=4))
        found = surface_distances_mm(one, other, spacing)
        assert found == pytest.approx(brute_force(one, other, np.array(spacing)))
        assert surface_distances_mm(other, one, spacing) == pytest.approx(found)


def test_the_edge_of_the_picture_is_a_surface():
    whole, inner = np.ones((9, 9), dtype=bool), box(1, 1, 7, 7, (9, 9))
    assert surface_distances_mm(whole, inner, (1.0, 1.0))[0] >= 1.0


def test_an_empty_reference_has_no_figure():
    found = score(box(5, 5, 2, 2), np.zeros((40, 40), dtype=bool), (1.0, 1.0))
    assert np.isnan([found.dice, found.iou, found.hd95_mm, found.asd_mm]).all()
    assert (found.reference_px, found.predicted_px) == (0, 4)
    nothing = np.zeros((4, 4), dtype=bool)
    assert math.isnan(dice(nothing, nothing))


def test_an_empty_prediction_is_a_miss_without_distance():
    found = score(np.zeros((40, 40), dtype=bool), box(5, 5, 2, 2), (1.0, 1.0))
    assert (found.dice, found.iou) == (0.0, 0.0)
    assert np.isnan([found.hd95_mm, found.asd_mm]).all()


def test_masks_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="shape"):
        score(np.zeros((2, 2), dtype=bool), np.zeros((3, 3), dtype=bool), (1.0, 1.0))


def test_figshare_spacing_follows_the_stored_size():
    assert figshare_spacing_mm((512, 512)) == (0.49, 0.49)
    assert figshare_spacing_mm((320, 320)) == pytest.approx((0.784, 0.784))


def row(name, group, overlap, hd95=1.0, *, reference=10, predicted=10, label="glioma"):
    figures = OutlineScore(overlap, overlap, hd95, hd95, reference, predicted)
    return OutlineRow(name, group, label, "test", figures, 100)


def test_mean_median_and_share_of_misses():
    rows = [
        row("1", "a", 0.9),
        row("2", "a", 0.8),
        row("3", "b", 0.4),
        row("4", "c", 0.0, NAN, predicted=0),
        row("5", "d", NAN, NAN, reference=0),
    ]
    found = outline_figures(rows)
    assert found["dice_mean"].value == pytest.approx(0.525)
    assert found["dice_median"].value == pytest.approx(0.6)
    assert found["dice_zero_share"].value == 0.25
    assert found["hd95_mm_mean"].value == 1.0
    assert undefined_distances(rows) == 1
    assert found["dice_mean"].undefined > 0, "a draw of group d alone has no Dice"


def test_tumour_free_pictures_count_marks_and_area():
    rows = [
        row("1", "a", NAN, NAN, reference=0, predicted=0, label="no_tumor"),
        row("2", "b", NAN, NAN, reference=0, predicted=5, label="no_tumor"),
        row("3", "c", NAN, NAN, reference=0, predicted=15, label="no_tumor"),
        row("4", "c", NAN, NAN, reference=0, predicted=0, label="no_tumor"),
    ]
    found = tumour_free_figures(rows)
    assert found["marked_share"].value == 0.5
    assert found["mean_area_share"].value == pytest.approx(0.05)


def test_mask_threshold_has_the_best_mean_dice_and_ignores_empty_references():
    overlaps = np.array([[0.5, 0.8, 0.7], [0.6, 0.7, 0.9], [NAN, NAN, NAN]])
    chosen, means = choose_mask_threshold(overlaps, (0.3, 0.5, 0.7))
    assert chosen == 0.7
    assert means.tolist() == pytest.approx([0.55, 0.75, 0.8])


def test_mask_threshold_prefers_the_middle_in_a_tie():
    assert choose_mask_threshold(np.ones((4, 3)), (0.2, 0.55, 0.8))[0] == 0.55
    with pytest.raises(ValueError, match="validation"):
        choose_mask_threshold(np.full((2, 1), NAN), (0.5,))


def free(tumour, predicted):
    figures = OutlineScore(NAN, NAN, NAN, NAN, 0, predicted)
    return OutlineRow("f", "f", "no_tumor", "validation", figures, 100, tumour)


def test_a_withheld_outline_is_empty_and_a_kept_one_is_untouched():
    seen = replace(row("1", "a", 0.9), tumour=0.3)
    assert seen.withheld_below(0.3) is seen
    gone = seen.withheld_below(0.31).score
    assert (gone.dice, gone.iou, gone.predicted_px, gone.reference_px) == (0.0, 0.0, 0, 10)
    assert np.isnan([gone.hd95_mm, gone.asd_mm]).all()
    assert np.isnan(free(0.1, 5).withheld_below(0.5).score.dice)
    alone = row("2", "a", 0.9)
    assert alone.withheld_below(1.0) is alone, "nobody asked the classifiers"


def test_the_least_tumour_is_the_lowest_that_marks_few_enough():
    rows = [free(0.1, 5), free(0.3, 5), free(0.6, 5), free(0.2, 0)]
    steps = (0.0, 0.2, 0.4, 0.8)
    assert choose_least_tumour(rows, steps, most=1.0) == 0.0
    assert choose_least_tumour(rows, steps, most=0.5) == 0.2
    assert choose_least_tumour(rows, steps, most=0.25) == 0.4
    assert choose_least_tumour(rows, steps, most=0.05) == 0.8
    assert choose_least_tumour([free(0.9, 5)], steps, most=0.05) == 0.8, "none keeps to it"
    with pytest.raises(ValueError, match="tumour-free"):
        choose_least_tumour([], steps, most=0.05)
