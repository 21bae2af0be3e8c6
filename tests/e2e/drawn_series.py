"""A series in the viewer of a real browser: where its marks are, and a hand that draws on it."""

import io
import re
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.app import fakes
from tests.e2e.conftest import go
from tests.ml.io.series_files import one_slice

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


def open_heads(page: Page, address: str, folder: Path) -> None:
    """Open the app at an address, and in it the heads, written to a folder; the viewer is ready."""
    files = []
    for place, data in enumerate(heads()):
        files.append(folder / f"{place}.dcm")
        files[-1].write_bytes(data)
    go(page, address)
    page.locator("input[type=file]").set_input_files(files)
    expect(page.locator(".viewer")).to_have_attribute("data-ready", "true")


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


def places(page: Page) -> list[object]:
    """Where both pictures are."""
    return [stage.bounding_box() for stage in page.locator(".stage").all()]


def choose(page: Page, key: str) -> None:
    """Choose the pen or the eraser: its buttons come, and the pictures stay where they are."""
    before = places(page)
    page.keyboard.press(key)
    expect(page.locator(".bar .drawing")).to_be_visible()
    page.wait_for_timeout(100)
    assert places(page) == before


def drag(page: Page, *points: tuple[float, float]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points:
        page.mouse.move(*point, steps=4)
    page.mouse.up()
