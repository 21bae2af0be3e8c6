"""What holds for every test with networks that are not the shipped ones."""

from pathlib import Path

import pytest

from ml import pipeline
from ml.inference import explain
from ml.inference.segment import OperatingPoint
from ml.models import registry
from tests.ml.fakes import OPEN_GATE, published


@pytest.fixture(autouse=True)
def open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped gate belongs to the shipped networks; tests of it put it back."""
    for module in ("ml.pipeline", "ml.batch"):
        monkeypatch.setattr(f"{module}.shipped_gate", lambda: OPEN_GATE)


@pytest.fixture
def no_weight_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake engine's networks are registered, and nothing was measured of any."""
    monkeypatch.setattr(registry, "published", published)
    monkeypatch.setattr(explain, "FIGURES_FILE", tmp_path / "explanations.json")
    # not the threshold that was chosen for the real segmenter
    monkeypatch.setattr(pipeline, "operating_point", lambda _: OperatingPoint())
