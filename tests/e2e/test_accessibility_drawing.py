"""The drawing tools, and two examinations side by side: axe-core in both themes, and the keys.

One app with the tests' engine, and one browser with WebGL, for all of it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app import followup_texts, viewer_texts
from app.load.server import running
from tests.app import fakes
from tests.e2e.conftest import tab
from tests.e2e.drawn_series import choose, open_heads
from tests.e2e.test_accessibility import in_both_themes

pytestmark = pytest.mark.browser

FOCUSED = """() => {
  let found = document.activeElement;
  while (found.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
  return found.name ?? "";
}"""


@pytest.fixture(scope="module")
def page(drawing_browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A session with a series on screen and a drawing that began with the AI's outline."""
    folder = tmp_path_factory.mktemp("walk")
    with (
        running("tests/e2e/drawn_app.py", folder, answering=True) as app,
        tab(drawing_browser) as opened,
    ):
        open_heads(opened, app.site, folder)
        choose(opened, "d")
        opened.get_by_role("button", name=viewer_texts.STARTS["ai"]).click()
        expect(opened.locator("[data-side=ai] path[data-mark=own]")).to_be_visible()
        yield opened


def focused(page: Page) -> str:
    """Name of the button that has the focus."""
    return str(page.evaluate(FOCUSED))


def press(page: Page, name: str, key: str) -> None:
    """Work a button by a key."""
    page.locator(f".bar [name={name}]").focus()
    page.keyboard.press(key)


def test_no_grave_finding_with_the_drawing_tools(page: Page) -> None:
    assert in_both_themes(page) == []


def test_tab_reaches_every_tool(page: Page) -> None:
    buttons = page.locator(".bar button:enabled:visible")
    names = [one.get_attribute("name") or "" for one in buttons.all()]
    assert {"tool-pen", "tool-erase", "smaller", "larger", "discard", "start-ai"} <= set(names)
    buttons.first.focus()
    walked = []
    for _ in names:
        walked.append(focused(page))
        page.keyboard.press("Tab")
    assert walked == names
    page.keyboard.press("Shift+Tab")
    assert focused(page) == names[-1]


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_key_works_every_tool(page: Page, key: str) -> None:
    viewer, size = page.locator(".viewer"), page.locator(".bar .size")
    own = page.locator("[data-side=ai] path[data-mark=own]")
    for tool in ("erase", "measure", "pan", "window", "pen"):
        press(page, f"tool-{tool}", key)
        expect(viewer).to_have_attribute("data-tool", tool)
        expect(page.locator(f"[name=tool-{tool}]")).to_have_attribute("aria-pressed", "true")
    before = size.inner_text()
    press(page, "larger", key)
    expect(size).not_to_have_text(before)
    press(page, "smaller", key)
    expect(size).to_have_text(before)
    press(page, "start-empty", key)
    expect(own).to_have_count(0)
    press(page, "undo", key)
    expect(own).to_be_visible()
    press(page, "redo", key)
    expect(own).to_have_count(0)
    press(page, "start-ai", key)
    expect(own).to_be_visible()
    for _ in range(2):
        pressed = page.locator("[name=hide-own]").get_attribute("aria-pressed") or ""
        press(page, "hide-own", key)
        expect(page.locator("[name=hide-own]")).not_to_have_attribute("aria-pressed", pressed)


def test_no_grave_finding_beside_a_prior(page: Page, tmp_path: Path) -> None:
    """After the drawing tools: the series of that session is the other examination."""
    file = tmp_path / "prior.png"
    file.write_bytes(fakes.png(fakes.head()))
    page.get_by_role("button", name=re.compile("^Open")).first.click()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("2/2").first).to_be_visible()
    page.get_by_role("link", name=followup_texts.PAGE).click()
    expect(page.get_by_text(followup_texts.SLICE, exact=True).first).to_be_visible()
    assert in_both_themes(page) == []
