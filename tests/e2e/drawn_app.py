"""The app with the tests' engine in place of the networks: `streamlit run tests/e2e/drawn_app.py`.

What the viewer does in a browser is tested with it, so that no network has to load. Each run of
the whole page and each call of a network adds a line to `calls.txt`.
"""

import os
import runpy
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app import services  # noqa: E402
from ml import pipeline  # noqa: E402
from ml.models import registry  # noqa: E402
from tests.app.fakes import REGISTRY, FakeEngine  # noqa: E402
from tests.ml.fakes import OPEN_GATE  # noqa: E402


class Noted(Counter[str]):
    """Counts that are noted in the file as well."""

    def __setitem__(self, name: str, count: int) -> None:
        super().__setitem__(name, count)
        note("network")


def note(what: str) -> None:
    """Add a line to the file."""
    with Path(os.environ["SULCUS_HOME"]).with_name("calls.txt").open("a") as lines:
        lines.write(f"{what}\n")


ENGINE = FakeEngine()
ENGINE.calls = Noted()
services.engine = lambda: ENGINE  # type: ignore[assignment, return-value]
registry.published = lambda: REGISTRY  # type: ignore[assignment, return-value]
pipeline.shipped_gate = lambda: OPEN_GATE
note("page")
runpy.run_path(str(ROOT / "app" / "main.py"), run_name="__main__")
