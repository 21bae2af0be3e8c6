"""Marks lie on the voxels: what the AI outlines, and what the reader draws, in a real browser.

One app with the tests' engine, and one browser with WebGL, for all of it.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from app import drawing_texts as words
from app import texts, theme, viewer_texts, worklist_texts
from app.load.server import running
from app.store.drawings import Drawings
from app.store.opening import open_store
from app.store.places import places as store_places
from ml.drawing import Drawing, unpacked
from ml.io.series import find_series
from tests.e2e.conftest import Watch, tab
from tests.e2e.drawn_series import (
    NEAR,
    TUMOUR,
    choose,
    drag,
    go_to,
    heads,
    on_screen,
    open_heads,
    painted,
    places,
    tumour_centre,
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawing")


@pytest.fixture(scope="module")
def runs() -> list[str]:
    """Of every run that the browser asked for: the fragment, "" for the whole page."""
    return []


@pytest.fixture(scope="module")
def page(drawing_browser: Browser, home: Path, runs: list[str]) -> Iterator[Page]:
    """A session at 1440 × 900 with a series on screen, its voxels in the browser."""

    def sent(frame: str | bytes) -> None:
        message = BackMsg.FromString(frame if isinstance(frame, bytes) else frame.encode())
        if message.WhichOneof("type") == "rerun_script":
            runs.append(message.rerun_script.fragment_id)

    watch = Watch()
    with (
        running("tests/e2e/drawn_app.py", home, answering=True) as app,
        tab(drawing_browser, watch) as opened,
    ):
        opened.on("websocket", lambda socket: socket.on("framesent", sent))
        open_heads(opened, app.site, home)
        yield opened
        assert watch.errors == []
        assert watch.strangers == set()


def kept(home: Path) -> Drawing:
    """What Python got and stored last."""
    engine = open_store(store_places({"SULCUS_HOME": str(home / "home")}))
    try:
        (series,) = find_series(heads()).series
        rows = Drawings(engine).of_scan(series.content_hash)
        return unpacked(rows[-1].outline.mask)
    finally:
        engine.dispose()


def test_the_whole_picture_is_on_the_first_screen(page: Page) -> None:
    for side in ("raw", "ai"):
        box = page.locator(f"[data-side={side}] .pane").bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900


def test_the_outline_of_the_ai_lies_on_the_tumour(page: Page) -> None:
    go_to(page, 1)
    go_to(page, TUMOUR[0] + 1)
    expect(page.locator("path[data-mark=mask]")).to_be_visible()
    expected = on_screen(page, "ai", *tumour_centre())
    x, y, size = painted(page, "ai", theme.MASK_RGB)
    assert (x, y) == pytest.approx(expected, abs=NEAR)
    assert size > 50


def test_a_stroke_changes_the_voxels_under_the_pen(page: Page, home: Path) -> None:
    go_to(page, 5)
    choose(page, "d")
    drag(page, on_screen(page, "raw", 40, 50), on_screen(page, "raw", 40, 80))
    own = page.locator("[data-side=ai] path[data-mark=own]")
    expect(own).to_be_visible()
    x, y, _ = painted(page, "ai", theme.OWN_RGB)
    assert (x, y) == pytest.approx(on_screen(page, "ai", 40, 65), abs=NEAR)
    choose(page, "e")
    drag(page, on_screen(page, "ai", 40, 65))
    page.get_by_label(worklist_texts.READER).fill("A. Reader")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=words.KEEP).click()
    expect(page.get_by_text(re.compile("^A. Reader: drawn"))).to_be_visible()
    mask = kept(home).mask(5)
    assert list(kept(home).slices) == [5]
    rows, columns = np.nonzero(mask)
    # five pixels across, and as tall on the screen: a pixel is 0.5 mm high and 0.75 mm wide
    assert (rows.min(), rows.max()) == pytest.approx((37, 43), abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((48, 82), abs=1)
    assert not mask[40, 65]
    assert mask[40, [50, 60, 70, 80]].all()


def test_undo_takes_the_last_stroke_back_and_a_loop_is_filled(page: Page, home: Path) -> None:
    page.locator("[data-side=raw] .pane").hover()
    page.keyboard.press("u")
    choose(page, "d")
    corners = [(80, 50), (80, 80), (100, 80), (100, 50), (80, 50)]
    drag(page, *(on_screen(page, "raw", *corner) for corner in corners))
    line = page.get_by_text(re.compile("^A. Reader: drawn"))
    before = line.inner_text()
    page.get_by_role("button", name=words.KEEP).click()
    expect(line).not_to_have_text(before)
    mask = kept(home).mask(5)
    assert mask[40, 65], "the eraser was undone"
    assert mask[90, 65], "what the loop goes around is inside"
    assert not mask[70, 65]


def test_strokes_wait_in_the_browser_and_only_their_sizes_run_again(
    page: Page, runs: list[str]
) -> None:
    go_to(page, 1)
    own = page.locator("[data-side=ai] path[data-mark=own]")
    before, sizes = places(page), page.get_by_role("region", name=words.COLUMNS[0])
    expect(own).to_have_count(0)
    expect(page.locator('.stApp[data-test-script-state="notRunning"]')).to_be_visible()
    expect(page.locator('[data-stale="true"]')).to_have_count(0)
    of_the_ai = sizes.inner_text()
    runs.clear()
    for row in (40, 50, 60, 70):
        drag(page, on_screen(page, "raw", row, 50), on_screen(page, "raw", row, 80))
    expect(own).to_be_visible()
    expect(sizes).not_to_have_text(of_the_ai, use_inner_text=True)
    assert 1 <= len(runs) < 4
    assert all(runs), "the whole page ran again"
    assert places(page) == before


def test_nothing_drawn_is_lost_with_the_slice_or_a_layer(page: Page) -> None:
    go_to(page, 1)
    own = page.locator("[data-side=ai] path[data-mark=own]")
    drag(page, on_screen(page, "raw", 80, 50), on_screen(page, "raw", 80, 80))
    drawn = own.get_attribute("d") or ""
    go_to(page, 2)
    expect(own).to_have_count(0)
    page.get_by_text(texts.DIAMETERS, exact=True).click()
    go_to(page, 1)
    expect(own).to_have_attribute("d", drawn)
    page.get_by_text(texts.DIAMETERS, exact=True).click()
    expect(own).to_have_attribute("d", drawn)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1440, 900)])
def test_keep_and_discard_are_on_the_first_screen(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    page.wait_for_timeout(300)
    for name in (words.KEEP, viewer_texts.DISCARD_LONG):
        button = page.get_by_role("button", name=name)
        expect(button).to_be_enabled()
        expect(button).to_be_in_viewport(ratio=1)


def test_what_is_discarded_comes_back_by_undo(page: Page, home: Path) -> None:
    own = page.locator("[data-side=ai] path[data-mark=own]")
    button = page.get_by_role("button", name=words.KEEP)
    button.click()
    expect(button).to_be_disabled()
    stored = own.get_attribute("d") or ""
    assert set(kept(home).slices) == {1, 5}
    drag(page, on_screen(page, "raw", 100, 50), on_screen(page, "raw", 100, 80))
    drawn = own.get_attribute("d") or ""
    assert drawn != stored
    page.get_by_role("button", name=viewer_texts.DISCARD_LONG).click()
    expect(own).to_have_attribute("d", stored)
    expect(button).to_be_disabled()
    for key, expected in (("u", drawn), ("y", stored), ("Control+z", drawn)):
        page.keyboard.press(key)
        expect(own).to_have_attribute("d", expected)
    expect(button).to_be_enabled()


def test_one_key_hides_the_ai_and_leaves_what_is_drawn(page: Page) -> None:
    page.get_by_role("button", name=viewer_texts.STARTS["ai"]).click()
    go_to(page, TUMOUR[0] + 1)
    own = page.locator("[data-side=ai] path[data-mark=own]")
    ai = page.locator("path[data-mark=mask]")
    expect(own).to_be_visible()
    expect(ai).to_be_visible()
    page.keyboard.press("h")
    expect(ai).to_be_hidden()
    expect(own).to_be_visible()
    x, y, _ = painted(page, "ai", theme.OWN_RGB)
    assert (x, y) == pytest.approx(on_screen(page, "ai", *tumour_centre()), abs=NEAR)
    page.keyboard.press("h")
    page.keyboard.press("o")
    expect(own).to_be_hidden()
    expect(ai).to_be_visible()
    page.keyboard.press("o")


def test_what_is_drawn_is_in_the_three_planes_too(page: Page) -> None:
    page.keyboard.press("h")
    page.get_by_role("button", name=viewer_texts.MODES["planes"]).click()
    expect(page.locator("[data-side=raw] .tile")).to_have_count(3)
    page.wait_for_timeout(500)
    shots = [
        np.asarray(
            Image.open(io.BytesIO(page.locator(f"[data-side={side}] .pane").screenshot())).convert(
                "RGB"
            )
        ).astype(int)
        for side in ("raw", "ai")
    ]
    blue = shots[1] - shots[0]
    assert (blue[..., 2] - blue[..., 0]).max() > 60
    page.get_by_role("button", name=viewer_texts.MODES["slices"]).click()
    page.keyboard.press("h")
