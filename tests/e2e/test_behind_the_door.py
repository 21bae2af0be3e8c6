"""The app behind the proxy of docs/deployment.md: signed in, nothing that the policy forbids.

`make door` runs it: it takes longer than each run of the tests has time for.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from app import access_texts
from app.load.server import free_port, running
from tests.access.conftest import secrets_file
from tests.access.door import HERE, door, nginx
from tests.access.provider import Provider
from tests.e2e.conftest import Watch, go, settle, tab
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
    folder, port, inside = tmp_path_factory.mktemp("door"), free_port(), free_port()
    with Provider(dict(CLAIMS)) as provider:
        secrets = secrets_file(folder, provider, f"https://{HERE}:{port}")
        options = ("--secrets.files", str(secrets), "--browser.serverPort", str(port))
        with (
            running("tests/e2e/drawn_app.py", folder, port=inside, options=options, answering=True),
            door(folder, [inside], port=port) as found,
        ):
            yield found


@pytest.fixture(scope="module")
def context(drawing_browser: Browser, address: str) -> Iterator[BrowserContext]:
    """A browser in which Jane Roe is signed in."""
    with tab(drawing_browser, ignore_https_errors=True) as page:
        page.goto(address)
        page.get_by_role("button", name=access_texts.SIGN_IN).click()
        settle(page)
        expect(page.get_by_text("Jane Roe")).to_be_visible()
        page.close()
        yield page.context


def test_no_page_does_what_the_policy_forbids(
    context: BrowserContext, address: str, watch: Watch, tmp_path: Path
) -> None:
    """The viewer with its canvas and workers, then every view in the same session."""
    page = context.new_page()
    watch.follow(page)
    go(page, address)
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
