"""What may be skipped on a desk may not be where it has to run; and long files start first.

`.ci/run` names markers in `SULCUS_MUST_RUN`: a test with one of them that skips itself there, for
want of weights, a browser or the public data sets, counts as failed.

Workers take whole files (`--dist loadfile`). Those with slow tests come first, so that no worker
is left alone with a long file at the end (`make test` keeps xdist from sorting them again), and
all browser tests go to one worker, so that one server and one browser are started.
"""

import gc
import os
from collections.abc import Generator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

MUST_RUN = frozenset(os.environ.get("SULCUS_MUST_RUN", "").split())

LONG = ("browser", "slow")
BROWSER_TESTS = "tests/e2e/"


class OneBrowser(LoadFileScheduling):
    """Work by file, but the browser tests as one piece."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(BROWSER_TESTS):
            return BROWSER_TESTS
        return super()._split_scope(nodeid)


@pytest.fixture(scope="module", autouse=True)
def _imported_is_not_garbage() -> None:
    """What lives now is looked at by no collection of this file's tests.

    Streamlit collects after every run of a page, and with TensorFlow's modules in the process
    each of these collections took a quarter of a second.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneBrowser | None:
    return OneBrowser(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a browser test, then files with a slow one; within a file nothing moves."""
    rank: dict[object, int] = {}
    for item in items:
        own = min(
            (LONG.index(mark.name) for mark in item.iter_markers() if mark.name in LONG),
            default=len(LONG),
        )
        rank[item.path] = min(own, rank.get(item.path, own))
    items.sort(key=lambda item: rank[item.path])


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
