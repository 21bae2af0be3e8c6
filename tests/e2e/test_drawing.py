"""Marks lie on the voxels: what the AI outlines, and what the reader draws, in a real browser.

One app with the tests' engine, and one browser with WebGL, for all of it.
"""

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from app import drawing_texts as words
from app import theme, viewer_texts, worklist_texts
from app.store.drawings import Drawings
from app.store.opening import open_store
from app.store.places import places
from ml.drawing import Drawing, unpacked
from ml.io.series import find_series
from tests.app import fakes
from tests.e2e.conftest import PATIENCE_MS, Watch, served
from tests.ml.io.series_files import one_slice

pytestmark = pytest.mark.browser

SIDE, SLICES, TUMOUR = 128, 6, (2, 3)
NEAR = 2.0
"""Screen pixels that a mark may lie beside its place."""


def heads() -> list[bytes]:
    """A head in each slice, a tumour at a known place in some."""
    stored = [
        fakes.head(lesion=place in TUMOUR, side=SIDE).astype(np.uint16) * 4
        for place in range(SLICES)
    ]
    return [one_slice(place, stored=one) for place, one in enumerate(stored)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawing")


@pytest.fixture(scope="module")
def page(drawing_browser: Browser, home: Path) -> Iterator[Page]:
    """A session at 1440 × 900 with a series on screen, its voxels in the browser."""
    files = []
    for place, data in enumerate(heads()):
        files.append(home / f"{place}.dcm")
        files[-1].write_bytes(data)
    with served("tests/e2e/drawn_app.py", home) as address:
        context = drawing_browser.new_context(viewport={"width": 1440, "height": 900})
        opened = context.new_page()
        opened.set_default_timeout(PATIENCE_MS)
        watch = Watch()
        watch.follow(opened)
        opened.goto(address)
        opened.locator("input[type=file]").set_input_files(files)
        expect(opened.locator(".viewer")).to_have_attribute("data-ready", "true")
        yield opened
        assert watch.errors == []
        assert watch.strangers == set()
        context.close()


def go_to(page: Page, number: int) -> None:
    """Turn the wheel until a slice is there and its marks are drawn."""
    viewer = page.locator(".viewer")
    page.locator("[data-side=ai] .pane").hover()
    while (now := int(viewer.get_attribute("data-slice") or 0)) != number:
        page.mouse.wheel(0, -120 if number > now else 120)
        step = now + (1 if number > now else -1)
        expect(viewer).to_have_attribute("data-slice", str(step))
    expect(viewer).not_to_have_class(re.compile("away"))


def on_screen(page: Page, side: str, row: float, column: float) -> tuple[float, float]:
    """Where the picture of a pane shows a voxel, from the pane's own corner, out of its box."""
    box = page.locator(f"[data-side={side}] .stage").bounding_box()
    assert box is not None
    x = box["x"] + (column + 0.5) * box["width"] / SIDE
    return x, box["y"] + (row + 0.5) * box["height"] / SIDE


def painted(page: Page, side: str, colour: tuple[int, int, int]) -> tuple[float, float, int]:
    """(x, y) on the page of the middle of all that is painted in a colour, and how much it is."""
    page.mouse.move(2, 2)  # away from the pictures: the ring of the pen is of the same colour
    expect(page.locator(f"[data-side={side}] .ring")).to_be_hidden()
    pane = page.locator(f"[data-side={side}] .pane")
    box = pane.bounding_box()
    assert box is not None
    shot = np.asarray(Image.open(io.BytesIO(pane.screenshot())).convert("RGB")).astype(int)
    rows, columns = np.nonzero(np.abs(shot - colour).max(axis=-1) < 40)
    assert rows.size, f"nothing is painted in {colour}"
    x = box["x"] + (columns.min() + columns.max() + 1) / 2
    return x, box["y"] + (rows.min() + rows.max() + 1) / 2, rows.size


def tumour_centre() -> tuple[float, float]:
    """(row, column) of the middle of what is drawn as a tumour."""
    bright, plain = (fakes.head(lesion=one, side=SIDE).astype(int) for one in (True, False))
    rows, columns = np.nonzero(2 * (bright - plain) > (bright - plain).max())
    return (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2


def choose(page: Page, key: str) -> None:
    """Choose the pen or the eraser; the row of buttons that comes with them moves the pictures."""
    row, stage = page.locator(".bar .drawing"), page.locator("[data-side=raw] .stage")
    was_there, before = row.is_visible(), stage.bounding_box()
    page.keyboard.press(key)
    expect(row).to_be_visible()
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not was_there and stage.bounding_box() == before and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    page.wait_for_timeout(200)


def drag(page: Page, *points: tuple[float, float]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points:
        page.mouse.move(*point, steps=4)
    page.mouse.up()


def kept(home: Path) -> Drawing:
    """What Python got and stored last."""
    engine = open_store(places({"SULCUS_HOME": str(home / "home")}))
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
