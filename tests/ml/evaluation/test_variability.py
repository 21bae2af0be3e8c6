"""How far areas vary: limits of agreement and of a change, by patient, out of the rows alone."""

import json
import math

import numpy as np
import pytest

from ml.errors import MetricsError
from ml.evaluation import report, variability_published
from ml.evaluation.places import Places
from ml.evaluation.segmentation import OutlineRow, OutlineScore
from ml.evaluation.variability import variability_figures, weighted_quantile

CHOSEN = {"threshold": 0.45, "least_tumour": 0.4}


def row(group: str, factor: float, *, reference: int = 1000, tumour: float = 0.9) -> OutlineRow:
    score = OutlineScore(0.5, 0.4, 3.0, 1.0, reference, round(factor * reference))
    return OutlineRow(f"{group}/{factor}", group, "glioma", "test", score, 10_000, tumour)


def test_quantiles_are_those_of_numpy_where_all_weigh_alike():
    values = np.random.default_rng(1).normal(size=400)
    found = weighted_quantile(values, np.ones((2, 400)), 0.95)
    expected = np.quantile(values, 0.95, method="inverted_cdf")
    np.testing.assert_allclose(found, [expected, expected])
    doubled = weighted_quantile(np.array([1.0, 2.0]), np.array([[3.0, 1.0], [0.0, 0.0]]), 0.75)
    assert doubled[0] == 1.0
    assert math.isnan(doubled[1])
    assert math.isnan(weighted_quantile(np.array([]), np.ones((1, 0)), 0.5)[0])


def test_an_error_that_all_slices_of_a_patient_share_is_no_error_of_a_change():
    """A network that always outlines twice too much measures every change right."""
    rows = [row(f"p{i}", 2.0, reference=100 * (k + 1)) for i in range(5) for k in range(4)]
    found = variability_figures(rows, CHOSEN, draws=50)
    assert found["area"]["median"].value == pytest.approx(2.0)
    assert found["change"]["factor"].value == pytest.approx(1.0)
    assert (found["n_pictures"], found["n_groups"], found["n_pairs"]) == (20, 5, 30)


def test_the_factor_of_a_change_is_that_of_the_pairs_within_a_patient():
    rows = [row(f"p{i}", factor) for i in range(6) for factor in (1.0, 0.5)]
    found = variability_figures(rows, CHOSEN, draws=50)
    assert found["change"]["factor"].value == pytest.approx(2.0)
    assert found["area"]["low"].value == pytest.approx(0.5)
    assert found["area"]["high"].value == pytest.approx(1.0)


def test_a_patient_with_many_slices_weighs_as_one():
    rows = [row("many", 3.0) for _ in range(500)]
    rows += [row(f"p{i}", 1.0) for i in range(60)]
    found = variability_figures(rows, CHOSEN, draws=50)
    assert found["area"]["high"].value == pytest.approx(1.0)


def test_what_is_withheld_or_empty_has_no_ratio_and_is_counted():
    rows = [row("a", 1.0), row("b", 1.5, tumour=0.3), row("c", 0.0)]
    found = variability_figures(rows, CHOSEN, draws=20)
    assert (found["n_pictures"], found["nothing_outlined"]) == (1, 2)
    assert found["n_pairs"] == 0
    assert math.isnan(found["change"]["factor"].value)


def test_the_report_writes_them_and_a_screen_reads_them(repository):
    places = Places(repository)
    report.write(repository)
    assert report.stale(repository) == {}
    found = variability_published.load(places.variability)
    raw = json.loads(places.variability.read_text())
    assert found.change.value == raw["change"]["factor"]["value"] >= 1.0
    assert (found.n_pictures, found.n_pairs) == (raw["n_pictures"], raw["n_pairs"])
    assert "Every patient weighs the same" in found.protocol
    places.variability.write_text("{}")
    assert list(report.stale(repository)) == [places.variability]
    with pytest.raises(MetricsError, match="damaged"):
        variability_published.load(places.variability)
    places.variability.unlink()
    with pytest.raises(MetricsError, match="has not been computed"):
        variability_published.load(places.variability)
