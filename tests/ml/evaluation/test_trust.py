"""Temperatures, sets and referral on simulated rows whose truth is known."""

import json
from pathlib import Path

import numpy as np
import pytest

from ml.errors import MetricsError
from ml.evaluation import published_trust, report
from ml.evaluation.calibration import softmax
from ml.evaluation.intervals import resample
from ml.evaluation.places import Places
from ml.evaluation.rows import read_classification
from ml.evaluation.trust import (
    LEVELS,
    REFERRED,
    choose_temperature,
    coverage,
    limits,
    members,
    referral,
    reliability,
    trust_figures,
)
from ml.inference.trust import load_trust
from ml.labels import CLASSES


def drawn(count: int, *, sharpness: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `sharpness` times as far apart as they should be, and labels."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(0.0, 1.5, (count, 4))
    p = softmax(honest)
    labels = (p.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    return sharpness * honest, labels.astype(np.int64)


def own_groups(count: int) -> list[str]:
    return [f"p{i}" for i in range(count)]


def test_an_overconfident_model_gets_a_temperature_and_an_honest_one_none() -> None:
    logits, labels = drawn(1500, sharpness=2.0)
    found = choose_temperature(logits, labels, own_groups(1500))
    assert found["method"] == "temperature"
    assert found["temperature"] == pytest.approx(2.0, rel=0.1)
    assert found["nll"]["temperature"] < found["nll"]["none"]
    few, their = drawn(60, seed=4)
    honest = choose_temperature(few, their, own_groups(60))
    assert honest["method"] == "none"
    assert honest["temperature"] == 1.0
    assert honest["nll"]["temperature"] > honest["nll"]["none"]


def test_the_temperature_is_judged_on_groups_it_has_not_seen() -> None:
    logits, labels = drawn(80, sharpness=1.3, seed=1)
    one_group = choose_temperature(logits, labels, ["same"] * 80)
    assert one_group["method"] == "none", "nobody is left to judge on"


@pytest.mark.parametrize("level", LEVELS)
def test_sets_cover_every_class_as_often_as_stated(level: float) -> None:
    half = 10000
    logits, labels = drawn(2 * half)
    p = softmax(logits)
    chosen = limits(p[:half], labels[:half], level)
    found = coverage(p[half:], labels[half:], np.ones((2, half)), chosen["least"])
    assert found["overall"].value == pytest.approx(level, abs=0.02)
    for label in CLASSES:
        assert found["by_class"][label].value == pytest.approx(level, abs=0.05)
    kinds = [found[name].value for name in ("single", "several", "empty")]
    assert sum(kinds) == pytest.approx(1.0)


def test_a_limit_is_the_order_statistic_of_the_definition() -> None:
    labels = np.zeros(19, np.int64)
    p = np.column_stack([np.linspace(0.05, 0.95, 19), np.zeros((19, 3))])
    found = limits(p, labels, 0.90)
    assert found["n"]["glioma"] == 19
    # a tenth of 20 is 2: the second lowest is the limit, and one of 19 lies below it
    assert found["least"]["glioma"] == pytest.approx(0.10, abs=1e-6)
    assert (
        members(p, {**dict.fromkeys(CLASSES, 1.0), "glioma": found["least"]["glioma"]})[:, 0].sum()
        == 18
    )
    assert limits(p[:8], labels[:8], 0.90)["least"]["glioma"] == 0.0, "too few to exclude any"


def test_referring_the_least_sure_leaves_the_right_ones() -> None:
    confidence = np.array([0.9, 0.8, 0.6, 0.5])
    p = np.column_stack([confidence, 1 - confidence, np.zeros(4), np.zeros(4)])
    labels = np.array([0, 0, 0, 1])
    found = referral(p, labels, resample(own_groups(4), draws=10))
    by_share = {one["referred"]: one["accuracy"].value for one in found}
    assert tuple(by_share) == REFERRED
    assert by_share[0.0] == 0.75
    assert by_share[0.25] == by_share[0.5] == 1.0
    # an eighth of the pictures is half of the least sure one
    assert by_share[0.1] == pytest.approx(3.0 / 3.6)


def test_reliability_has_bins_of_as_many_pictures() -> None:
    logits, labels = drawn(400)
    bins = reliability(softmax(logits), labels)
    assert [one["n"] for one in bins] == [40] * 10
    confidence = [one["confidence"] for one in bins]
    assert confidence == sorted(confidence)
    assert sum(one["right"] for one in bins) / 10 == pytest.approx(
        (logits.argmax(axis=1) == labels).mean()
    )


def test_what_is_published_is_what_screens_and_readings_use(repository: Path) -> None:
    places = Places(repository)
    report.write(repository)
    raw = json.loads(places.trust.read_text())
    assert raw["split_id"] == json.loads(places.summary.read_text())["split_id"]
    trust = load_trust(places.trust)
    assert trust is not None
    assert set(trust.temperatures) == set(raw["calibration"])
    assert set(trust.limits) == {f"{level:.2f}" for level in LEVELS}
    figures = published_trust.load(places.trust)
    assert figures.n_groups == raw["test"]["n_groups"]
    assert (
        figures.coverage["0.90"].overall.value
        == raw["test"]["coverage"]["0.90"]["overall"]["value"]
    )
    assert figures.referral[0][0] == 0.0
    test = read_classification(places.clean_rows).part("test")
    assert figures.n_pictures == len(test)


def test_test_pictures_choose_nothing(repository: Path) -> None:
    table = read_classification(Places(repository).clean_rows)
    before = trust_figures(table)
    for values in table.logits.values():
        test = np.array(table.where["split"]) == "test"
        values[test] = values[test][:, ::-1]
    after = trust_figures(table)
    assert after["calibration"] == before["calibration"]
    assert after["sets"] == before["sets"]
    assert after["test"]["confidence_auroc"] != before["test"]["confidence_auroc"]


def test_rows_without_a_class_are_refused(repository: Path) -> None:
    table = read_classification(Places(repository).clean_rows)
    with pytest.raises(MetricsError, match="do not hold every class"):
        trust_figures(table.part("validation"))
