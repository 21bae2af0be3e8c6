"""What holds for every test with networks that are not the shipped ones."""

import pytest

from tests.ml.fakes import OPEN_GATE


@pytest.fixture(autouse=True)
def open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped gate belongs to the shipped networks; tests of it put it back."""
    for module in ("ml.pipeline", "ml.batch"):
        monkeypatch.setattr(f"{module}.shipped_gate", lambda: OPEN_GATE)
