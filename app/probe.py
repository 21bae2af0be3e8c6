"""Times the running app as browsers use it, without one: `python -m app.probe PICTURE…`.

It starts the app, asks for its page, opens a session over the websocket as a browser does, sends it
a picture, and waits until the networks' answers are on the way to the screen. Then the memory of
the app while nobody does anything, and as many sessions at once as asked for, each with pictures of
its own. What it found goes to standard output as JSON; `make bench` calls it.

Limits: nothing is drawn; the time that a browser takes is not in these figures.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from ml.inference.resident import Resident, resident

ROOT: Final = Path(__file__).resolve().parents[1]
ANSWER: Final = '<table class="sulcus-networks">'
"""Class of the table that holds the networks' answers."""
PATIENCE_S: Final = 120.0
SETTLE_S: Final = 3.0
"""Without a change of memory for so long, the app has loaded all that it loads."""


class Session:
    """One reader's connection to the app, with the first page on it."""

    def __init__(self, address: str) -> None:
        """Open the page."""
        self._http = f"http://{address}"
        with urllib.request.urlopen(f"{self._http}/_stcore/health", timeout=PATIENCE_S) as answer:
            cookies = SimpleCookie(answer.headers.get("Set-Cookie", ""))
        self._token = next((c.value for c in cookies.values() if "xsrf" in c.key), "")
        self._cookie = "; ".join(f"{c.key}={c.value}" for c in cookies.values())
        self._open = ExitStack()
        stream = connect(
            f"ws://{address}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            ping_interval=None,
            additional_headers={"Cookie": self._cookie},
        )
        self._socket = self._open.enter_context(stream)
        asked = BackMsg()
        asked.rerun_script.query_string = ""
        self._send(asked)
        self._session_id, self._uploader = "", ""
        for message in self._until_finished():
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._session_id = message.new_session.initialize.session_id
            element = message.delta.new_element
            if kind == "delta" and element.WhichOneof("type") == "file_uploader":
                self._uploader = element.file_uploader.id

    def read(self, name: str, content: bytes) -> float:
        """Seconds from a picture's bytes to the networks' answers.

        Raises:
            TimeoutError: no answer came.
        """
        start = time.perf_counter()
        asked = BackMsg()
        asked.file_urls_request.request_id = "1"
        asked.file_urls_request.file_names.append(name)
        asked.file_urls_request.session_id = self._session_id
        self._send(asked)
        (urls,) = self._next("file_urls_response").file_urls_response.file_urls
        self._put(urls.upload_url, name, content)
        asked = BackMsg()
        state = asked.rerun_script.widget_states.widgets.add()
        state.id = self._uploader
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = name, len(content), urls.file_id
        info.file_urls.CopyFrom(urls)
        self._send(asked)
        while True:
            message = self._next("delta")
            if ANSWER in message.delta.new_element.html.body:
                return time.perf_counter() - start

    def close(self) -> None:
        """Leave."""
        self._open.close()

    def _put(self, url: str, name: str, content: bytes) -> None:
        """Send a file as a form, which is how the page sends it."""
        border = "sulcus-probe"
        head = (
            f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: image/png\r\n\r\n"
        )
        request = urllib.request.Request(
            f"{self._http}{url}",
            head.encode() + content + f"\r\n--{border}--\r\n".encode(),
            {
                "Content-Type": f"multipart/form-data; boundary={border}",
                "Cookie": self._cookie,
                "X-Xsrftoken": self._token,
            },
            method="PUT",
        )
        urllib.request.urlopen(request, timeout=PATIENCE_S).close()

    def _send(self, message: BackMsg) -> None:
        self._socket.send(message.SerializeToString())

    def _next(self, kind: str | None = None) -> ForwardMsg:
        while True:
            data = self._socket.recv(timeout=PATIENCE_S)
            message = ForwardMsg()
            message.ParseFromString(data if isinstance(data, bytes) else data.encode())
            if kind is None or message.WhichOneof("type") == kind:
                return message

    def _until_finished(self) -> Iterator[ForwardMsg]:
        while True:
            message = self._next()
            yield message
            if message.WhichOneof("type") == "script_finished":
                return


@contextmanager
def running() -> Iterator[tuple[str, int, float]]:
    """The app, freshly started: its address, its process and when it was started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        options = ["--server.headless", "true", "--server.port", str(port)]
        command = [sys.executable, "-m", "streamlit", "run", "app/main.py", *options]
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "SULCUS_HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"127.0.0.1:{port}", process.pid, start
        finally:
            process.terminate()
            process.wait(timeout=20)


def page_of(address: str) -> str:
    """The app's page, asked for until it is there.

    Raises:
        TimeoutError: it does not come.
    """
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://{address}/", timeout=PATIENCE_S) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise TimeoutError("the app's page does not come")


def settled(process: int) -> Resident | None:
    """Memory of the app when it changes no more."""
    before, since = resident(process), time.monotonic()
    end = since + PATIENCE_S
    while time.monotonic() < min(end, since + SETTLE_S):
        time.sleep(0.25)
        now = resident(process)
        if now is None or before is None or abs(now.own_mb - before.own_mb) > 1.0:
            before, since = now, time.monotonic()
    return before


def at_once(address: str, pictures: Sequence[bytes]) -> dict[str, Any]:
    """Every picture read by a session of its own, all at the same moment."""
    gate, seconds, errors = threading.Barrier(len(pictures)), list[float](), list[str]()

    def one(number: int) -> None:
        try:
            session = Session(address)
            gate.wait(PATIENCE_S)
            seconds.append(session.read(f"{number}.png", pictures[number]))
            session.close()
        except Exception as error:  # whatever a session meets is counted
            gate.abort()
            errors.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(pictures))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seconds": seconds, "errors": errors}


def probe(pictures: Sequence[bytes], *, sessions: Sequence[int], rounds: int) -> dict[str, Any]:
    """All that this module times.

    Args:
        pictures: PNG files that the networks answer, all different; 2 and for each number of
            sessions as many as it says, `rounds` times.
        sessions: how many at once.
        rounds: how often each of them.
    """
    left = iter(pictures)
    with running() as (address, process, start):
        page_of(address)
        served = time.perf_counter() - start
        session = Session(address)
        session.read("first.png", next(left))
        first = time.perf_counter() - start
        session.close()
    with running() as (address, process, _):
        page_of(address)
        Session(address).close()
        idle = settled(process)
        session = Session(address)
        session.read("second.png", next(left))
        session.close()
        after = settled(process)
        groups = {
            str(number): [
                at_once(address, [next(left) for _ in range(number)]) for _ in range(rounds)
            ]
            for number in sessions
        }
        crowded = settled(process)
    memory = {"idle": idle, "after_reading": after, "after_sessions": crowded}
    return {
        "page_s": served,
        "first_reading_s": first,
        "memory": {name: found and asdict(found) for name, found in memory.items()},
        "sessions": groups,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m app.probe", description=__doc__)
    parser.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE")
    parser.add_argument("--sessions", nargs="+", type=int, default=[1, 5, 20])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    contents = [file.read_bytes() for file in options.pictures]
    found = probe(contents, sessions=options.sessions, rounds=options.rounds)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
