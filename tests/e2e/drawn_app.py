"""The app with the tests' engine in place of the networks: `streamlit run tests/e2e/drawn_app.py`.

What the viewer does in a browser is tested with it, so that no network has to load. Each run of
the page adds a line to `calls.txt`: how many calls of a network it took.
"""

import os
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app import services  # noqa: E402
from ml import pipeline  # noqa: E402
from ml.models import registry  # noqa: E402
from tests.app.fakes import REGISTRY, FakeEngine  # noqa: E402
from tests.ml.fakes import OPEN_GATE  # noqa: E402

ENGINE = FakeEngine()
services.engine = lambda: ENGINE  # type: ignore[assignment, return-value]
registry.published = lambda: REGISTRY  # type: ignore[assignment, return-value]
pipeline.shipped_gate = lambda: OPEN_GATE
try:
    runpy.run_path(str(ROOT / "app" / "main.py"), run_name="__main__")
finally:
    with Path(os.environ["SULCUS_HOME"]).with_name("calls.txt").open("a") as calls:
        calls.write(f"{ENGINE.calls.total()}\n")
