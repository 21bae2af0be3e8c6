"""A series, the reader's word and the worklist, in a real browser."""

import io
import re
from pathlib import Path

import pydicom
import pytest
from playwright.sync_api import Page, expect

from app import study_texts, texts
from app import worklist_texts as words
from ml.phantom.drawing import draw
from ml.phantom.files import to_dicom
from tests.e2e.conftest import Watch, settle
from tests.e2e.test_browser import PNG, upload

pytestmark = pytest.mark.browser

SLICES = 5
UID = "1.2.826.0.1.3680043.8.498.7"


def axial_series(folder: Path) -> list[Path]:
    """An axial series, numbered against its positions; a tumour is in its third slice alone."""
    files = []
    for place in range(SLICES):
        phantom = draw("glioma" if place == 2 else "no_tumor", seed=5, size=192, plane="axial")
        header = pydicom.dcmread(io.BytesIO(to_dicom(phantom)))
        header.SeriesInstanceUID = UID
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"{UID}.{place + 1}"
        header.InstanceNumber = SLICES - place
        header.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        header.ImagePositionPatient = [-120, -120, 6.0 * place]
        files.append(folder / f"{SLICES - place}.dcm")
        header.save_as(files[-1])
    return files


def test_a_series_is_scrolled_by_keys_with_its_letters(
    page: Page, watch: Watch, tmp_path: Path
) -> None:
    upload(page, *axial_series(tmp_path))
    expect(page.get_by_text(study_texts.HEADING)).to_be_visible()
    expect(page.get_by_text(study_texts.position(3, SLICES), exact=True)).to_be_visible()
    letters = page.locator("[data-side=raw] .edge")
    expect(letters).to_have_text(["R", "L", "A", "P"])
    zoomed = page.locator(".pane").first
    zoomed.hover()
    page.mouse.wheel(0, -600)
    zoom = page.locator(".viewer").get_attribute("data-zoom")
    first = page.locator("img[data-layer=raw]").first.get_attribute("src") or ""

    page.keyboard.press("ArrowUp")
    expect(page.get_by_text(study_texts.position(4, SLICES), exact=True)).to_be_visible()
    expect(page.locator("img[data-layer=raw]").first).not_to_have_attribute("src", first)
    assert page.locator(".viewer").get_attribute("data-zoom") == zoom
    assert watch.errors == []
    assert watch.strangers == set()


def test_a_word_reaches_the_worklist_and_outlives_the_session(page: Page, watch: Watch) -> None:
    upload(page, PNG[0])
    who = page.get_by_label(words.READER)
    who.fill("Dr. Reader")
    who.press("Enter")
    page.get_by_role("button", name=words.DISAGREE_BUTTON).click()
    page.get_by_role("button", name="No tumour", exact=True).click()
    expect(page.get_by_role("button", name=words.UNDO)).to_be_visible()

    page.reload()  # another session: only what was written is known
    settle(page)
    page.get_by_role("link", name=words.PAGE).click()
    expect(page.get_by_text(re.compile(r"^1 of \d+ read$"))).to_be_visible()
    page.get_by_role("link", name=texts.PAGE_READ).click()
    upload(page, PNG[0])
    expect(page.get_by_text("Dr. Reader disagrees")).to_be_visible()
    assert watch.errors == []
