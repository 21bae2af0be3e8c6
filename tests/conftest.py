"""What may be skipped on a desk may not be where it has to run.

`.ci/run` names markers in `SULCUS_MUST_RUN`: a test with one of them that skips itself there, for
want of weights, a browser or the public data sets, counts as failed.
"""

import os
from collections.abc import Generator

import pytest

MUST_RUN = frozenset(os.environ.get("SULCUS_MUST_RUN", "").split())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    marked = sorted(MUST_RUN & {mark.name for mark in item.iter_markers()})
    if marked and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{', '.join(marked)} must run here (SULCUS_MUST_RUN). {why}"
    return report
