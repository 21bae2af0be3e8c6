"""The app as a process, read through its own websocket, connects to nothing but this computer.

Every connection and look-up that Python makes is heard (PEP 578) and refused. What a C library
would open by itself is not seen here; the browser tests watch what the page asks for.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from app.load.server import Running, running

PATIENCE_S = 240.0
EVENTS = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname")
"""What is heard, as Python names it."""
NEAR = ("127.", "::1", "localhost", "0.0.0.0")
"""How names and addresses of this computer begin."""
GUARD = f"""
import os, sys
EVENTS, NEAR = {EVENTS!r}, {NEAR!r}

def heard(event, arguments):
    if event in EVENTS:
        target = arguments[0 if event.startswith("socket.get") else 1]
        host = target[0] if isinstance(target, tuple) else target
        if host is None or isinstance(host, bytes) or str(host).startswith(NEAR + ("/",)):
            return
        with open(os.environ["HEARD"], "a") as file:
            file.write(event + " " + str(host) + "\\n")
        raise OSError("no network here")

sys.addaudithook(heard)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    (tmp_path / "heard.txt").touch()
    return {
        "PYTHONPATH": str(tmp_path),
        "HEARD": str(tmp_path / "heard.txt"),
        "HOME": str(tmp_path),  # no consent to telemetry lies there
    }


@pytest.fixture
def app(environment: dict[str, str], tmp_path: Path) -> Iterator[Running]:
    with running(folder=tmp_path, environment=environment, answering=True) as started:
        yield started


def _page(address: str, query: str) -> str:
    """Everything that is sent for one page until its script has ended."""
    told = []
    socket = f"ws://{address}/_stcore/stream"
    with connect(socket, subprotocols=["streamlit"], max_size=None) as session:
        ask = BackMsg()
        ask.rerun_script.query_string = query
        session.send(ask.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(session.recv(timeout=PATIENCE_S))
            told.append(str(message))
            if message.WhichOneof("type") == "script_finished":
                return "\n".join(told)


def test_the_guard_hears_a_connection(environment: dict[str, str], tmp_path: Path) -> None:
    script = "import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    assert done.returncode
    assert "192.0.2.1" in (tmp_path / "heard.txt").read_text()


@pytest.mark.weights
def test_a_start_and_a_reading_ask_no_other_computer(app: Running, tmp_path: Path) -> None:
    page = _page(app.address, "demo")
    assert "Mean of" in page
    assert "Traceback" not in page
    assert (tmp_path / "home" / "sulcus.sqlite").exists(), "the reading is on the worklist"
    assert (tmp_path / "heard.txt").read_text() == ""
