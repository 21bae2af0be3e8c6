"""A visit in a browser as the soak makes it, and how soon the screen follows the reader's hand."""

from collections import Counter
from collections.abc import Iterator
from statistics import median

import pytest
from playwright.sync_api import Browser, expect

from app.load.chromium import ChromiumReader
from app.load.server import Running, page_of, running
from app.load.visit import STEPS, Visitor, visit
from ml.bench.pictures import png, variants

pytestmark = pytest.mark.browser

MOST_S = 1.0
"""Five times the aim: others work on the machine that tests; docs/robustness.md has the figure."""
TIMES = 5
VISITOR = Visitor(1, png(next(variants(1))))


@pytest.fixture(scope="module")
def app() -> Iterator[Running]:
    with running("tests/e2e/drawn_app.py") as started:
        page_of(started.address)
        yield started


@pytest.fixture
def reader(app: Running, drawing_browser: Browser) -> Iterator[ChromiumReader]:
    """A reader who has just come."""
    found = ChromiumReader(drawing_browser, app.address, VISITOR)
    yield found
    found.leave()


def test_a_visit_in_a_browser_has_all_steps(reader: ChromiumReader) -> None:
    seconds: dict[str, float] = {}
    assert visit(reader, VISITOR, seconds.__setitem__, rest=lambda: True)
    assert seconds.keys() == STEPS.keys()
    assert min(seconds.values()) > 0.0


def test_opacity_window_and_layer_are_on_screen_at_once_without_a_network(
    app: Running, reader: ChromiumReader
) -> None:
    for step in ("open", "demo"):
        reader.do(step)
    known = Counter(app.log.with_name("calls.txt").read_text().split())
    assert known["page"] > 0
    assert known["network"] > 0, "the scan was read"
    for step in ("opacity", "window", "layer"):
        assert 0.0 < median(reader.do(step) for _ in range(TIMES)) < MOST_S, step
    expect(reader.page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    assert Counter(app.log.with_name("calls.txt").read_text().split()) == known
