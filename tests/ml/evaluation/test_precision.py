"""What two precisions say of the same pictures, compared figure by figure."""

from dataclasses import replace

import numpy as np
import pytest

from ml.evaluation import precision
from ml.evaluation.precision import correlation, few, figure_changes, flips
from tests.ml.evaluation.conftest import simulated_table


def moved(table, by):
    """The same table with logits pushed towards the first class on the first test picture."""
    place = table.where["split"].index("test")
    logits = {name: values.copy() for name, values in table.logits.items()}
    for values in logits.values():
        values[place, (table.labels[place] + 1) % 4] += by
    return replace(table, logits=logits)


def test_the_same_answers_change_nothing(monkeypatch):
    monkeypatch.setattr(precision, "load_trust", lambda: None)
    table = simulated_table()
    changes = figure_changes(table, table)
    assert set(changes.values()) == {0.0}
    assert {"mean, accuracy", "mobilenet, auroc_macro"} <= set(changes)
    assert flips(table, table) == 0


def test_one_picture_that_changes_moves_a_figure_and_counts(monkeypatch):
    monkeypatch.setattr(precision, "load_trust", lambda: None)
    table = simulated_table()
    other = moved(table, 50.0)
    assert flips(table, other) == 1
    changes = figure_changes(table, other)
    right = len(table.part("test").labels)
    assert changes["mean, accuracy"] == pytest.approx(100.0 / right, rel=1e-6)


@pytest.mark.parametrize(
    ("classes", "counted"), [(("glioma",), 1), (("glioma", "pituitary"), 0), ((), 0)]
)
def test_only_readings_that_were_clear_count(monkeypatch, classes, counted):
    class Sets:
        def temperature(self, _model):
            return 1.5

        def prediction_set(self, probabilities):
            assert probabilities.sum() == pytest.approx(1.0, abs=1e-5)
            return classes

    monkeypatch.setattr(precision, "load_trust", Sets)
    table = simulated_table()
    assert flips(table, moved(table, 50.0)) == counted


def test_maps_are_compared_place_by_place():
    one = np.random.default_rng(0).normal(size=(8, 8)).astype(np.float32)
    assert correlation(one, 3 * one + 1) == pytest.approx(1.0)
    assert correlation(one, -one) == pytest.approx(-1.0)
    flat = np.zeros((8, 8), np.float32)
    assert correlation(flat, flat) == 1.0
    assert correlation(one, flat) == 0.0


def test_a_short_check_takes_some_of_every_held_out_part():
    rows = [
        {"split": split, "label": label, "source": "x"}
        for split in ("train", "validation", "test")
        for label in ("glioma", "no_tumor")
        for _ in range(5)
    ]
    assert len(few(rows, 2)) == 8
    assert {row["split"] for row in few(rows, 2)} == {"validation", "test"}
