"""The same batch on a Ray cluster: `python -m ml.batch PATH… --out DIR --engine ray`.

Workers read the files and run the networks; this process alone writes the table, the resume notes
and the masks, as it does without a cluster. So an interrupted run goes on with either engine.

Steps: files in blocks (one task each) → a pool of workers that load the networks once → rows as
they come, each file once.

* Back-pressure: a worker holds at most `TASKS_AHEAD` blocks, and Ray Data starts no more than its
  object store has room for; what comes back is a row and a small PNG.
* A worker that is lost is started anew and its block is read again, `RETRIES` times at most: a
  file that ends every process that opens it ends the run with a reason instead of going round for
  ever. A row that comes twice is kept once.
* Workers read by path: every machine sees the files under the same one. They run this version of
  the program; a worker with other networks or thresholds stops the run.

Ray's own usage statistics are off: nothing leaves the cluster. Limits: a Ray cluster asks nobody
for a password; keep its ports on a network of its own.
"""

import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from ml.batch import GROUP_SCANS, Read
from ml.batch_worker import GO_ON, RETRIES, Worker
from ml.errors import EngineError, SulcusError
from ml.inference.engine import Engine
from ml.pipeline import default_engine

__all__ = ["Cluster", "read_on"]

HERE: Final = "local"
"""Address of a cluster that is started on this machine for the run."""
TASKS_AHEAD: Final = 2
"""Blocks that a worker holds: the next one waits while one is read."""
MOST_BLOCKS: Final = 4096
"""More files make larger blocks, not more of them."""
_TASK: Final = pa.schema([("file", pa.binary()), ("mask_file", pa.string())])
_READ: Final = pa.schema(
    [("file", pa.binary()), ("sha256", pa.string()), ("row", pa.string()), ("mask", pa.binary())]
)


@dataclass(frozen=True)
class Cluster:
    """Where the workers are.

    Attributes:
        address: as Ray takes it: "auto", "host:6379", "ray://host:10001", or `HERE`.
        workers: how many, each with a core of its own; None takes every core of the cluster.
        make_engine: called once in each worker.
    """

    address: str = "auto"
    workers: int | None = None
    make_engine: Callable[[], Engine] = default_engine


def read_on(
    cluster: Cluster, files: Sequence[str], masks: Mapping[str, str], networks: str
) -> Iterator[Read]:
    """Read files on a cluster; see `ml.batch.Reader`.

    Args:
        cluster: where.
        files: paths that every worker can read.
        masks: mask path of each.
        networks: `ml.batch.networks_mark` of this process; workers must have the same.

    Yields:
        Each file once, as it is read.

    Raises:
        EngineError: no cluster answers, a worker cannot read with the same networks, or one block
            was lost too often.
    """
    waiting = set(files)
    if not waiting:
        return
    with _connected(cluster) as ray:
        try:
            for read in _results(ray, cluster, _blocks(files, masks), networks):
                if read.file in waiting:  # a block that was read twice gives its rows once
                    waiting.remove(read.file)
                    yield read
        except ray.exceptions.RayError as error:
            raise EngineError(
                f"The cluster stopped ({type(error).__name__}): a block of files was lost "
                f"{RETRIES + 1} times, or no worker could start. {GO_ON}"
            ) from None
    if waiting:
        raise EngineError(f"{len(waiting)} files came back without a row. {GO_ON}")


class Actor:
    """A process of the cluster that loads the networks once and reads blocks of files."""

    def __init__(self, make_engine: Callable[[], Engine], networks: str) -> None:
        """Load the networks; what is wrong with them is said when the first block comes."""
        self._worker = Worker(make_engine, networks, threads=1)

    def __call__(self, block: pa.Table) -> pa.Table:
        """Rows and masks of the files of one block; or one row without a file, the problem."""
        files = [os.fsdecode(name) for name in block["file"].to_pylist()]
        masks = dict(zip(files, block["mask_file"].to_pylist(), strict=True))
        try:
            reads = [_packed(one) for one in self._worker.read(files, masks)]
        except SulcusError as error:
            return _problem(str(error))
        return pa.Table.from_pylist(reads, schema=_READ)


def _packed(one: Read) -> dict[str, object]:
    file, row = os.fsencode(one.file), json.dumps(one.row)
    return {"file": file, "sha256": one.sha256, "row": row, "mask": one.mask}


def _problem(text: str) -> pa.Table:
    """An error of our own on its way home: Ray would pass on its type, but not always its words."""
    return pa.Table.from_pylist([{"sha256": "", "row": text, "mask": b""}], schema=_READ)


def _blocks(files: Sequence[str], masks: Mapping[str, str]) -> list[pa.Table]:
    """The files in order, so many to a task that the networks get whole batches."""
    size = max(GROUP_SCANS, -(-len(files) // MOST_BLOCKS))
    return [
        pa.Table.from_pylist(
            [{"file": os.fsencode(file), "mask_file": masks[file]} for file in part], schema=_TASK
        )
        for part in (files[start : start + size] for start in range(0, len(files), size))
    ]


def _results(
    ray: Any, cluster: Cluster, blocks: Sequence[pa.Table], networks: str
) -> Iterator[Read]:
    """What the workers give, block by block as each is done."""
    cores = cluster.workers or int(ray.cluster_resources().get("CPU", 1))
    pool = ray.data.ActorPoolStrategy(
        size=max(1, min(cores, len(blocks))), max_tasks_in_flight_per_actor=TASKS_AHEAD
    )
    with warnings.catch_warnings():
        # Ray 2.60 gives the bound on retries no other name yet, and drops this one in 2.64
        warnings.simplefilter("ignore", DeprecationWarning)
        done = ray.data.from_arrow(list(blocks)).map_batches(
            Actor,
            fn_constructor_args=(cluster.make_engine, networks),
            batch_size=GROUP_SCANS,
            batch_format="pyarrow",
            compute=pool,
            num_cpus=1,
            max_restarts=-1,
            max_task_retries=RETRIES,
        )
    for table in done.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1):
        for one in table.to_pylist():
            if one["file"] is None:
                raise EngineError(f"A worker stopped: {one['row']} {GO_ON}")
            row = json.loads(one["row"])
            yield Read(os.fsdecode(one["file"]), one["sha256"], row, one["mask"])


@contextmanager
def _connected(cluster: Cluster) -> Iterator[Any]:
    """Ray, connected to the cluster; what was connected before stays so.

    Raises:
        EngineError: no cluster answers at the address.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before the import: no figure leaves the cluster
    import ray
    import ray.data

    ray.data.DataContext.get_current().enable_progress_bars = False
    own = not ray.is_initialized()
    if own:
        settings: dict[str, Any] = {"logging_level": logging.WARNING, "log_to_driver": False}
        if cluster.address == HERE:
            settings |= {"num_cpus": cluster.workers, "include_dashboard": False}
            settings["_node_ip_address"] = "127.0.0.1"  # else it listens to the whole network
        try:
            ray.init(cluster.address, **settings)
        except (ConnectionError, RuntimeError, ValueError):
            raise EngineError(
                f"No Ray cluster answers at {cluster.address!r}. Start one with `ray start --head "
                "--disable-usage-stats`, name another with --address, or take --address local."
            ) from None
    try:
        yield ray
    finally:
        if own:
            ray.shutdown()
