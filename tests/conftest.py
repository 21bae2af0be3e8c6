"""What may be skipped on a desk may not be where it has to run; and long files start first.

`.ci/run` names markers in `SULCUS_MUST_RUN`: a test with one of them that skips itself there, for
want of weights, a browser or the public data sets, counts as failed.

Workers take whole files (`--dist loadfile`). Those with slow tests come first, so that no worker
is left alone with a long file at the end (`make test` keeps xdist from sorting them again), and
all browser tests go to one worker, so that one server and one browser are started. They wait for
pages much of the time: one more worker than cores has them busy, and those without a browser give
way to it.
"""

import gc
import os
import sys
from collections.abc import Generator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

MUST_RUN = frozenset(os.environ.get("SULCUS_MUST_RUN", "").split())

LONG = ("browser", "slow")
BROWSER_TESTS = "tests/e2e/"


WORKER_BYTES = 4 * 2**30
"""What a worker may hold once TensorFlow and the networks are in it."""


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


@pytest.fixture(scope="module", autouse=True)
def _browsers_go_first(request: pytest.FixtureRequest) -> None:
    """A worker that is not at the browser tests, or no longer, is of lower priority."""
    others = "PYTEST_XDIST_WORKER" in os.environ and BROWSER_TESTS not in str(request.path)
    if others and os.getpriority(os.PRIO_PROCESS, 0) == 0:
        os.nice(5)


@pytest.fixture(autouse=True)
def _main_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's tests put their script in the place of the program, which helpers start from."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One more than cores, where there is memory for it; `make test` sets the most."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # xdist's own way to choose
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(cores, min(cores + 1, memory // WORKER_BYTES))


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
