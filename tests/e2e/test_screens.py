"""The pictures of the README: simulated scans only, taken by `make screens`."""

import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from app import accuracy_texts as words
from app import texts
from tests.e2e.test_browser import PNG, upload

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def browser(drawing_browser: Browser) -> Browser:
    """The pictures are those of a browser with WebGL."""
    return drawing_browser


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`SULCUS_SCREENSHOTS`, where they are to be kept; else a folder that goes away."""
    kept = Path(os.environ.get("SULCUS_SCREENSHOTS", tmp_path))
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def take(page: Page, file: Path) -> None:
    page.wait_for_timeout(800)  # fonts, charts and the opening animation come to rest
    page.screenshot(path=file)
    with Image.open(file) as shot:
        darkest, lightest = shot.convert("L").getextrema()
        assert shot.size == (1440, 900)
    assert lightest - darkest > 150, "an empty page"


def test_reading(page: Page, folder: Path) -> None:
    upload(page, next(file for file in PNG if "meningioma" in file.name))
    expect(page.locator(".corner").first).to_contain_text(texts.SIMULATED)
    expect(page.locator(".viewer")).to_have_attribute("data-ready", "true")
    expect(page.locator(".viewer")).to_have_attribute("data-engine", "niivue")
    take(page, folder / "read.png")


def test_accuracy(page: Page, folder: Path) -> None:
    page.get_by_role("link", name=texts.PAGE_ACCURACY).click()
    expect(page.get_by_text(words.ACCURACY_HEADING)).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    take(page, folder / "accuracy.png")
