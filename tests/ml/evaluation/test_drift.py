"""Two samples of distances compared by patient: what is alike, what is shifted, and how sure."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from ml.errors import MetricsError
from ml.evaluation.drift import LEAST_PATIENTS, Distances, drift, reference
from ml.evaluation.gate_rows import BRAIN, Tried, write_tried
from ml.inference.familiar import METHODS
from ml.inference.pixel_checks import PixelChecks


def sample(count: int, *, shift: float = 0.0, seed: int = 0, slices: int = 1) -> Distances:
    """Patients with some slices each, which lie close together."""
    rng = np.random.default_rng(seed)
    middles = np.repeat(rng.normal(shift, 1.0, count), slices)
    scores = middles + rng.normal(0.0, 0.05, middles.size)
    return Distances(tuple(scores.tolist()), tuple(f"p{i // slices}" for i in range(middles.size)))


def test_the_statistics_are_those_of_scipy_where_every_patient_has_one_picture() -> None:
    recent, known = sample(60, shift=0.4, seed=1), sample(150, seed=2)
    found = drift(recent, known)
    assert found is not None
    pairs = stats.mannwhitneyu(recent.scores, known.scores).statistic / (60 * 150)
    assert found.farther.value == pytest.approx(pairs)
    theirs = stats.ks_2samp(recent.scores, known.scores)
    assert found.gap == pytest.approx(theirs.statistic)
    assert found.p_value == pytest.approx(theirs.pvalue, abs=0.03)


def test_equal_scores_are_one_step() -> None:
    tied = Distances((1.0, 2.0) * 15, tuple(map(str, range(30))))
    found = drift(tied, tied, draws=50)
    assert found is not None
    assert (found.farther.value, found.gap, found.p_value) == (0.5, 0.0, 1.0)
    assert not found.shifted


def test_a_shift_is_found_and_none_where_there_is_none() -> None:
    known = sample(100, seed=3)
    alike = drift(sample(40, seed=4), known, draws=300)
    farther = drift(sample(40, shift=2.0, seed=4), known, draws=300)
    nearer = drift(sample(40, shift=-2.0, seed=4), known, draws=300)
    assert alike is not None
    assert farther is not None
    assert nearer is not None
    assert not alike.shifted
    assert alike.p_value > 0.05
    for found, side in ((farther, 0.9), (nearer, 0.1)):
        assert found.shifted
        assert found.p_value < 0.01
        assert (found.farther.value or 0.0) == pytest.approx(side, abs=0.09)


def test_a_patient_weighs_the_same_however_many_slices() -> None:
    few, known = sample(25, shift=0.5, seed=5), sample(100, seed=6)
    many = Distances(few.scores + few.scores[:5] * 20, few.patients + few.patients[:5] * 20)
    one, other = (drift(recent, known, draws=300) for recent in (few, many))
    assert one is not None
    assert other is not None
    assert other.farther.value == pytest.approx(one.farther.value)
    assert other.farther.low == pytest.approx(one.farther.low)
    assert other.gap == pytest.approx(one.gap)
    assert other.p_value == pytest.approx(one.p_value, abs=0.02)
    assert other.recent.shares[-1] == pytest.approx(1.0)


def test_too_few_patients_give_no_figure() -> None:
    known = sample(100)
    assert drift(sample(LEAST_PATIENTS - 1, slices=10), known) is None
    assert drift(known, sample(LEAST_PATIENTS - 1)) is None
    assert drift(sample(LEAST_PATIENTS), known, draws=20) is not None


def test_the_reference_is_the_held_out_brain_mri_of_validation(tmp_path: Path) -> None:
    kinds = ((BRAIN, "validation"), (BRAIN, "test"), ("photograph", "validation"))
    rows = [
        Tried(
            id=f"{number}",
            kind=kind,
            group=f"g{number}",
            part=part,
            scores=dict.fromkeys(METHODS, float(number)),
            looks=PixelChecks(0.5, 0.0, 99.0, 0.0),
        )
        for number, (kind, part) in enumerate(kinds)
    ]
    write_tried(tmp_path / "gate.csv", rows)
    assert reference(tmp_path / "gate.csv", "taught") == Distances((0.0,), ("g0",))
    with pytest.raises(MetricsError, match="has not been computed"):
        reference(tmp_path / "none.csv", "taught")
