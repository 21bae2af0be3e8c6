"""docs/scale.md: worked out of what was measured, and of nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from ml import scale
from ml.scale import Measured, document, measured
from ml.scale_words import NOT_MEASURED

MACHINE = {"processor": "Test 3000", "cores": 4, "load": 0.25}
BENCH: dict[str, Any] = {
    "batch": {
        "machine": MACHINE,
        "runs": [
            {"pictures": 100, "pictures_per_s": 99.0, "peak_mb": 9.0},
            {"pictures": 1000, "pictures_per_s": 20.0, "peak_mb": 1234.0},
        ],
    },
    "reading": {"machine": MACHINE, "reading_ms": {"median_ms": 210.4}},
}


def keep(root: Path, content: str) -> None:
    (root / scale.BENCH).parent.mkdir(parents=True, exist_ok=True)
    (root / scale.BENCH).write_text(content)


def test_the_largest_batch_decides_and_cores_follow_from_it(tmp_path: Path) -> None:
    keep(tmp_path, json.dumps(BENCH))
    found = measured(tmp_path)
    assert found == Measured("Test 3000", 4, 0.25, 1000, 20.0, 1234.0, 210.4)
    assert found.per_core == 5.0
    text = document(found)
    # 100,000 slices, half a day of work, 5 a second and core
    assert "| a large hospital | 100,000 | 1.2 | 1 |" in text
    assert "| a country | 1,000,000,000 | 11,574.1 | 4,630 |" in text
    assert "| Pictures a second and core | 5.00 |" in text
    assert "| Peak memory of the batch, all processes, MB | 1,234 |" in text
    assert NOT_MEASURED not in text.split("## What one core reads")[1]


@pytest.mark.parametrize(
    "content", [None, "", "[]", "{}", '{"batch": []}', '{"batch": {"runs": [{"pictures": "9"}]}}']
)
def test_what_nobody_measured_is_called_so(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        keep(tmp_path, content)
    assert measured(tmp_path) == Measured()
    text = document(Measured())
    assert text.count(f"| {NOT_MEASURED} |") == 8 + len(scale.SITES)


def test_a_figure_that_is_none_is_left_out(tmp_path: Path) -> None:
    runs = [{"pictures": 10, "pictures_per_s": None, "peak_mb": True}]
    keep(tmp_path, json.dumps({"batch": {"machine": MACHINE, "runs": runs}}))
    found = measured(tmp_path)
    assert (found.pictures, found.per_second, found.peak_mb) == (10, None, None)
    assert f"| a country | 1,000,000,000 | 11,574.1 | {NOT_MEASURED} |" in document(found)


def test_the_document_is_that_of_the_committed_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scale.main(["--check"]) == 0, "run `python -m ml.scale`"
    assert scale.main(["--check"], tmp_path) == 1
    assert "python -m ml.scale" in capsys.readouterr().err
    assert scale.main([], tmp_path) == 0
    assert scale.main(["--check"], tmp_path) == 0
