"""Every view in both themes through axe-core, the keys, the demo, and the evidence on a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app import (
    accuracy_texts,
    attribution_texts,
    audit_texts,
    cards_texts,
    demo_texts,
    error_texts,
    followup_texts,
    gate_texts,
    look_texts,
    monitoring_texts,
    report_texts,
    samples,
    shortcuts,
    texts,
    trust_texts,
    worklist_texts,
)
from app.palette import DARK, LIGHT
from tests.app import fakes
from tests.e2e.conftest import go, settle, tab

pytestmark = pytest.mark.browser

VIEWS: Final = {
    "": texts.NOTHING_OPEN,
    "worklist": worklist_texts.HEADING,
    "monitoring": monitoring_texts.HEADING,
    "accuracy": accuracy_texts.ACCURACY_HEADING,
    "trust": trust_texts.HEADING,
    "errors": error_texts.HEADING,
    "audit": audit_texts.HEADING,
    "cards": cards_texts.HEADING,
    "followup": followup_texts.EMPTY,
    "licences": attribution_texts.HEADING,
}
"""Address → a heading of the view."""
EVIDENCE: Final = ("accuracy", "trust", "audit", "cards", "monitoring", "errors")
OPEN: Final = {
    case.kind: samples.FOLDER / case.file
    for case in demo_texts.CASES
    if case.kind in ("glioma", "disagreement", "series")
}
"""A scan, one with a warning, a series."""
GRAVE: Final = ("serious", "critical")
NOT_OURS: Final[dict[tuple[str, str], str]] = {}
"""(rule, part of the selector) → why a finding inside Streamlit's own widgets stays."""


@pytest.fixture(scope="module")
def session(browser: Browser, server: str) -> Iterator[Page]:
    """One page for all of these tests: the app starts once."""
    with tab(browser, color_scheme="light") as page:
        go(page, server)
        yield page


def rested(page: Page) -> None:
    """Wait until the page's script has run and its charts are drawn."""
    expect(page.locator('.stApp[data-test-script-state="notRunning"]')).to_be_visible()
    expect(page.locator("[data-act=theme]")).not_to_be_empty()
    expect(page.locator('[data-stale="true"]')).to_have_count(0)
    page.wait_for_timeout(400)


def rgb(colour: str) -> str:
    """ "#rrggbb" as the browser computes it."""
    return f"rgb({', '.join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5))})"


def scheme(page: Page) -> str:
    return str(page.locator(".stApp").evaluate("page => getComputedStyle(page).colorScheme"))


def findings(page: Page) -> list[str]:
    """Grave findings, one line each, without those of `NOT_OURS`."""
    response: dict[str, Any] = Axe().run(page, options={"resultTypes": ["violations"]}).response
    return [
        f"{found['id']} {node['target']}: {node['failureSummary'][:200]}"
        for found in response["violations"]
        if found["impact"] in GRAVE
        for node in found["nodes"]
        if not any(found["id"] == rule and part in str(node["target"]) for rule, part in NOT_OURS)
    ]


def in_both_themes(page: Page) -> list[str]:
    """Findings in the theme that is on, then in the other one."""
    rested(page)
    found = [f"{scheme(page)}: {line}" for line in findings(page)]
    before = scheme(page)
    page.locator("[data-act=theme]").click()
    expect(page.locator("[data-act=theme]")).to_have_text(
        look_texts.DARK if before == "dark" else look_texts.LIGHT
    )
    rested(page)
    assert scheme(page) != before
    return found + [f"{scheme(page)}: {line}" for line in findings(page)]


@pytest.mark.parametrize("address", VIEWS)
def test_no_grave_finding_in_either_theme(session: Page, server: str, address: str) -> None:
    session.set_viewport_size({"width": 1440, "height": 900})
    go(session, f"{server}/{address}")
    expect(session.get_by_role("heading", name=VIEWS[address]).first).to_be_visible()
    assert in_both_themes(session) == []


@pytest.mark.parametrize("kind", OPEN)
def test_no_grave_finding_with_something_open(session: Page, server: str, kind: str) -> None:
    """With its report to edit below."""
    session.set_viewport_size({"width": 1440, "height": 900})
    go(session, server)
    session.locator("input[type=file]").set_input_files(str(OPEN[kind]))
    expect(session.locator("table.sulcus-networks")).to_be_visible()
    session.get_by_text(report_texts.REPORT, exact=True).click()
    expect(session.get_by_text(report_texts.HOW_TO_EDIT)).to_be_visible()
    assert in_both_themes(session) == []


def test_no_grave_finding_with_a_refusal(session: Page, server: str, tmp_path: Path) -> None:
    session.set_viewport_size({"width": 1440, "height": 900})
    stripes = tmp_path / "stripes.png"
    stripes.write_bytes(fakes.png(np.tile(np.uint8([0, 255]), (256, 128))))
    go(session, server)
    session.locator("input[type=file]").set_input_files(stripes)
    expect(session.get_by_text(gate_texts.REFUSED)).to_be_visible()
    assert in_both_themes(session) == []


def test_the_choice_of_theme_outlives_the_page(session: Page, server: str) -> None:
    """It starts dark on a computer set to light; what is chosen stays, on another page too."""
    go(session, server)
    session.evaluate("localStorage.clear()")
    session.reload()
    settle(session)
    expect(session.locator("[data-act=theme]")).to_have_text(look_texts.LIGHT)
    session.locator("[data-act=theme]").click()
    expect(session.locator("[data-act=theme]")).to_have_text(look_texts.DARK)
    go(session, f"{server}/trust")
    chart = session.locator(".js-plotly-plot .bg").first
    expect(chart).to_have_css("fill", rgb(LIGHT.background))
    session.locator("[data-act=theme]").click()
    expect(chart).to_have_css("fill", rgb(DARK.background))


def test_a_key_opens_the_list_of_keys(session: Page, server: str) -> None:
    go(session, server)
    box = session.get_by_role("dialog", name=look_texts.KEYS_TITLE)
    expect(session.locator("[data-act=keys]")).to_be_visible()
    session.keyboard.press("?")
    expect(box).to_be_visible()
    expect(box.locator("tr")).to_have_count(sum(map(len, shortcuts.PLACES.values())))
    assert findings(session) == []
    session.keyboard.press("Escape")
    expect(box).to_be_hidden()


def test_the_demo_is_read_and_pictures_stay_on_black(session: Page, server: str) -> None:
    go(session, f"{server}/?demo")
    expect(session.locator("table.sulcus-networks")).to_be_visible()
    expect(session.get_by_text(demo_texts.CASES[0].look)).to_be_visible()
    pane = session.locator(".pane").first
    session.locator("[data-act=theme]").click()
    expect(pane).to_have_css("background-color", "rgb(0, 0, 0)")  # pictures stay on black


@pytest.mark.parametrize("address", EVIDENCE)
def test_evidence_on_a_phone_scrolls_in_one_direction(
    session: Page, server: str, address: str
) -> None:
    session.set_viewport_size({"width": 390, "height": 844})
    go(session, f"{server}/{address}")
    expect(session.get_by_role("heading", name=VIEWS[address]).first).to_be_visible()
    rested(session)
    main = session.locator('[data-testid="stMain"]')
    assert main.evaluate("page => page.scrollWidth - page.clientWidth") == 0
    assert session.evaluate("document.documentElement.scrollWidth") == 390
    for block in session.locator('[data-testid="stHorizontalBlock"]').all():
        columns = [one.bounding_box() for one in block.locator("> [data-testid=stColumn]").all()]
        lefts = {round(place["x"]) for place in columns if place}
        assert len(lefts) <= 1, "columns stand below each other"
