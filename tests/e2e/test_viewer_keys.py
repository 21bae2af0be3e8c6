"""The viewer without a mouse: a length, a stroke that is kept, the window, and slices again.

One app with the tests' engine and one browser with WebGL for all of it; only keys once the series
is open.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app import drawing_texts, look_texts, texts, viewer_texts, worklist_texts
from app.load.server import running
from app.store.drawings import Drawings
from app.store.opening import open_store
from app.store.places import places as store_places
from ml.drawing import unpacked
from ml.io.series import find_series
from tests.e2e.conftest import Watch, tab
from tests.e2e.drawn_series import SIDE, heads, open_heads, places

pytestmark = pytest.mark.browser

MOST_TABS = 150
ROW_MM, COLUMN_MM = 0.5, 0.75
HINTS = viewer_texts.hints(scrolls=True)
FOCUSED = "one => one.getRootNode().activeElement === one"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("by_keys")


@pytest.fixture(scope="module")
def page(drawing_browser: Browser, home: Path) -> Iterator[Page]:
    """A session at 1280 × 800 with a series on screen, its voxels in the browser."""
    watch = Watch()
    with (
        running("tests/e2e/drawn_app.py", home, answering=True) as app,
        tab(drawing_browser, watch, viewport={"width": 1280, "height": 800}) as opened,
    ):
        open_heads(opened, app.site, home)
        yield opened
        assert watch.errors == []


@pytest.fixture
def pane(page: Page) -> Locator:
    """The raw picture, with the focus that Tab has brought there."""
    found = page.locator("[data-side=raw] .pane")
    tab_to(page, found)
    return found


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    for _ in range(MOST_TABS):
        if target.evaluate(FOCUSED):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not reach {target}")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_length_is_measured(page: Page, pane: Locator) -> None:
    expect(pane).to_have_css("outline-style", "solid")
    before = places(page)
    press(page, "m", "Enter")
    point, length = (page.locator(f"[data-side=raw] {name}") for name in (".point", ".length"))
    expect(point).to_be_visible()
    expect(page.locator(".hint")).to_have_text(HINTS["point"])
    press(page, "Shift+ArrowLeft", "ArrowUp", "Enter", "Shift+ArrowRight", "Shift+ArrowRight")
    press(page, *["ArrowRight"] * 4, "Shift+ArrowDown", *["ArrowUp"] * 3)
    expected = f"{np.hypot(24 * COLUMN_MM, 7 * ROW_MM):.1f} mm"
    expect(length).to_have_text(expected)
    expect(page.locator(".said")).to_have_text(
        viewer_texts.POINT.format(row=SIDE // 2 + 7, column=SIDE // 2 + 15)
    )
    press(page, "Space", "ArrowRight", "Escape")
    expect(length).to_have_text(expected)
    expect(point).to_be_hidden()
    assert places(page) == before


def test_arrows_go_to_another_slice_unless_a_point_is_set(page: Page, pane: Locator) -> None:
    viewer = page.locator(".viewer")
    first = int(viewer.get_attribute("data-slice") or 0)
    press(page, "m", "Enter", "ArrowUp")
    expect(page.locator(".viewer .point").first).to_be_visible()
    expect(viewer).to_have_attribute("data-slice", str(first))
    press(page, "Escape", "ArrowUp")
    expect(viewer).to_have_attribute("data-slice", str(first + 1))
    press(page, "ArrowDown")
    expect(viewer).to_have_attribute("data-slice", str(first))
    expect(viewer).not_to_have_class(re.compile("away"))


def test_the_window_changes_and_the_picture_moves(page: Page, pane: Locator) -> None:
    viewer = page.locator(".viewer")
    center, width = map(float, (viewer.get_attribute("data-window") or "").split())
    slider = page.get_by_role("slider", name=texts.WINDOW_CENTER)
    stood = slider.get_attribute("aria-valuenow") or ""
    press(page, "w", "Enter")
    expect(page.locator(".hint")).to_have_text(HINTS["rest"])
    press(page, "Shift+ArrowLeft", "ArrowDown", "Enter")
    expect(page.locator(".hint")).not_to_have_text(HINTS["rest"])
    now = [float(level) for level in (viewer.get_attribute("data-window") or "").split()]
    assert now[0] > center
    assert now[1] < width
    expect(slider).not_to_have_attribute("aria-valuenow", stood)
    press(page, "+", "+", "p", "Enter")
    expect(viewer).to_have_attribute("data-zoom", re.compile(r"1\.56"))
    stage = page.locator("[data-side=ai] .stage")
    before = stage.get_attribute("style") or ""
    press(page, "Shift+ArrowRight", "Escape")
    expect(stage).not_to_have_attribute("style", before)
    press(page, "0")
    expect(viewer).to_have_attribute("data-zoom", "1.000")


def test_a_stroke_is_drawn_filled_and_kept(page: Page, pane: Locator, home: Path) -> None:
    press(page, "d", "Enter", "Enter")
    for way in ("Right", "Down", "Left", "Up"):
        press(page, *[f"Shift+Arrow{way}"] * 2)
    press(page, "Enter", "Escape")
    own = page.locator("[data-side=ai] path[data-mark=own]")
    expect(page.locator(".viewer .point").first).to_be_hidden()  # the last frame of the stroke
    expect(own).to_be_visible()
    drawn = own.get_attribute("d") or ""
    press(page, "u")
    expect(own).to_have_count(0)
    press(page, "y")
    expect(own).to_have_attribute("d", drawn)
    tab_to(page, page.get_by_label(worklist_texts.READER))
    page.keyboard.type("A. Reader")
    press(page, "Enter")
    keep = page.get_by_role("button", name=drawing_texts.KEEP)
    expect(keep).to_be_enabled()
    tab_to(page, keep, "Shift+Tab")
    press(page, "Enter")
    expect(page.get_by_text(re.compile("^A. Reader: drawn"))).to_be_visible()
    (mask,) = kept(home)
    rows, columns = np.nonzero(mask)
    assert np.ptp(columns) == pytest.approx(24, abs=1)  # 20 and the pen's own 5 pixels
    assert np.ptp(rows) == pytest.approx(26, abs=2)
    assert mask[rows.min() : rows.max(), columns.min() : columns.max()].mean() > 0.95


def test_the_list_of_keys_is_on_one_screen(page: Page) -> None:
    press(page, "?")
    box = page.get_by_role("dialog", name=look_texts.KEYS_TITLE)
    for part in (box.get_by_role("heading").first, box.get_by_role("button")):
        expect(part).to_be_in_viewport(ratio=1)
    press(page, "Escape")
    expect(box).to_be_hidden()


def kept(home: Path) -> list[np.ndarray]:
    """The mask of each slice that was drawn on, as it is stored."""
    engine = open_store(store_places({"SULCUS_HOME": str(home / "home")}))
    try:
        (series,) = find_series(heads()).series
        drawing = unpacked(Drawings(engine).of_scan(series.content_hash)[-1].outline.mask)
        return [drawing.mask(number) for number in drawing.slices]
    finally:
        engine.dispose()
