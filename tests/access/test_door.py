"""The proxy of docs/deployment.md in front of two apps: headers, places, limits."""

import re
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.access.conftest import ROOT
from tests.access.door import CONFIGURATION, HERE, door, nginx, trusting

UPLOAD = "/_stcore/upload_file/session/file"


class App(BaseHTTPRequestHandler):
    """Stands in for an app: says which one it is, and turns to a socket where asked to."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.wfile.write(self.rfile.read(5))
            self.close_connection = True
            return
        self._say(f"{self.server.server_port} {self.headers['X-Forwarded-For']}".encode())

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(b"taken")

    def _say(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "public, immutable, max-age=5")
        self.send_header("Set-Cookie", "_streamlit_xsrf=1; Path=/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def spoken(folder: Path, address: str, line: str, *headers: str, until: bytes) -> bytes:
    """What comes back for a request as it goes over the wire, with "hello" as its body."""
    port = int(address.rsplit(":", 1)[1])
    asked = "\r\n".join((f"{line} HTTP/1.1", f"Host: {HERE}:{port}", *headers, "", "hello"))
    with (
        socket.create_connection((HERE, port), timeout=20) as plain,
        trusting(folder).wrap_socket(plain, server_hostname=HERE) as opened,
    ):
        opened.sendall(asked.encode())
        said = b""
        while not said.endswith(until):
            part = opened.recv(4096)
            assert part, said
            said += part
    return said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("door")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    nginx()
    apps = [ThreadingHTTPServer((HERE, 0), App) for _ in range(2)]
    for one in apps:
        Thread(target=one.serve_forever, daemon=True).start()
    with door(folder, [one.server_port for one in apps]) as found:
        yield found
    for one in apps:
        one.shutdown()
        one.server_close()


@pytest.fixture
def browser(folder: Path, address: str) -> Iterator[httpx.Client]:
    """Keeps its cookies from one page to the next."""
    with httpx.Client(base_url=address, verify=trusting(folder), trust_env=False) as found:
        yield found


def documented() -> dict[str, str]:
    """Header → value, as the document tells them to whoever has another proxy."""
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    block = re.search(r"```\n(Strict-Transport.+?)```", text, re.DOTALL)
    assert block is not None
    return dict(line.split(": ", 1) for line in block[1].splitlines())


def test_the_document_names_the_headers_of_the_configuration() -> None:
    text = CONFIGURATION.read_text(encoding="utf-8")
    written = re.findall(r'add_header ([\w-]+) "?(.+?)"? always;', text)
    assert dict(written) == documented() | {"Cache-Control": "$keep"}


@pytest.mark.parametrize("path", ["/", "/accuracy", "/_stcore/metrics", "/_stcore/agent/mcp"])
def test_every_answer_has_the_headers_and_secure_cookies(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    wanted = documented()
    assert {name: answer.headers.get_list(name) for name in wanted} == {
        name: [value] for name, value in wanted.items()
    }
    assert "server" not in answer.headers or answer.headers["server"] == "nginx"
    assert answer.status_code == (404 if "/_stcore/" in path else 200)
    for cookie in answer.headers.get_list("set-cookie"):
        assert "secure" in cookie.lower(), cookie


def test_only_what_never_changes_is_kept_by_the_browser(browser: httpx.Client) -> None:
    assert browser.get("/static/js/a.js").headers["cache-control"] == "public, immutable, max-age=5"
    assert browser.get("/").headers["cache-control"] == "no-store"


def test_a_browser_stays_with_its_app_and_others_go_elsewhere(
    browser: httpx.Client, folder: Path, address: str
) -> None:
    places = {browser.get("/").text for _ in range(8)}
    assert len(places) == 1
    trusted = trusting(folder)
    strangers = {httpx.get(address, verify=trusted, trust_env=False).text for _ in range(24)}
    assert len(strangers) == 2


def test_what_a_browser_claims_about_its_address_is_overwritten(browser: httpx.Client) -> None:
    said = browser.get("/", headers={"X-Forwarded-For": "192.0.2.7"}).text
    assert said.endswith(f" {HERE}")


def test_the_socket_of_a_page_passes(folder: Path, address: str) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket")
    said = spoken(folder, address, "GET /_stcore/stream", *upgrade, until=b"hello")
    assert said.startswith(b"HTTP/1.1 101")


def test_a_file_that_is_too_large_is_answered_by_a_sentence(folder: Path, address: str) -> None:
    said = spoken(
        folder, address, f"PUT {UPLOAD}", f"Content-Length: {300 * 2**20}", until=b"read."
    )
    assert said.startswith(b"HTTP/1.1 413")
    assert b"larger than 256 MB" in said
    assert documented()["Content-Security-Policy"].encode() in said


def test_a_series_is_sent_at_once(browser: httpx.Client) -> None:
    assert {browser.put(UPLOAD, content=b"slice").status_code for _ in range(40)} == {200}


def test_an_app_that_is_away_and_files_without_end_are_told_of(tmp_path: Path) -> None:
    with (
        door(tmp_path, [1], burst=2) as address,
        httpx.Client(base_url=address, verify=trusting(tmp_path), trust_env=False) as browser,
    ):
        away = browser.get("/")
        answers = [browser.put(UPLOAD, content=b"slice") for _ in range(12)]
    assert away.status_code == 502
    assert "not running" in away.text
    often = [one for one in answers if one.status_code == 429]
    assert often
    assert all("Wait a minute" in one.text for one in often)
    assert answers[0].status_code == 502, "the first ones pass"
