"""What runs in the tests' worker processes: networks that need no files."""

import os
import signal
import time
from pathlib import Path

from ml import batch, pipeline
from ml.models import registry
from tests.ml.fakes import OPEN_GATE, FakeEngine, published


class Mortal(FakeEngine):
    """Notes what it does in a folder, and is killed with its process once, half-way.

    From there on it waits while there is a file `hold`.
    """

    def __init__(self, notes: Path, version: str) -> None:
        super().__init__(version=version)
        self._notes = notes
        with (notes / "started").open("a") as file:
            file.write(f"{os.getpid()}\n")

    def segment(self, batch):
        time.sleep(0.05)
        with (self._notes / "read").open("a") as file:
            file.write(f"{os.getpid()} {len(batch)}\n")
        done = len((self._notes / "read").read_text().splitlines())
        while done >= 4 and (self._notes / "hold").exists():
            time.sleep(0.02)
        if done >= 4 and not (self._notes / "killed").exists():
            (self._notes / "killed").write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().segment(batch)


def make(notes: Path, version: str = "1") -> Mortal:
    """In a worker: the tests' networks and a gate that is open, as the fixtures give them."""
    registry.published = published
    batch.shipped_gate = pipeline.shipped_gate = lambda: OPEN_GATE
    return Mortal(notes, version)
