"""The app behind the proxy of docs/deployment.md: signed in, nothing that the policy forbids.

`make door` runs it: it takes longer than each run of the tests has time for.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from app import access_texts
from tests.access.conftest import free_port, secrets_file
from tests.access.door import HERE, door, nginx
from tests.access.provider import Provider
from tests.e2e.conftest import PATIENCE_MS, Watch, served
from tests.e2e.test_accessibility import VIEWS
from tests.e2e.test_viewer import series

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("SULCUS_DOOR" not in os.environ, reason="run by `make door`"),
]

CLAIMS = {"sub": "7", "name": "Jane Roe", "groups": ["radiology"]}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with the tests' engine, its sign-in, and the proxy before both."""
    nginx()
    folder, port = tmp_path_factory.mktemp("door"), free_port()
    with Provider(dict(CLAIMS)) as provider:
        secrets = secrets_file(folder, provider, f"https://{HERE}:{port}")
        options = ("--secrets.files", str(secrets), "--browser.serverPort", str(port))
        with (
            served("tests/e2e/drawn_app.py", folder, *options) as app,
            door(folder, [int(app.rsplit(":", 1)[1])], port=port) as found,
        ):
            yield found


@pytest.fixture(scope="module")
def context(drawing_browser: Browser, address: str) -> Iterator[BrowserContext]:
    """A browser in which Jane Roe is signed in."""
    opened = drawing_browser.new_context(
        ignore_https_errors=True, viewport={"width": 1440, "height": 900}
    )
    opened.set_default_timeout(PATIENCE_MS)
    page = opened.new_page()
    page.goto(address)
    page.get_by_role("button", name=access_texts.SIGN_IN).click()
    expect(page.get_by_text("Jane Roe")).to_be_visible()
    page.close()
    yield opened
    opened.close()


def test_no_page_does_what_the_policy_forbids(
    context: BrowserContext, address: str, watch: Watch, tmp_path: Path
) -> None:
    """The viewer with its canvas and workers, then every view in the same session."""
    page = context.new_page()
    watch.follow(page)
    page.goto(address)
    page.locator("input[type=file]").set_input_files(series(tmp_path))
    expect(page.locator(".viewer")).to_have_attribute("data-ready", "true")
    expect(page.locator("table.sulcus-networks")).to_be_visible()
    for path, heading in VIEWS.items():
        if path:
            page.locator(f'a[href$="/{path}"]').first.evaluate("link => link.click()")
            expect(page.get_by_role("heading", name=heading).first).to_be_visible()
    page.close()
    assert watch.errors == []
    assert watch.strangers == set()


def test_the_cookies_are_for_encrypted_pages_only(context: BrowserContext) -> None:
    cookies = {one["name"]: one for one in context.cookies()}
    assert {"sulcus_app", "_streamlit_xsrf", "_streamlit_user"} <= set(cookies)
    assert [name for name, one in cookies.items() if not one["secure"]] == []
    assert cookies["_streamlit_user"]["httpOnly"]
