"""A batch of which one worker is killed half-way, whatever starts the workers."""

import os
from functools import partial
from pathlib import Path

from ml.batch import Reader, run
from tests.ml.batch import cluster_workers
from tests.ml.batch.cluster_workers import Mortal
from tests.ml.batch.inbox import Counting, rows_of
from tests.ml.fakes import FakeEngine

__all__ = ["by_file", "check_one_killed", "mortal"]


def mortal(notes: Path) -> "partial[Mortal]":
    """What makes the engine of a worker that notes what it does."""
    notes.mkdir()
    return partial(cluster_workers.make, notes)


def by_file(out: Path) -> dict[str, dict[str, str]]:
    return {row["file"]: row for row in rows_of(out)}


def check_one_killed(many: Path, notes: Path, reader: Reader) -> None:
    """Every file has one row and its mask, as without workers, and a third worker came."""
    whole, out = notes.parent / "whole", notes.parent / "out"
    run([str(many)], whole, FakeEngine(), progress=False)
    done = run([str(many)], out, FakeEngine(), progress=False, reader=reader)
    assert (done.read, done.failed, done.kept, done.found) == (13, 1, 0, 14)

    killed = int((notes / "killed").read_text())
    readers = {int(line.split()[0]) for line in (notes / "read").read_text().splitlines()}
    started = [int(line) for line in (notes / "started").read_text().splitlines()]
    assert killed in readers
    assert len(readers) >= 2
    assert os.getpid() not in readers
    assert len(started) == len(set(started)) == 3, "two workers and one in place of the killed one"

    assert len(rows_of(out)) == 14, "a file twice"
    assert by_file(out) == by_file(whole)
    for mask in (whole / "masks").iterdir():
        assert (out / "masks" / mask.name).read_bytes() == mask.read_bytes()

    again = Counting()  # in one process: the same resume notes
    assert run([str(many)], out, again, progress=False).kept == 14
    assert again.scans == 0
