"""What comes of inputs that a fuzzer makes, which goes on from those that reach new code.

It runs in a process of its own (`ml.hostile.fuzzer`), because it has to be there before what it
watches is imported. It is optional: requirements-fuzz.txt.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ml.errors import MetricsError
from ml.hostile.watch import Outcome, killed

__all__ = ["named", "outcomes", "reached"]

_LOG: Final = "fuzzer.log"


def named(entry: str) -> str:
    """Name of the counts of an entry's guided inputs."""
    return f"{entry}_guided"


def outcomes(entry: str, seed: int, inputs: int, folder: Path) -> Iterator[Outcome]:
    """What comes of each input, in order; the first one that ends the process is the last.

    Args:
        entry: one of `ml.hostile.entries.FILES`.
        seed: of the fuzzer.
        inputs: how many.
        folder: the one folder that may be written to; empty.

    Raises:
        MetricsError: the fuzzer is not installed.
    """
    if find_spec("atheris") is None:
        raise MetricsError(
            "The fuzzer that is guided by coverage is not installed. Run `pip install -r "
            "requirements-fuzz.txt`, or leave out --guided."
        )
    command = [sys.executable, "-m", "ml.hostile.fuzzer", entry, str(seed), str(inputs)]
    same = os.environ | {"PYTHONHASHSEED": "0"}  # so that a seed gives the same inputs
    place = 0
    with (
        (folder / _LOG).open("wb") as log,
        subprocess.Popen(
            [*command, str(folder)], stdout=subprocess.PIPE, stderr=log, env=same
        ) as child,
    ):
        for line in child.stdout or ():
            yield Outcome(**json.loads(line))
            place += 1
    if child.returncode:
        status = child.returncode << 8 if child.returncode > 0 else -child.returncode
        yield killed(place, status)


def reached(folder: Path) -> tuple[int, int]:
    """Branches that were reached by the files it began with, and in the end.

    Args:
        folder: as given to `outcomes`.
    """
    log = (folder / _LOG).read_text(encoding="utf-8", errors="replace")
    found = [int(one) for one in re.findall(r"(?m)^#\d+\s.*\bcov: (\d+)", log)]
    begun = re.search(r"(?m)^#\d+\s+INITED.*\bcov: (\d+)", log)
    return (int(begun[1]) if begun else 0, found[-1] if found else 0)
