"""One study from its upload to the signed PDF, with an app that is killed on the way.

It is killed right after the click of the reader's word, and after the signature: what was said is
there after each restart, from the worklist.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from app import report_texts, series_texts, study_texts, texts
from app import worklist_texts as words
from app.load.server import Running, running
from ml.labels import TITLES
from tests.e2e.conftest import Watch, go, tab
from tests.e2e.test_browser import upload
from tests.e2e.test_reading_room import SLICES, axial_series

pytestmark = pytest.mark.browser

READER = "Dr. Journey"
CORRECTED = TITLES["pituitary"]
LAYER = "path[data-mark=mask], img[data-layer=heat]"


@contextmanager
def session(browser: Browser, folder: Path, watch: Watch) -> Iterator[tuple[Page, Running]]:
    """A reader's browser on an app that is started for it, with the data of the folder."""
    with running(folder=folder, answering=True) as app, tab(browser, watch) as page:
        go(page, app.site)
        yield page, app


def killed(app: Running, watch: Watch) -> None:
    """End an app as by `kill -9`; of what its page says without it nothing counts."""
    assert watch.errors == []
    os.kill(app.process, signal.SIGKILL)
    watch.errors = []


def on_slice(page: Page, number: int) -> None:
    expect(page.get_by_text(study_texts.position(number, SLICES), exact=True)).to_be_visible()


def scroll_window_and_hide(page: Page) -> None:
    """The wheel turns a slice, a drag changes the window, a key hides what the AI drew."""
    viewer, pane = page.locator(".viewer"), page.locator(".pane").first
    pane.hover()
    page.mouse.wheel(0, -120)
    on_slice(page, 4)
    page.mouse.wheel(0, 120)
    on_slice(page, 3)
    window = viewer.get_attribute("data-window") or ""
    box = pane.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 90, steps=3)
    page.mouse.up()
    expect(viewer).not_to_have_attribute("data-window", window)
    shown = page.locator(LAYER).first
    expect(shown).to_be_visible()
    page.keyboard.press("h")
    expect(shown).to_be_hidden()
    expect(page.locator("[data-side=ai] figcaption")).to_contain_text(texts.MARKS_HIDDEN)


def name_the_reader(page: Page) -> None:
    who = page.get_by_label(words.READER)
    who.fill(READER)
    who.press("Enter")


def disagree(page: Page) -> None:
    page.get_by_role("button", name=words.DISAGREE_BUTTON).click()
    page.get_by_role("button", name=CORRECTED, exact=True).click()
    expect(page.get_by_text(f"{READER} disagrees")).to_be_visible()


def sign_and_save(page: Page, to: Path) -> str:
    """Text of the PDF that is saved after signing."""
    page.get_by_text(report_texts.REPORT, exact=True).click()
    page.get_by_role("button", name=report_texts.sign_as(READER)).click()
    expect(page.get_by_text(f"Signed by {READER}").first).to_be_visible()
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name=report_texts.FORMS["pdf"], exact=True).click()
    saved.value.save_as(to)
    return "\n".join(sheet.extract_text() for sheet in PdfReader(to).pages)


def open_from_the_worklist(page: Page) -> None:
    page.get_by_role("link", name=words.PAGE).click()
    expect(page.get_by_text(words.progress(1, 1))).to_be_visible()
    page.locator(".st-key-worklist_open button").click()  # boxes have an "Open" as well
    on_slice(page, 3)
    expect(page.locator("[data-side=raw] .pane > .edge")).to_have_text(["R", "L", "A", "P"])
    expect(page.get_by_text(f"{READER} disagrees")).to_be_visible()


def test_from_upload_to_the_signed_report_and_back_after_each_kill(
    drawing_browser: Browser, watch: Watch, tmp_path: Path
) -> None:
    with session(drawing_browser, tmp_path, watch) as (page, app):
        upload(page, *axial_series(tmp_path))
        on_slice(page, 3)
        scroll_window_and_hide(page)
        page.get_by_role("button", name=series_texts.keep_button(30)).click()
        expect(page.get_by_role("button", name=words.REMOVE)).to_be_visible()
        name_the_reader(page)
        disagree(page)
        killed(app, watch)

    with session(drawing_browser, tmp_path, watch) as (page, app):
        open_from_the_worklist(page)
        name_the_reader(page)
        text = sign_and_save(page, tmp_path / "report.pdf")
        assert f"Signed by {READER}" in text
        assert "DRAFT" not in text
        assert texts.NOTICE in " ".join(text.split())
        killed(app, watch)

    with session(drawing_browser, tmp_path, watch) as (page, _):
        open_from_the_worklist(page)
        page.get_by_text(report_texts.REPORT, exact=True).click()
        expect(page.get_by_text(f"Signed by {READER}").first).to_be_visible()
    assert watch.errors == []
    assert watch.strangers == set()
