"""`python -m ml.bench`: what is timed, and what is written."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml import bench, pipeline
from ml.models import registry
from ml.models.registry import CLASSIFIERS, SEGMENTER
from tests.ml.fakes import FakeEngine, published

STEPS = {"preprocess", *CLASSIFIERS, "gate", SEGMENTER, "heatmaps", "measure", "membership"}
SAMPLES = len(list(bench.SAMPLES.glob(bench.SLICES)))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr(registry, "published", published)
    monkeypatch.setattr(pipeline, "default_engine", lambda: fake)
    return fake


def run(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    out = tmp_path / "deep" / "bench.json"
    assert bench.main([*arguments, "--out", str(out)]) == 0
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_every_sample_is_read_warm_after_one_cold_reading(
    engine: FakeEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(tmp_path, "--rounds", "2")
    assert SAMPLES >= 8
    assert found["reading_ms"]["n"] == 2 * SAMPLES
    assert set(found["steps_ms"]) == STEPS
    assert {step["n"] for step in found["steps_ms"].values()} == {2 * SAMPLES}
    # once cold, one round to warm up, two rounds that count
    assert engine.calls.count(("mobilenet", 1)) == 1 + 3 * SAMPLES
    assert json.loads(capsys.readouterr().out) == found


def test_times_are_whole_readings_in_milliseconds(engine: FakeEngine, tmp_path: Path) -> None:
    found = run(tmp_path, "--rounds", "1")
    for figures in (found["reading_ms"], *found["steps_ms"].values()):
        assert 0.0 <= figures["median"] <= figures["p95"]
    assert found["reading_ms"]["median"] >= max(s["median"] for s in found["steps_ms"].values())
    assert found["cold_start_ms"] > 0.0
    assert found["machine"]["cores"] >= 1


def test_figures_are_medians_and_percentiles_of_what_was_measured() -> None:
    seconds = [0.1, 0.2, 0.3, 0.4, 1.0]
    assert bench._summary(seconds) == {
        "median": 300.0,
        "p95": round(float(np.percentile(seconds, 95)) * 1000, 1),
        "n": 5,
    }


@pytest.mark.parametrize("missing", ["weights", "samples"])
def test_what_is_missing_is_said_and_nothing_is_written(
    engine: FakeEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: str,
) -> None:
    if missing == "weights":
        monkeypatch.setattr(pipeline, "default_engine", lambda: FakeEngine(missing=True))
    else:
        monkeypatch.setattr(bench, "SAMPLES", tmp_path)
    out = tmp_path / "bench.json"
    assert bench.main(["--out", str(out)]) == 1
    words = {"weights": "make train", "samples": "make samples"}
    assert words[missing] in capsys.readouterr().err
    assert not out.exists()
