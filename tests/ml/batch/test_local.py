"""The batch in several processes of this machine: none may die and take a file with it."""

import contextlib
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml import batch, batch_local, batch_options
from ml.batch import Read, main, networks_mark, run
from ml.batch_local import WINDOW, Crew, read_with
from ml.batch_worker import RETRIES, Worker
from ml.errors import EngineError
from tests.ml.batch.inbox import ROOT, rows_of, write_picture
from tests.ml.batch.killing import check_one_killed, mortal
from tests.ml.fakes import FakeEngine


class Ends(SystemExit):
    """Ends the thread that takes the place of a worker."""


class Thread(threading.Thread):
    """A worker in a thread: its end of the pipe is closed when it ends, as that of a process is."""

    exitcode = -9

    def __init__(self, *, target: Callable[..., None], args: tuple[Any, ...], daemon: bool) -> None:
        self._line = Connection(os.dup(args[0].fileno()))  # the parent closes the other one
        super().__init__(target=target, args=(self._line, *args[1:]), daemon=daemon)

    def run(self) -> None:
        with contextlib.suppress(Ends):
            super().run()
        self._line.close()

    def kill(self) -> None:
        raise AssertionError("a worker did not end by itself")


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[FakeEngine]:
    """Threads in place of processes, and one file a group; for the engines that they make."""
    context = SimpleNamespace(Process=Thread, Pipe=multiprocessing.Pipe)
    monkeypatch.setattr(batch_local, "_SPAWN", context)
    monkeypatch.setattr(batch_local, "GROUP_SCANS", 1)
    monkeypatch.setenv("SULCUS_THREADS", "1")  # taken back after the test, whoever sets it
    return []


def crew_of(made: list[FakeEngine], engine: Callable[[], FakeEngine], workers: int = 2) -> Crew:
    def make() -> FakeEngine:
        made.append(engine())
        return made[-1]

    return Crew(workers, make)


def test_a_killed_worker_costs_no_row_and_doubles_none(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_local, "GROUP_SCANS", 1)
    crew = Crew(2, mortal(tmp_path / "notes"))
    check_one_killed(many, tmp_path / "notes", partial(read_with, crew))
    table = [(tmp_path / name / "readings.csv").read_bytes() for name in ("whole", "out")]
    assert table[0] == table[1], "the rows are in another order than those of one process"
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_run(many: Path, tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl+C, which a terminal sends to all of them, and a parent that is killed."""
    script = (
        "import signal, sys\n"
        "from functools import partial\n"
        "from pathlib import Path\n"
        "from ml import batch, batch_local\n"
        "from tests.ml.batch import cluster_workers\n"
        "if __name__ == '__main__':\n"
        # what a script starts in the background ignores Ctrl+C, and so do its children
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"    make = partial(cluster_workers.make, Path({str(tmp_path)!r}))\n"
        "    make()\n"
        "    batch_local.GROUP_SCANS = 1\n"
        "    reader = partial(batch_local.read_with, batch_local.Crew(2, make))\n"
        "    batch.chosen_reader = lambda options: reader\n"
        "    batch.networks_mark = lambda _, mark=batch.networks_mark: mark(make())\n"
        f"    sys.exit(batch.main([{str(many)!r}, '--out', {str(tmp_path / 'out')!r}]))\n"
    )
    (tmp_path / "killed").write_text("no worker")
    (tmp_path / "hold").touch()
    (tmp_path / "run.py").write_text(script)
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "run.py")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    notes = tmp_path / "read"
    wait_for(lambda: notes.exists() and len(notes.read_text().splitlines()) >= 4)
    workers = {int(line.split()[0]) for line in notes.read_text().splitlines()}
    assert parent.pid not in workers
    if number == signal.SIGINT:
        os.killpg(parent.pid, number)
    else:
        parent.send_signal(number)
        (tmp_path / "hold").unlink()
    _, said = parent.communicate(timeout=60)
    wait_for(lambda: not any(alive(worker) for worker in workers))
    if number == signal.SIGINT:
        assert parent.returncode == 130
        assert "Interrupted" in said
        assert "Traceback" not in said
    assert len(rows_of(tmp_path / "out")) < 14


def alive(process: int) -> bool:
    """Whether a process is there, and has not just ended without anybody asking how."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_groups_that_end_every_worker_end_the_run_with_the_reason(
    many: Path, tmp_path: Path, threads: list[FakeEngine]
) -> None:
    class Deadly(FakeEngine):
        def segment(self, batch):
            if batch.mean() > 0.5:
                raise Ends
            return super().segment(batch)

    write_picture(many / "05.png", 101, radius=40.0)
    reader = partial(read_with, crew_of(threads, Deadly))
    with pytest.raises(EngineError, match=r"files 6 to 6 .*status -9.*goes on from here"):
        run([str(many)], tmp_path / "o", FakeEngine(), progress=False, reader=reader)
    assert len(threads) == 2 + RETRIES
    rows = rows_of(tmp_path / "o")
    assert len(rows) <= 5
    assert [Path(row["file"]).name for row in rows] == [f"{n:02}.png" for n in range(len(rows))]


def test_what_is_wrong_with_a_worker_is_said_and_stops_the_run(
    many: Path, tmp_path: Path, threads: list[FakeEngine]
) -> None:
    crew = crew_of(threads, lambda: FakeEngine(version="2"))
    reader = partial(read_with, crew)
    with pytest.raises(EngineError, match=r"same version.*goes on from here"):
        run([str(many)], tmp_path / "out", FakeEngine(), progress=False, reader=reader)
    assert rows_of(tmp_path / "out") == []
    assert not any(engine.calls for engine in threads)
    broken = Worker(lambda: FakeEngine(missing=True), "mark", threads=1)
    with pytest.raises(EngineError, match="make train"):
        broken.read([], {})


def test_workers_do_not_read_far_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: list[FakeEngine]
) -> None:
    """Whoever writes slowly is waited for."""
    names = [str(tmp_path / f"{number:03}.png") for number in range(60)]
    handed: list[str] = []
    read = Worker.read

    def noted(self: Worker, files: Sequence[str], masks: Mapping[str, str]) -> list[Read]:
        handed.extend(files)
        return read(self, files, masks)

    monkeypatch.setattr(Worker, "read", noted)
    crew = crew_of(threads, FakeEngine)
    found = read_with(crew, names, dict.fromkeys(names, ""), networks_mark(FakeEngine()))
    for place in range(3):
        assert next(found).file == names[place]
        time.sleep(0.1)
        assert place < len(handed) <= place + WINDOW * crew.workers
    found.close()
    assert len(threads) == 2
    assert not any(isinstance(one, Thread) for one in threading.enumerate())


def test_few_files_start_few_workers(tmp_path: Path, threads: list[FakeEngine]) -> None:
    mark = networks_mark(FakeEngine())
    crew = crew_of(threads, FakeEngine, workers=5)
    names = [str(tmp_path / name) for name in ("a.png", "b.png")]
    found = list(read_with(crew, names, dict.fromkeys(names, ""), mark))
    assert [one.file for one in found] == names
    assert len(threads) == 2
    assert list(read_with(crew, [], {}, mark)) == []


def test_a_worker_takes_its_share_of_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SULCUS_THREADS", "")  # so that it is taken back after the test
    monkeypatch.delenv("SULCUS_THREADS")
    Worker(FakeEngine, networks_mark(FakeEngine()), threads=3)
    assert os.environ["SULCUS_THREADS"] == "3"
    Worker(FakeEngine, networks_mark(FakeEngine()), threads=1)
    assert os.environ["SULCUS_THREADS"] == "3", "what was said is not overruled"


@pytest.mark.parametrize(
    ("cores", "memory_gb", "workers"), [(1, 64, 1), (2, 24, 2), (64, 16, 8), (4, 1, 1)]
)
def test_as_many_workers_as_cores_and_memory(
    monkeypatch: pytest.MonkeyPatch, cores: int, memory_gb: int, workers: int
) -> None:
    monkeypatch.setattr(batch_local, "cores", lambda: cores)
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": memory_gb * 2**30 // 4096}
    monkeypatch.setattr(batch_local.os, "sysconf", pages.__getitem__)
    assert batch_local.default_workers() == workers


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", "0"], "1 or more"),
        (["--series", "--workers", "2"], "--series reads in this process"),
        (["--series", "--engine", "ray"], "--series reads in this process"),
    ],
)
def test_options_that_cannot_be_had_together(
    inbox: Path, tmp_path: Path, options: list[str], words: str
) -> None:
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        command = [str(inbox), "--out", str(tmp_path / "out"), *options]
        assert main(command, engine=FakeEngine()) == 2
    assert words in said.getvalue()
    assert not (tmp_path / "out").exists()


def test_several_processes_are_what_is_taken_unasked(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the process that starts them loads no network: the files say which they are."""
    taken: list[int] = []

    def instead(crew: Crew, files, masks, networks):
        taken.append(crew.workers)
        return batch.read_here(FakeEngine(), files, masks, networks)

    monkeypatch.setattr(batch_local, "read_with", instead)
    monkeypatch.setattr(batch_local, "default_workers", lambda: 3)
    monkeypatch.setattr(batch, "_digest", FakeEngine().fingerprint)
    monkeypatch.setattr(batch_options, "default_engine", FakeEngine)
    assert main([str(inbox), "--out", str(tmp_path / "out")]) == 0
    assert main([str(inbox), "--out", str(tmp_path / "more"), "--workers", "2"]) == 0
    assert taken == [3, 2]
    assert len(rows_of(tmp_path / "out")) == 6
