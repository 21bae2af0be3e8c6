"""The viewer in a browser with WebGL: wheel, drags and keys, and nothing asked of another host.

One app with the tests' engine and one browser for all of it.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from app import study_texts, texts, viewer_texts
from app.load.server import running
from tests.app import fakes
from tests.e2e.conftest import Watch, go, tab
from tests.ml.io.series_files import one_slice

pytestmark = pytest.mark.browser

SLICES = 6


@pytest.fixture(scope="module")
def page(drawing_browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A session with a series on screen, its voxels in the browser."""
    folder = tmp_path_factory.mktemp("viewer")
    with (
        running("tests/e2e/drawn_app.py", folder, answering=True) as app,
        tab(drawing_browser) as opened,
    ):
        go(opened, app.site)
        opened.locator("input[type=file]").set_input_files(series(folder))
        viewer = opened.locator(".viewer")
        expect(viewer).to_have_attribute("data-ready", "true")
        yield opened


@pytest.fixture(autouse=True)
def harmless(page: Page) -> Iterator[None]:
    """No error in the page and no stranger asked, whatever is done with it."""
    watch = Watch()
    watch.follow(page)
    yield
    assert watch.errors == []
    assert watch.strangers == set()


def series(folder: Path) -> list[Path]:
    """Heads with a lesion in the middle slices, 5 mm apart."""
    files = []
    for place in range(SLICES):
        stored = fakes.head(lesion=place in (2, 3), side=128).astype(np.uint16) * 4
        files.append(folder / f"{place}.dcm")
        files[-1].write_bytes(one_slice(place, stored=stored))
    return files


def value(page: Page, name: str) -> str:
    return page.locator(".viewer").get_attribute(f"data-{name}") or ""


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, dx: float, dy: float) -> None:
    x, y = middle(page.locator(".pane").first)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=3)
    page.mouse.up()


def pixels(page: Page, side: str) -> np.ndarray:
    """What a pane shows, (H, W, 3)."""
    shot = page.locator(f"[data-side={side}] .pane").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def test_the_volume_is_drawn_as_it_hangs(page: Page) -> None:
    assert value(page, "engine") == "niivue"
    expect(page.locator("[data-side=raw] .pane > .edge")).to_have_text(["R", "L", "A", "P"])
    picture = pixels(page, "raw")
    assert picture.max() > 150, "the head is there"
    assert picture[:3].max() < 60, "and black around it"


def test_a_turn_of_the_wheel_goes_to_another_slice(page: Page) -> None:
    first = int(value(page, "slice"))
    page.locator(".pane").first.hover()
    page.mouse.wheel(0, -120)
    expect(page.locator(".viewer")).to_have_attribute("data-slice", str(first + 1))
    expect(page.get_by_text(study_texts.position(first + 1, SLICES), exact=True)).to_be_visible()
    expect(page.locator(".state")).to_contain_text(f"{first + 1}/{SLICES}")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text(study_texts.position(first, SLICES), exact=True)).to_be_visible()
    expect(page.locator(".viewer")).not_to_have_class(re.compile("away"))


def test_a_drag_changes_the_window_of_picture_and_sliders(page: Page) -> None:
    before, bright = value(page, "window"), pixels(page, "raw").mean()
    slider = page.get_by_role("slider", name=texts.WINDOW_CENTER)
    stood = slider.get_attribute("aria-valuenow") or ""
    drag(page, 0, 120)
    after = value(page, "window")
    assert float(after.split()[0]) > float(before.split()[0])
    expect(slider).not_to_have_attribute("aria-valuenow", stood)
    assert pixels(page, "raw").mean() < bright - 5, "a higher centre is darker"
    assert value(page, "window") == after, "what Streamlit answers does not pull it back"


def test_one_key_hides_all_marks_and_shows_them_again(page: Page) -> None:
    outline = page.locator("path[data-mark=mask]")
    expect(outline).to_be_visible()
    page.keyboard.press("h")
    expect(outline).to_be_hidden()
    expect(page.locator("img[data-layer=heat]")).to_be_hidden()
    expect(page.locator("[data-side=ai] figcaption")).to_contain_text(texts.MARKS_HIDDEN)
    page.keyboard.press("h")
    expect(outline).to_be_visible()


def test_zoom_is_linked(page: Page) -> None:
    page.keyboard.press("0")
    page.locator(".pane").last.hover()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.locator(".viewer")).to_have_attribute("data-zoom", re.compile(r"1\.56"))
    places = [stage.get_attribute("style") for stage in page.locator(".stage").all()]
    assert places[0] == places[1]


def test_a_length_is_told_in_millimetres(page: Page) -> None:
    page.keyboard.press("m")
    drag(page, 60, 0)
    expect(page.locator("[data-side=raw] .length")).to_have_text(re.compile(r"^\d+\.\d mm$"))
    page.keyboard.press("0")
    expect(page.locator("[data-side=raw] .length")).to_be_hidden()
    assert value(page, "zoom") == "1.000"
    page.keyboard.press("w")


def orange(page: Page) -> int:
    """Pixels that have more of the mask's colour on the side of the AI."""
    more = pixels(page, "ai") - pixels(page, "raw")
    return int((more[..., 0] - more[..., 2] > 60).sum())


def test_three_planes_and_the_head_in_depth(page: Page) -> None:
    page.get_by_role("button", name=viewer_texts.MODES["planes"]).click()
    letters = page.locator("[data-side=raw] .tile")
    expect(letters).to_have_count(3)
    expect(page.locator("[data-side=ai] figcaption")).to_contain_text(viewer_texts.SERIES)
    assert pixels(page, "raw").max() > 150
    assert orange(page) > 30, "the mask is drawn beside the raw planes"
    page.get_by_role("button", name=viewer_texts.MODES["render"]).click()
    expect(letters).to_have_count(0)
    page.wait_for_timeout(300)
    assert pixels(page, "raw").max() > 100
    assert orange(page) > 30, "the mask is in the head of the AI's side"
    page.keyboard.press("h")
    page.wait_for_timeout(300)
    assert orange(page) == 0
    page.keyboard.press("h")
    page.get_by_role("button", name=viewer_texts.MODES["slices"]).click()
    expect(page.locator("[data-side=raw] .stage")).to_be_visible()
