"""The real app with the tests' engine in place of the networks: `streamlit run` this file.

Only for the browser tests of a clone whose weights are not trained yet, and for looking at the
screens while they are built. `SULCUS_TEST_SUMMARY` may name a file of figures to show.
"""

import os
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app import services  # noqa: E402
from ml.models import registry  # noqa: E402
from tests.app.fakes import REGISTRY, FakeEngine  # noqa: E402

_engine = FakeEngine()
services.engine = lambda: _engine
registry.published = lambda: REGISTRY
if "SULCUS_TEST_SUMMARY" in os.environ:
    services.SUMMARY_FILE = Path(os.environ["SULCUS_TEST_SUMMARY"])

runpy.run_path(str(ROOT / "app" / "main.py"), run_name="__main__")
