"""Group bootstrap: what is resampled, what comes out, and that it repeats."""

import numpy as np
import pytest

from ml.evaluation.intervals import (
    DRAWS,
    Interval,
    interval_of,
    paired_difference,
    resample,
    weighted_mean,
    weighted_median,
)


def test_the_first_row_is_the_sample_itself():
    assert (resample(["a", "b", "b"])[0] == 1.0).all()


def test_groups_are_resampled_and_never_single_pictures():
    groups = [f"g{i // 7}" for i in range(70)]
    weights = resample(groups)
    assert weights.shape == (1 + DRAWS, 70)
    by_group = weights.reshape(len(weights), 10, 7)
    assert (by_group == by_group[:, :, :1]).all(), "pictures of a group must stay together"
    assert (by_group[:, :, 0].sum(axis=1) == 10).all(), "every draw holds as many groups"
    assert by_group[1:].min() == 0
    assert by_group[1:].max() > 1


def test_interval_is_as_wide_as_groups_say_not_as_pictures_say():
    # 10 groups of 100 identical answers: the information of 10 pictures, not of 1,000.
    answers = np.repeat([1.0, 0.0] * 5, 100)
    groups = [f"g{i // 100}" for i in range(1000)]
    by_group = interval_of(weighted_mean(answers, resample(groups)))
    by_picture = interval_of(weighted_mean(answers, resample([str(i) for i in range(1000)])))
    assert by_group.value == by_picture.value == 0.5
    assert by_group.high - by_group.low > 0.5
    assert by_picture.high - by_picture.low < 0.08


def test_interval_agrees_with_the_binomial_spread():
    answers = np.repeat([1.0, 0.0], [300, 100])
    interval = interval_of(weighted_mean(answers, resample([str(i) for i in range(400)])))
    spread = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert interval.low == pytest.approx(0.75 - spread, abs=0.006)
    assert interval.high == pytest.approx(0.75 + spread, abs=0.006)


def test_order_of_group_names_and_seed_decide_everything():
    groups = ["b", "a", "c", "a"] * 5
    assert (resample(groups) == resample(groups)).all()
    assert (resample(groups, seed=1) != resample(groups, seed=2)).any()


def test_undefined_draws_are_left_out_and_counted():
    samples = np.array([0.5, np.nan, 0.2, 0.4, np.nan])
    interval = interval_of(samples)
    assert interval.undefined == 2
    assert 0.2 <= interval.low < interval.high <= 0.4


def test_a_figure_that_is_never_defined_stays_nan():
    interval = interval_of(np.full(11, np.nan))
    assert np.isnan([interval.value, interval.low, interval.high]).all()
    assert interval.undefined == 10


def test_nothing_to_resample_is_an_error():
    with pytest.raises(ValueError, match="no picture"):
        resample([])


@pytest.mark.parametrize("count", [1, 2, 7, 8])
def test_weighted_mean_and_median_repeat_pictures_by_their_weight(count):
    rng = np.random.default_rng(count)
    values = rng.normal(size=count).round(1)
    weights = rng.integers(0, 4, size=(50, count)).astype(float)
    weights[0] = 1.0
    means, medians = weighted_mean(values, weights), weighted_median(values, weights)
    for row, mean, median in zip(weights, means, medians, strict=True):
        repeated = np.repeat(values, row.astype(int))
        if repeated.size == 0:
            assert np.isnan(mean)
            assert np.isnan(median)
        else:
            assert mean == pytest.approx(repeated.mean())
            assert median == pytest.approx(np.median(repeated))


def test_pictures_without_a_value_do_not_count():
    values = np.array([1.0, np.nan, 3.0])
    weights = np.ones((1, 3))
    assert weighted_mean(values, weights)[0] == 2.0
    assert weighted_median(values, weights)[0] == 2.0
    assert np.isnan(weighted_median(np.array([np.nan]), np.ones((1, 1)))[0])


def test_paired_difference_uses_the_pairing():
    groups = [str(i) for i in range(200)]
    rng = np.random.default_rng(0)
    base = (rng.random(200) < 0.7).astype(float)
    better = base.copy()
    better[np.flatnonzero(base == 0)[:15]] = 1.0
    weights = resample(groups)
    first, second = weighted_mean(better, weights), weighted_mean(base, weights)
    difference, ranking = paired_difference(first, second)
    assert difference.value == pytest.approx(15 / 200)
    assert ranking
    # Apart, both intervals overlap: only the pairing shows that one is always better.
    assert interval_of(first).low < interval_of(second).high


def test_no_ranking_where_the_interval_holds_zero():
    samples = np.linspace(-0.1, 0.1, 101)
    assert paired_difference(samples, np.zeros(101))[1] is False
    assert paired_difference(np.full(101, -0.1), np.zeros(101)) == (
        Interval(-0.1, -0.1, -0.1),
        True,
    )
