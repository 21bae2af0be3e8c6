"""A real server and a real browser, started once for all browser tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from app import loading_texts
from app.load import chromium as load
from app.load.server import running

STARTING = loading_texts.loading(0, 1).split(":")[0]
WITHOUT_WEBGL = ("--disable-gpu", "--disable-3d-apis")
PATIENCE_MS = 60_000  # a busy machine with two cores, and networks that load
expect.set_options(timeout=PATIENCE_MS)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium: $CHROMIUM, else Debian's."""
    if not load.chromium().exists():
        pytest.skip("no Chromium: install Debian's package `chromium`, or set CHROMIUM")
    return str(load.chromium())


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the running app."""
    with running(folder=tmp_path_factory.mktemp("server"), answering=True) as app:
        yield app.site


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(chromium: str, playwright: Playwright) -> Iterator[Browser]:
    """A browser without WebGL."""
    started = playwright.chromium.launch(
        executable_path=chromium, args=[*load.FLAGS, *WITHOUT_WEBGL]
    )
    yield started
    started.close()


@pytest.fixture(scope="session")
def drawing_browser(chromium: str, playwright: Playwright) -> Iterator[Browser]:
    """A browser with WebGL, as readers have it."""
    started = playwright.chromium.launch(executable_path=chromium, args=[*load.FLAGS, *load.WEBGL])
    yield started
    started.close()


@dataclass
class Watch:
    """What a page did that it must not do."""

    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    @property
    def strangers(self) -> set[str]:
        """Hosts other than this computer that were asked for anything."""
        return self.hosts - LOOPBACK

    def follow(self, page: Page) -> None:
        """Record console errors, uncaught exceptions and the host of every request."""
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda socket: self._asked(socket.url))

    def _asked(self, url: str) -> None:
        host = urlsplit(url).hostname
        if host:  # none for data: and blob:
            self.hosts.add(host)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@contextmanager
def tab(browser: Browser, watch: Watch | None = None, **options: Any) -> Iterator[Page]:
    """An empty page of a reader of their own, at 1440 × 900.

    Args:
        browser: where.
        watch: follows it.
        options: of the browser's context.
    """
    size = {"width": 1440, "height": 900}
    context = browser.new_context(**{"viewport": size, **options})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    if watch is not None:
        watch.follow(page)
    yield page
    context.close()


def go(page: Page, address: str) -> None:
    """Open an address, also the one that is open, and wait until the page takes a reader's hand."""
    page.goto(address)
    settle(page)


def settle(page: Page) -> None:
    """Wait until a page that was opened anew takes a reader's hand.

    It is drawn once more when the theme is that of the reader, see `app/frontend/look.js`, and when
    the networks are loaded, see `app.components.loading`: what is done meanwhile may be lost.
    """
    expect(page.locator(".look[data-drawn]")).to_be_visible()
    expect(page.locator('.stApp[data-test-script-state="notRunning"]')).to_be_visible()
    expect(page.get_by_text(STARTING)).to_have_count(0)


@pytest.fixture
def page(browser: Browser, server: str, watch: Watch) -> Iterator[Page]:
    """A fresh session, watched, with the app's first page open."""
    with tab(browser, watch) as opened:
        go(opened, server)
        yield opened
