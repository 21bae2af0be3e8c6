"""`python -m ml.bench`: what is timed, what is counted, and what is written."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml import pipeline
from ml.bench import __main__ as command
from ml.bench import machine, pictures, record
from ml.bench.document import DOCUMENT, document_text
from ml.bench.running import figures
from ml.bench.summary import exponent, summary
from ml.errors import MetricsError
from ml.io import read_scan
from ml.models import registry
from ml.models.registry import CLASSIFIERS, REPOSITORY, SEGMENTER
from tests.ml.fakes import FakeEngine, published

STEPS = {"preprocess", *CLASSIFIERS, "gate", SEGMENTER, "heatmaps", "measure", "membership"}
SAMPLES = len(list(pictures.SAMPLES.glob(pictures.SLICES)))
MACHINE = {
    **{"taken": "2026-11-22T09:00:00+00:00", "processor": "abacus", "cores": 2, "memory_gb": 23.4},
    **{"load": 0.07, "engine": "OpenVinoEngine", "precision": "f32", "threads": None},
    **{"python": "3.11.7", "libraries": {"openvino": "2026.4.1", "keras": None}},
}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr(registry, "published", published)
    monkeypatch.setattr(pipeline, "default_engine", lambda: fake)
    return fake


def run(root: Path, *arguments: str) -> dict[str, Any]:
    assert command.main([*arguments, "--root", str(root)]) == 0
    found: dict[str, Any] = json.loads((root / record.FILE).read_text())
    return found


def test_every_sample_is_read_warm_after_a_round_that_does_not_count(
    engine: FakeEngine, tmp_path: Path
) -> None:
    found = run(tmp_path, "--parts", "reading", "--rounds", "2", "--usual-rounds", "0")["reading"]
    assert SAMPLES >= 8
    assert found["reading_ms"]["n"] == 2 * SAMPLES
    assert set(found["steps_ms"]) == {*STEPS, "maps of the answer"}
    assert {step["n"] for step in found["steps_ms"].values()} == {2 * SAMPLES}
    assert engine.calls.count(("mobilenet", 1)) == 3 * SAMPLES
    slowest = max(step["median_ms"] for step in found["steps_ms"].values())
    assert 0.0 < slowest <= found["reading_ms"]["median_ms"] <= found["reading_ms"]["p95_ms"]


def test_a_part_says_on_what_it_was_taken_and_leaves_the_others(
    engine: FakeEngine, tmp_path: Path
) -> None:
    file = tmp_path / record.FILE
    record.merge(file, "reading", MACHINE, {"old": True})
    record.merge(file, "batch", MACHINE, batch_figures())
    found = run(tmp_path, "--parts", "reading", "--rounds", "1", "--usual-rounds", "0")
    assert "old" not in found["reading"]
    assert found["batch"] == {"machine": MACHINE, **batch_figures()}
    where = found["reading"]["machine"]
    assert set(where) == set(machine.record())
    assert where["cores"] >= 1
    assert where["processor"]
    assert where["load"] >= 0.0
    assert where["libraries"]["numpy"] == np.__version__
    assert (tmp_path / DOCUMENT).read_text() == document_text(tmp_path)


def batch_figures() -> dict[str, Any]:
    runs = [
        {"pictures": n, "read": n, "seconds": 2.0 + 0.1 * n, "peak_mb": 700.0, "pictures_per_s": 10}
        for n in (100, 1000)
    ]
    cost = exponent([100, 1000], [10.0, 100.0])
    return {"workers": 2, "start_s": 2.0, "runs": runs, "cost": cost}


def test_medians_percentiles_and_exponents() -> None:
    seconds = [0.1, 0.2, 0.3, 0.4, 1.0]
    p95 = round(float(np.percentile(seconds, 95)) * 1000, 2)
    assert summary(seconds) == {"median_ms": 300.0, "p95_ms": p95, "n": 5}
    sizes = [10, 20, 40]
    square = exponent(sizes, [3.0 * n**2 for n in sizes])
    assert (square["exponent"], square["residual"]) == (2.0, 0.0)
    assert exponent(sizes, [1.0, 3.0, 4.0])["residual"] > 0.05
    assert exponent([1, 2], [1.0, 3.0])["residual"] is None


def test_variants_are_simulated_readable_and_all_different() -> None:
    drawn = [pictures.png(one) for one in pictures.variants(6)]
    scans = [read_scan(one) for one in drawn]
    assert all(scan.simulated for scan in scans)
    assert len({scan.pixels.tobytes() for scan in scans}) == 6
    original = read_scan((pictures.files("simulated_*_1.png")[0]).read_bytes())
    assert 0.0 < np.abs(scans[0].pixels - original.pixels).max() <= 1.0


def test_what_the_probe_says_is_summed_up() -> None:
    alone = {"seconds": [0.5], "errors": []}
    crowd = {"seconds": [0.5, 1.0, 3.0], "errors": ["TimeoutError: no"]}
    memory = {"resident_mb": 480.04, "proportional_mb": 400.0, "own_mb": 300.0}
    found = figures(
        {
            **{"page_s": 1.0, "first_reading_s": 2.0, "sessions": {"1": [alone] * 3, "4": [crowd]}},
            "memory": {"idle": memory, "after_reading": None},
        }
    )
    assert found["sessions"]["1"]["median_ms"] == 500.0
    assert found["sessions"]["4"]["errors"] == ["TimeoutError: no"]
    assert found["sessions"]["4"]["p95_over_one"] == round(
        found["sessions"]["4"]["p95_ms"] / 500, 2
    )
    assert found["cost"]["points"] == [[1, 0.5], [4, 3.0]]
    assert found["memory"]["idle"]["resident_mb"] == 480.0


def test_the_document_holds_the_figures_and_says_what_is_missing(tmp_path: Path) -> None:
    file = tmp_path / record.FILE
    record.merge(file, "batch", MACHINE, batch_figures())
    text = document_text(tmp_path)
    assert "| 1000 | 102.0 | 10.00 | 700 |" in text
    assert "2 processes that read; 2.0 s for a single picture" in text
    assert "exponent 1.00 (10.00 s for 100, 100.00 s for 1000)" in text
    assert "2026-11-22T09:00:00+00:00; abacus, 2 cores, 23.4 GB; load 0.07" in text
    assert "openvino 2026.4.1._" in text
    assert 'Not timed yet: `make bench ARGS="--parts reading"`.' in text
    assert "Not measured yet, and so refused" in text
    record.merge(file, "batch", MACHINE, {"runs": []})
    with pytest.raises(MetricsError, match="another version of the bench"):
        document_text(tmp_path)
    file.write_text('{"batch": {}}')
    with pytest.raises(MetricsError, match="damaged"):
        document_text(tmp_path)


def test_the_committed_document_is_that_of_the_committed_figures() -> None:
    if not (REPOSITORY / record.FILE).exists():
        assert not (REPOSITORY / DOCUMENT).exists(), "a document without its figures"
        return
    assert (REPOSITORY / DOCUMENT).read_text() == document_text(REPOSITORY)


@pytest.mark.parametrize("missing", ["weights", "samples", "figures"])
def test_what_is_missing_is_said_and_nothing_is_written(
    engine: FakeEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: str,
) -> None:
    arguments = ["--parts", "reading", "--usual-rounds", "0", "--root", str(tmp_path)]
    if missing == "weights":
        monkeypatch.setattr(pipeline, "default_engine", lambda: FakeEngine(missing=True))
    elif missing == "samples":
        monkeypatch.setattr(pictures, "SAMPLES", tmp_path)
    else:
        arguments.append("--document-only")
    assert command.main(arguments) == 1
    words = {"weights": "make train", "samples": "make samples", "figures": "make bench"}
    assert words[missing] in capsys.readouterr().err
    assert not (tmp_path / record.FILE).exists()
