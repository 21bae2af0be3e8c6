"""A part of the bench in a process of its own: what it says, how long, and its peak of memory."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ml.errors import MetricsError
from ml.inference.resident import peaks
from ml.models.registry import REPOSITORY

__all__ = ["Finished", "run"]

LOOK_S: Final = 0.2
"""Seconds between two looks at the memory of the processes."""


@dataclass(frozen=True)
class Finished:
    """A process that has ended.

    Attributes:
        output: what it wrote to standard output.
        seconds: from its start to its end.
        peak_mb: most memory that was resident, MiB; where it started others, each at its own peak,
            added up: at least what all of them held at once, for they share libraries.
    """

    output: str
    seconds: float
    peak_mb: float

    @property
    def json(self) -> Any:
        """The last line of the output, read as JSON."""
        return json.loads(self.output.splitlines()[-1])


def run(module: str, *arguments: str) -> Finished:
    """Run `python -m MODULE ARGUMENT…` to its end.

    Raises:
        MetricsError: it failed.
    """
    command: Sequence[str] = (sys.executable, "-m", module, *arguments)
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    held, ended = dict[int, float](), threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, held, ended))
    watch.start()
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    ended.set()
    watch.join()
    if process.returncode:
        raise MetricsError(
            f"`python -m {module}` ended with status {process.returncode}; its last words are "
            "above. Nothing of this part was written."
        )
    return Finished(output, seconds, max(used.ru_maxrss * 1024 / 2**20, sum(held.values())))


def _watch(process: int, held: dict[int, float], ended: threading.Event) -> None:
    """Note the peak of every process that was started, until the first one has ended."""
    while not ended.wait(LOOK_S):
        held.update(peaks(process))
