"""A reader in a real browser: Chromium, through Playwright, with WebGL drawn by the processor."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    FilePayload,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from app import samples, state, texts, worklist_texts
from app.load.server import PATIENCE_S
from app.load.visit import STEPS, Visitor
from app.load.wire import Broken
from app.viewer_session import selector
from ml.errors import MetricsError

__all__ = ["FLAGS", "WEBGL", "ChromiumReader", "chromium", "launched", "seconds_until"]

FLAGS: Final = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WEBGL: Final = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
"""WebGL 2 without a graphics card."""
_ACTED: Final = """for (const kind of ["keydown", "click"])
  addEventListener(kind, (event) => (window.sulcusActed ??= event.timeStamp), { capture: true });"""
"""Notes the first key or click, ahead of the page's scripts, which keep keys for themselves."""
_WATCH: Final = """(element, [name, patience]) => {
  delete window.sulcusActed;
  const before = element.getAttribute(name);
  window.sulcusTook = new Promise((done, fail) => {
    setTimeout(() => fail(new Error("nothing changed")), patience);
    const look = () => {
      if (element.getAttribute(name) === before) requestAnimationFrame(look);
      else requestAnimationFrame((drawn) => done(drawn - window.sulcusActed));
    };
    look();
  });
}"""
"""Times from a key or click to the frame after an attribute has changed."""


def chromium() -> Path:
    """The browser: $CHROMIUM, else Debian's; it need not be there."""
    return Path(os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium")


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser, for the thread that asks.

    Raises:
        MetricsError: there is none.
    """
    if not chromium().exists():
        raise MetricsError(
            f"There is no Chromium at {chromium()}. Install Debian's package `chromium`, set "
            "CHROMIUM, or run without browsers: `--browsers 0`."
        )
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*FLAGS, *WEBGL], handle_sigint=False
        )
        yield browser
        browser.close()


def seconds_until(place: Locator, attribute: str, act: Callable[[], None]) -> float:
    """Seconds from a key or click to the frame that shows an element's attribute changed.

    Args:
        place: the element, which stays on the page of a `ChromiumReader`.
        attribute: that changes.
        act: presses the key or clicks.
    """
    place.evaluate(_WATCH, [attribute, PATIENCE_S * 1000])
    act()
    return float(place.page.evaluate("sulcusTook")) / 1000.0


class ChromiumReader:
    """A reader in a tab of their own."""

    def __init__(self, browser: Browser, address: str, visitor: Visitor) -> None:
        self._start, self._visitor = f"http://{address}", visitor
        self._context: BrowserContext = browser.new_context(viewport={"width": 1440, "height": 900})
        self._context.add_init_script(_ACTED)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_S * 1000)
        self._errors: list[str] = []
        self.page.on("pageerror", lambda error: self._errors.append(str(error)))
        self.page.on(
            "console",
            lambda said: self._errors.append(said.text) if said.type == "error" else None,
        )

    def do(self, step: str) -> float:
        """See `Reader.do`."""
        try:
            seconds = self._done(step)
        except (AssertionError, Error) as error:
            raise Broken(f"{STEPS[step]}, in the browser: {error}") from error
        wrong = self.page.locator("[data-testid=stException], [data-testid=stAlertContentError]")
        self._errors += wrong.all_inner_texts()
        if self._errors:
            raise Broken(f"{STEPS[step]}, in the browser: {'; '.join(self._errors)}")
        return seconds

    def leave(self) -> None:
        """See `Reader.leave`."""
        self._context.close()

    def _done(self, step: str) -> float:
        heat = self.page.locator("img[data-layer=heat]")
        viewer = self.page.locator(".viewer")
        match step:
            case "opacity":
                slider = self._keyed(state.HEAT_OPACITY, "input")
                return seconds_until(heat, "style", lambda: slider.press("ArrowRight"))
            case "window":
                slider = self.page.get_by_role("slider", name=texts.WINDOW_CENTER)
                return seconds_until(viewer, "data-window", lambda: slider.press("ArrowRight"))
            case "layer":
                switch = self._keyed(state.HEAT, "label")
                return seconds_until(heat, "hidden", switch.click)
            case "slice":
                return seconds_until(
                    viewer, "data-slice", lambda: self.page.keyboard.press("ArrowUp")
                )
        start = time.perf_counter()
        self._go(step)
        return time.perf_counter() - start

    def _go(self, step: str) -> None:
        """Steps that bring another page or scan."""
        opener = self.page.locator("input[type=file]")
        match step:
            case "open":
                self.page.goto(self._start)
                opener.wait_for(state="attached")
                self.page.locator(".look[data-drawn]").wait_for()  # drawn in the reader's theme
            case "demo":
                self._keyed("tour_start", "button").click()
                self._read(1)
            case "upload":
                self.page.get_by_role("button", name=texts.OPEN).click()
                picture = self._visitor.picture
                opener.set_input_files(
                    FilePayload(name="scan.png", mimeType="image/png", buffer=picture)
                )
                self._read(2)
            case "series":
                series = self._keyed(f"sample.{len(samples.shipped())}", "button")
                if not series.is_visible():  # the list stays open after an upload
                    self.page.get_by_role("button", name=texts.OPEN).click()
                series.click()
                self._read(3)
            case "elsewhere":
                self.page.get_by_role("link", name=worklist_texts.PAGE).click()
                expect(self.page.locator(".viewer")).to_have_count(0)
            case "back":
                self.page.get_by_role("link", name=texts.PAGE_READ).click()
                self._read(3)
            case "close":
                self.page.get_by_role("button", name=texts.CLOSE_ALL).click()
                expect(self.page.locator(".viewer")).to_have_count(0)

    def _keyed(self, key: str, what: str) -> Locator:
        """The control of a widget key."""
        return self.page.locator(f"{selector(key)} {what}").first

    def _read(self, opened: int) -> None:
        """Wait until the last of so many scans is drawn, and what the networks say of it."""
        expect(self.page.get_by_text(f"{opened}/{opened}", exact=True).first).to_be_visible()
        expect(self.page.locator("[data-test-script-state=notRunning]")).to_be_visible()
        expect(self.page.locator('.viewer[data-ready="true"]')).to_be_visible()
        expect(self.page.locator("table.sulcus-networks")).to_be_visible()
