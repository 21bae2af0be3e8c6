"""A real server and a real browser, started once for all browser tests."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from app import loading_texts
from app.load import chromium as load

ROOT = Path(__file__).resolve().parents[2]
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
    with served("app/main.py", tmp_path_factory.mktemp("server")) as address:
        yield address


@contextmanager
def served(script: str, folder: Path, *more: str) -> Iterator[str]:
    """Address of a Streamlit script that runs as long as the context; it keeps its data there.

    Args:
        script: what is run.
        folder: for its log and its data.
        more: options of Streamlit.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log.txt"
    options = ["--server.headless", "true", "--server.port", str(port), *more]
    command = [sys.executable, "-m", "streamlit", "run", script, *options]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "SULCUS_HOME": str(folder / "home")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


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


@pytest.fixture
def page(browser: Browser, server: str, watch: Watch) -> Iterator[Page]:
    """A fresh session at 1440 × 900, watched, with the app's first page open."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    watch.follow(opened)
    opened.goto(server)
    expect(opened.locator("input[type=file]")).to_have_count(1)
    # a click on a page that meets the end of the loading may be lost, see `app.components.loading`
    expect(opened.get_by_text(STARTING)).to_have_count(0)
    yield opened
    context.close()
