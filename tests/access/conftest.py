"""The app's gate served on loopback, and a local OpenID provider to sign in at."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.access.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.access.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 180.0

Visit = Callable[[str], Visitor]
Serve = Callable[..., str]
"""What the fixture `serve` gives: arguments of Streamlit, get the address."""


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


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts the guarded page and waits until it answers."""
    running: list[subprocess.Popen[bytes]] = []

    def start(port: int, *arguments: str) -> str:
        command = [sys.executable, "-m", "streamlit", "run", "tests/access/guarded.py"]
        command += ["--server.port", str(port), "--server.headless", "true", *arguments]
        environment = {**os.environ, "NO_PROXY": "127.0.0.1", "SULCUS_HOME": str(tmp_path / "home")}
        running.append(
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=None
            )
        )
        address = f"http://127.0.0.1:{port}"
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and running[-1].poll() is None:
            try:
                httpx.get(f"{address}/_stcore/health", trust_env=False).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.2)
            else:
                return address
        raise AssertionError("the app did not start")

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=60)
