"""The app's gate served on loopback, and a local OpenID provider to sign in at."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.load.server import running
from tests.access.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.access.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]

Visit = Callable[[str], Visitor]
Serve = Callable[..., str]
"""What the fixture `serve` gives: a port and options of Streamlit, get the address."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    claims = {"sub": "7", "name": "Jane Roe", "groups": ["radiology"]}
    with Provider(claims) as running:
        yield running


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Makes visitors of an address; their windows are closed in the end."""
    visitors: list[Visitor] = []

    def come(address: str) -> Visitor:
        visitors.append(Visitor(address))
        return visitors[-1]

    yield come
    for one in visitors:
        one.close()


def secrets_file(folder: Path, provider: Provider, address: str) -> Path:
    """Secrets that lead to the provider; readers and admins are groups."""
    file = folder / "secrets.toml"
    file.write_text(
        f"""
[auth]
redirect_uri = "{address}/oauth2callback"
cookie_secret = "{"c" * 32}"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
server_metadata_url = "{provider.address}/.well-known/openid-configuration"

[access]
role_claim = "groups"
readers = ["radiology"]
admins = ["chiefs"]
"""
    )
    return file


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts the guarded page and waits until it answers."""
    with ExitStack() as started:

        def start(port: int, *options: str) -> str:
            app = running(
                "tests/access/guarded.py",
                tmp_path,
                port=port,
                options=options,
                environment={"NO_PROXY": "127.0.0.1"},
                answering=True,
            )
            return started.enter_context(app).site

        yield start
