"""The batch on a real Ray cluster of two workers, of which one is killed half-way."""

import contextlib
import importlib.util
import io
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ml import batch, batch_options, batch_ray
from ml.batch import main, run
from ml.batch_ray import Cluster, read_on
from ml.errors import EngineError
from ml.io.files import find
from tests.ml.batch import cluster_workers
from tests.ml.batch.inbox import ROOT, rows_of, write_picture
from tests.ml.batch.killing import by_file, check_one_killed, mortal
from tests.ml.fakes import FakeEngine

NO_RAY = importlib.util.find_spec("ray") is None
needs_ray = pytest.mark.skipif(NO_RAY, reason="Ray is not installed: requirements-ray.txt")


@pytest.fixture(scope="module")
def two_workers() -> Iterator[None]:
    """A cluster of this machine: real processes, small memory, nothing sent anywhere."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["PYTHONPATH"] = str(ROOT)  # of the workers: they import this folder
    import ray

    try:
        ray.init(
            num_cpus=2,
            object_store_memory=100 * 2**20,
            include_dashboard=False,
            _node_ip_address="127.0.0.1",
            log_to_driver=False,
            logging_level="ERROR",
        )
    except Exception as error:  # Ray raises just that where its processes are too slow
        pytest.skip(f"Ray did not start within its own half a minute: {error}")
    yield
    ray.shutdown()
    del os.environ["PYTHONPATH"]


@needs_ray
def test_a_killed_worker_costs_no_row_and_doubles_none(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, two_workers: None
) -> None:
    monkeypatch.setattr(batch_ray, "GROUP_SCANS", 1)
    cluster = Cluster(workers=2, make_engine=mortal(tmp_path / "notes"))
    check_one_killed(many, tmp_path / "notes", partial(read_on, cluster))


@needs_ray
def test_a_worker_with_other_networks_stops_the_run(
    many: Path, tmp_path: Path, two_workers: None
) -> None:
    cluster = Cluster(workers=1, make_engine=partial(cluster_workers.make, tmp_path, "2"))
    reader = partial(read_on, cluster)
    with pytest.raises(EngineError, match="same version"):
        run([str(many)], tmp_path / "out", FakeEngine(), progress=False, reader=reader)
    assert rows_of(tmp_path / "out") == []


def test_only_what_is_not_done_goes_to_the_workers(inbox: Path, tmp_path: Path) -> None:
    """The resume notes are those of the run without a cluster; its order does not matter."""
    out, given = tmp_path / "out", []
    run([str(inbox)], out, FakeEngine(), progress=False)
    for name in ("b.png", "deep/z.PNG"):
        write_picture(inbox / name, 150)

    def backwards(files, masks, networks):
        given.extend(files)
        return batch.read_here(FakeEngine(), files[::-1], masks, networks)

    done = run([str(inbox)], out, FakeEngine(), progress=False, reader=backwards)
    assert given == [str(inbox / "b.png"), str(inbox / "deep/z.PNG")]
    assert (done.read, done.kept) == (2, 4)
    assert sorted(by_file(out)) == sorted(find([str(inbox)], out))
    assert len(rows_of(out)) == 6


def test_files_share_blocks_and_names_survive_them(tmp_path: Path) -> None:
    names = [f"{n}.png" for n in range(9)] + [os.fsdecode(b"latin\xe9.png")]
    blocks = batch_ray._blocks(names, dict.fromkeys(names, "masks/m.png"))
    assert [len(block) for block in blocks] == [8, 2]
    found = [os.fsdecode(name) for block in blocks for name in block["file"].to_pylist()]
    assert found == names
    many = [str(n) for n in range(batch_ray.MOST_BLOCKS * 8 + 1)]
    assert len(batch_ray._blocks(many, dict.fromkeys(many, ""))) <= batch_ray.MOST_BLOCKS


def test_a_worker_reads_its_block_with_one_set_of_networks(inbox: Path, tmp_path: Path) -> None:
    files = list(find([str(inbox)], tmp_path / "out"))
    masks = {file: f"masks/{n}.png" for n, file in enumerate(files)}
    made = []

    def make() -> FakeEngine:
        made.append(FakeEngine())
        return made[-1]

    worker = batch_ray.Actor(make, batch.networks_mark(FakeEngine()))
    (block,) = batch_ray._blocks(files, masks)
    for _ in range(2):
        rows = worker(block).to_pylist()
    assert len(made) == 1
    assert [os.fsdecode(row["file"]) for row in rows] == files
    assert all(row["mask"].startswith(b"\x89PNG") for row in rows)
    assert [size for name, size in made[0].calls if name == "unet"] == [6, 6]


@pytest.mark.parametrize(
    ("installed", "workers", "words"),
    [(None, "2", "requirements-ray.txt"), (object(), "0", "1 or more")],
)
def test_what_cannot_be_had_is_said_before_anything_is_read(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, installed: object, workers: str, words: str
) -> None:
    monkeypatch.setattr(batch_options, "find_spec", lambda _: installed)
    out = inbox.parent / "out"
    command = [str(inbox), "--out", str(out), "--engine", "ray", "--workers", workers]
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        assert main(command, engine=FakeEngine()) == 2
    assert words in said.getvalue()
    assert not out.exists()
