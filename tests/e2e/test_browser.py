"""The app as a reader meets it, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from app import accuracy_texts as words
from app import samples, texts
from ml.models import registry
from tests.e2e.conftest import Watch

pytestmark = pytest.mark.browser

PNG = [sample.file for sample in samples.shipped() if sample.file.suffix == ".png"]
HEAT = "img[data-layer=heat]"
MASK = "path[data-mark=mask]"


def upload(page: Page, *files: Path) -> None:
    place = page.locator("input[type=file]")
    expect(place).to_have_count(1)  # the one of the page before has gone
    place.set_input_files([str(file) for file in files])
    expect(page.locator("table.sulcus-networks")).to_be_visible()
    drawn = '.viewer[data-engine="pictures"] img, .viewer[data-ready="true"]'
    expect(page.locator(drawn).first).to_be_visible()


def zoom(page: Page) -> float:
    return float(page.locator(".viewer").get_attribute("data-zoom") or "nan")


def box(place: Locator) -> dict[str, float]:
    found = place.bounding_box()
    assert found is not None
    return dict(found)


def test_upload_read_switch_a_layer_open_accuracy(page: Page, watch: Watch) -> None:
    expect(page.get_by_role("note")).to_contain_text(texts.NOTICE)
    upload(page, PNG[0])

    heads = page.locator("table.sulcus-networks thead th b")
    names = [texts.model(name) for name in (*registry.CLASSIFIERS, "mean")]
    expect(heads).to_have_text(names)
    expect(page.locator("table.sulcus-networks tbody td")).to_have_count(16)
    expect(page.locator(".sulcus-verdict .headline")).not_to_be_empty()

    raw = page.locator("img[data-layer=raw]")
    expect(raw).to_have_count(2)
    assert raw.first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    expect(page.locator(".corner").first).to_contain_text(texts.SIMULATED)

    caption = page.locator("[data-side=ai] figcaption")
    expect(caption).to_contain_text(texts.HEAT_TITLE)
    page.get_by_text(texts.HEAT, exact=True).click()
    expect(caption).to_have_text(texts.AI_TITLE)
    expect(page.locator(HEAT)).to_be_hidden()
    expect(raw.first).to_be_visible()
    worth = page.locator(".st-key-heat-controls [data-testid=stCaptionContainer]")
    expect(worth).to_have_count(0)  # gone with the map: the server knows of it as well

    page.get_by_role("link", name=texts.PAGE_ACCURACY).click()
    expect(page.get_by_text(words.ACCURACY_HEADING)).to_be_visible()
    expect(page.get_by_role("note")).to_contain_text(texts.NOTICE)

    page.get_by_role("link", name=texts.PAGE_READ).click()
    expect(page.locator("table.sulcus-networks")).to_be_visible()
    expect(caption).to_have_text(texts.AI_TITLE)

    assert watch.errors == []
    assert watch.hosts, "requests were watched"
    assert watch.strangers == set()


def test_zoom_and_pan_are_linked_and_survive_layers_and_windows(page: Page) -> None:
    upload(page, PNG[0])
    assert zoom(page) == 1
    pane = page.locator(".pane")
    at = box(pane.first)
    page.mouse.move(at["x"] + 0.7 * at["width"], at["y"] + 0.3 * at["height"])
    page.mouse.wheel(0, -600)
    page.mouse.down()
    page.mouse.move(at["x"] + 0.5 * at["width"], at["y"] + 0.5 * at["height"], steps=5)
    page.mouse.up()
    assert zoom(page) > 2
    places = [stage.get_attribute("style") for stage in page.locator(".stage").all()]
    assert places[0] == places[1]

    source = page.locator("img[data-layer=raw]").first.get_attribute("src")
    page.get_by_text(texts.DIAMETERS, exact=True).click()
    page.get_by_text(texts.MARKS, exact=True).click()
    expect(page.locator("[data-side=ai] figcaption")).to_contain_text(texts.MARKS_HIDDEN)
    expect(page.locator(MASK)).to_have_count(0)
    page.get_by_role("combobox", name=texts.WINDOW_PRESET).click()
    page.get_by_role("option").nth(2).click()
    expect(page.locator("img[data-layer=raw]").first).not_to_have_attribute("src", source or "")
    assert [stage.get_attribute("style") for stage in page.locator(".stage").all()] == places

    pane.last.dblclick()
    assert zoom(page) == 1


def test_what_cannot_be_read_is_said_and_reading_goes_on(
    page: Page, watch: Watch, tmp_path: Path
) -> None:
    words = tmp_path / "slice.png"
    words.write_text("no picture at all")
    page.locator("input[type=file]").set_input_files(str(words))
    expect(page.get_by_role("alert")).to_contain_text("text, not a picture")

    page.get_by_role("button", name=texts.OPEN).click()
    upload(page, PNG[1])
    expect(page.get_by_text("2/2")).to_be_visible()
    expect(page.locator("input[type=file]")).to_have_count(0)  # the box does not hide the scan
    assert watch.errors == []


def test_arrow_keys_walk_through_the_scans(page: Page) -> None:
    upload(page, PNG[0], PNG[1])
    expect(page.get_by_text("1/2")).to_be_visible()
    page.locator(".sulcus-verdict").click()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("2/2")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("1/2")).to_be_visible()


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (1920, 1080)])
def test_picture_takes_most_of_the_screen(page: Page, size: tuple[int, int]) -> None:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    upload(page, PNG[0])
    viewer, headline = box(page.locator(".viewer")), box(page.locator(".headline"))
    assert viewer["width"] > 0.65 * width
    assert viewer["y"] + viewer["height"] < height
    assert headline["y"] + headline["height"] < height
    scroll = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(scroll) == 0
    if width >= 1440:
        table = box(page.locator("table.sulcus-networks"))
        assert table["y"] + table["height"] < height, "verdicts are read without scrolling"
