"""The app in a process and folder of its own, as `streamlit run` starts it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["APP", "PATIENCE_S", "Running", "page_of", "running"]

ROOT: Final = Path(__file__).resolve().parents[2]
APP: Final = "app/main.py"
PATIENCE_S: Final = 120.0


@dataclass(frozen=True)
class Running:
    """A started app.

    Attributes:
        address: host and port.
        process: its number.
        start: when it was started, as `time.perf_counter`.
        log: what it wrote to its output.
        temporary: the folder of its temporary files.
    """

    address: str
    process: int
    start: float
    log: Path
    temporary: Path


@contextmanager
def running(script: str = APP) -> Iterator[Running]:
    """The app, freshly started; what it keeps goes with it.

    Args:
        script: what Streamlit runs, from the root of the repository.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        home, temporary, log = (Path(folder, name) for name in ("home", "temporary", "log.txt"))
        temporary.mkdir()
        options = ["--server.headless", "true", "--server.port", str(port)]
        command = [sys.executable, "-m", "streamlit", "run", script, *options]
        with log.open("wb") as output:
            start = time.perf_counter()
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "SULCUS_HOME": str(home), "TMPDIR": str(temporary)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Running(f"127.0.0.1:{port}", process.pid, start, log, temporary)
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
