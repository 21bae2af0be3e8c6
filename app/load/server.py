"""The app in a process and folder of its own, as `streamlit run` starts it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

__all__ = ["APP", "PATIENCE_S", "Running", "free_port", "page_of", "running"]

ROOT: Final = Path(__file__).resolve().parents[2]
APP: Final = "app/main.py"
PATIENCE_S: Final = 120.0
_END_S: Final = 60.0
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


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

    @property
    def site(self) -> str:
        """Address of its first page."""
        return _site(self.address)


def free_port() -> int:
    """A port of this computer that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(
    script: str = APP,
    folder: Path | None = None,
    *,
    port: int | None = None,
    options: Sequence[str] = (),
    environment: Mapping[str, str] = _NOTHING,
    answering: bool = False,
) -> Iterator[Running]:
    """The app, freshly started.

    Args:
        script: what Streamlit runs, from the root of the repository.
        folder: for all that it keeps; without one that goes with it.
        port: that it listens at; without one any that is free.
        options: of Streamlit, beside those that it needs.
        environment: beside that of this process.
        answering: wait until it does.

    Raises:
        TimeoutError: it does not answer.
    """
    port = port or free_port()
    with nullcontext(str(folder)) if folder else tempfile.TemporaryDirectory() as place:
        home, temporary, log = (Path(place, name) for name in ("home", "temporary", "log.txt"))
        temporary.mkdir(exist_ok=True)
        places = {"SULCUS_HOME": str(home), "TMPDIR": str(temporary)}
        start = time.perf_counter()
        process = _started(script, port, options, log, {**os.environ, **places, **environment})
        app = Running(f"127.0.0.1:{port}", process.pid, start, log, temporary)
        try:
            if answering and not _answer(f"{app.site}/_stcore/health", process):
                raise TimeoutError(f"the app does not answer:\n{log.read_text()}")
            yield app
        finally:
            process.terminate()
            process.wait(timeout=_END_S)


def _started(
    script: str, port: int, options: Sequence[str], log: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Streamlit's process; what it says goes to the log."""
    needed = ("--server.headless", "true", "--server.port", str(port))
    command = [sys.executable, "-m", "streamlit", "run", script, *needed, *options]
    with log.open("wb") as output:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )


def page_of(address: str) -> str:
    """The app's page, asked for until it is there.

    Raises:
        TimeoutError: it does not come.
    """
    page = _answer(f"{_site(address)}/")
    if not page:
        raise TimeoutError("the app's page does not come")
    return page


def _site(address: str) -> str:
    return f"http://{address}"


def _answer(url: str, process: subprocess.Popen[bytes] | None = None) -> str:
    """What comes from there, asked for again until it does; "" where nothing came.

    Args:
        url: of something that is not empty.
        process: nothing will come once that has ended.
    """
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and (process is None or process.poll() is None):
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.02)
    return ""
