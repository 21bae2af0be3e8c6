"""Signing in and out over HTTP: the app's gate, a local OpenID provider, no browser."""

from pathlib import Path

import pytest

from app import access_texts as words
from app.load.server import free_port
from tests.access.conftest import Serve, Visit, secrets_file
from tests.access.provider import Provider
from tests.access.visitor import Page


def reads(page: Page) -> list[str]:
    return [line for line in page.words if line.startswith(("Reads", "Administers"))]


def test_a_reader_signs_in_reads_and_signs_out(
    serve: Serve, visit: Visit, provider: Provider, tmp_path: Path
) -> None:
    port = free_port()
    secrets = secrets_file(tmp_path, provider, f"http://127.0.0.1:{port}")
    visitor = visit(serve(port, "--secrets.files", str(secrets)))
    stranger = visit(visitor.address)

    page = visitor.open().run()
    assert reads(page) == []
    assert words.SIGN_IN_TITLE in page.words
    window = visitor.open()
    redirected = window.run(click=window.run().buttons[words.SIGN_IN])
    assert visitor.follow(redirected) == f"{visitor.address}/"

    window, other = visitor.open(), visitor.open()
    page = window.run()
    name, administers = reads(page)
    assert name.startswith("Reads: Jane Roe (")
    assert administers == "Administers: False"
    assert reads(other.run()) == reads(page), "the same browser, another window"
    copied = dict(visitor.http.cookies)
    assert reads(stranger.open().run()) == []

    redirected = window.run(click=page.buttons[words.SIGN_OUT])
    visitor.follow(redirected)
    assert [one["client_id"] for one in provider.ended] == ["sulcus"]
    assert reads(visitor.open().run()) == []
    assert words.OVER in other.run().words, "the other window is signed out too"
    stranger.http.cookies.update(copied)
    assert words.OVER in stranger.open().run().words, "a copied cookie is of no use any more"

    provider.claims = {"sub": "8", "name": "A. Chief", "groups": ["chiefs"]}
    window = visitor.open()
    visitor.follow(window.run(click=window.run().buttons[words.SIGN_IN]))
    assert reads(visitor.open().run())[1] == "Administers: True"
    with pytest.raises(Exception, match="403"):
        visitor.open(origin="http://elsewhere.example")

    provider.claims = {"sub": "9", "name": "Nobody", "groups": ["guests"]}
    visitor = visit(visitor.address)
    window = visitor.open()
    visitor.follow(window.run(click=window.run().buttons[words.SIGN_IN]))
    page = visitor.open().run()
    assert reads(page) == []
    assert any("not among those who may read" in line for line in page.words)


def test_an_address_that_others_reach_shows_nothing_without_sign_in(
    serve: Serve, visit: Visit
) -> None:
    visitor = visit(serve(free_port(), "--server.address", "0.0.0.0"))
    page = visitor.open().run()
    assert reads(page) == []
    assert page.words[0] == words.CLOSED
    assert any("nobody has to sign in" in line for line in page.words)
    assert page.buttons == {}
    for path in ("/app/static/../main.py", "/.streamlit/config.toml", "/assets/"):
        body = visitor.http.get(f"{visitor.address}{path}").text
        assert "Entry of the dashboard" not in body
        assert "enableXsrfProtection" not in body
        assert "Index of" not in body
