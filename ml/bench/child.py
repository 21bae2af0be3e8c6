"""A part of the bench in a process of its own: what it says, how long, and its peak of memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ml.errors import MetricsError
from ml.models.registry import REPOSITORY

__all__ = ["Finished", "run"]


@dataclass(frozen=True)
class Finished:
    """A process that has ended.

    Attributes:
        output: what it wrote to standard output.
        seconds: from its start to its end.
        peak_mb: most memory that was resident at once, MiB.
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
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise MetricsError(
            f"`python -m {module}` ended with status {process.returncode}; its last words are "
            "above. Nothing of this part was written."
        )
    return Finished(output, seconds, used.ru_maxrss * 1024 / 2**20)
