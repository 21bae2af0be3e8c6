"""Calibrated probabilities and prediction sets follow the file that validation wrote."""

import json
from pathlib import Path

import numpy as np
import pytest

from ml.errors import MetricsError
from ml.inference.trust import Trust, calibrate, load_trust, scaled
from ml.labels import CLASSES
from ml.results import Classification

READING = np.array([0.7, 0.2, 0.06, 0.04], np.float32)
LIMITS = {"0.90": (0.5, 0.15, 0.3, 0.3)}


def reading(model: str = "mean") -> Classification:
    return Classification(model, READING)


def test_a_temperature_keeps_the_order_and_the_sum() -> None:
    for temperature in (0.5, 1.0, 2.0):
        found = scaled(READING, temperature)
        assert found.dtype == np.float32
        assert found.sum() == pytest.approx(1.0, abs=1e-6)
        assert (np.argsort(found) == np.argsort(READING)).all()
    np.testing.assert_allclose(scaled(READING, 1.0), READING, atol=1e-6)
    assert scaled(READING, 0.5)[0] > READING[0] > scaled(READING, 2.0)[0]
    logits = np.array([3.0, -1.0, 0.5, 2.0])
    raised = np.exp(logits / 1.7)
    plain = (np.exp(logits) / np.exp(logits).sum()).astype(np.float32)
    np.testing.assert_allclose(scaled(plain, 1.7), raised / raised.sum(), atol=1e-6)
    assert np.isfinite(scaled(np.array([1.0, 0.0, 0.0, 0.0], np.float32), 0.3)).all()


def test_every_reading_is_scaled_by_its_own_temperature() -> None:
    trust = Trust({"mobilenet": 2.0, "mean": 1.0}, LIMITS)
    (network,), mean, found = calibrate((reading("mobilenet"),), reading(), trust)
    assert network.calibrated is not None
    np.testing.assert_allclose(network.calibrated, scaled(READING, 2.0))
    np.testing.assert_array_equal(network.probabilities, READING)
    assert mean.confidence == pytest.approx(0.7, abs=1e-6)
    assert network.confidence == pytest.approx(float(scaled(READING, 2.0)[0]))
    assert found == ("glioma", "meningioma")


def test_a_set_can_hold_one_several_or_none() -> None:
    trust = Trust({"mean": 1.0}, LIMITS)
    sets = {
        (0.9, 0.1, 0.0, 0.0): ("glioma",),
        (0.4, 0.14, 0.3, 0.16): ("no_tumor",),
        (0.49, 0.14, 0.2, 0.17): (),
        (0.5, 0.5, 0.0, 0.0): ("glioma", "meningioma"),
    }
    for probabilities, wanted in sets.items():
        assert trust.prediction_set(np.array(probabilities)) == wanted


def test_what_was_not_fitted_is_an_error() -> None:
    trust = Trust({"mean": 1.0}, LIMITS)
    with pytest.raises(MetricsError, match="no temperature for xception"):
        calibrate((reading("xception"),), reading(), trust)
    with pytest.raises(MetricsError, match=r"no limits for 0\.50"):
        trust.prediction_set(READING, "0.50")


def written(file: Path, temperature: object = 1.5) -> Path:
    content = {
        "calibration": {"mean": {"temperature": temperature}},
        "sets": {"0.90": {"least": dict(zip(CLASSES, LIMITS["0.90"], strict=True))}},
    }
    file.write_text(json.dumps(content))
    return file


def test_the_file_is_read_and_read_again_when_it_changes(tmp_path: Path) -> None:
    file = written(tmp_path / "trust.json")
    assert load_trust(file) == Trust({"mean": 1.5}, LIMITS)
    written(file, 0.75)
    import os

    os.utime(file, ns=(1, 1))
    found = load_trust(file)
    assert found is not None
    assert found.temperatures == {"mean": 0.75}


def test_an_absent_file_leaves_everything_as_it_is(tmp_path: Path) -> None:
    assert load_trust(tmp_path / "trust.json") is None
    ones, mean, found = calibrate((reading("mobilenet"),), reading(), None)
    assert ones[0].calibrated is None
    assert mean.calibrated is None
    assert mean.shown is mean.probabilities
    assert found is None


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"calibration": 3, "sets": {}}'])
def test_a_damaged_file_is_no_reason_to_guess(tmp_path: Path, content: str) -> None:
    file = tmp_path / "trust.json"
    file.write_text(content)
    with pytest.raises(MetricsError, match="make evaluate"):
        load_trust(file)


@pytest.mark.parametrize("temperature", [0, -1.0, "high", float("nan")])
def test_a_temperature_must_be_one(tmp_path: Path, temperature: object) -> None:
    with pytest.raises(MetricsError, match="make evaluate"):
        load_trust(written(tmp_path / "trust.json", temperature))
