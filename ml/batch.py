"""Read many scans from the command line: `python -m ml.batch PATH… --out DIR`.

With `--series` whole series are read, see `ml.batch_series`.

Paths are read in the order given, folders recursively and sorted. Each file gives one row of
`DIR/readings.csv` (see `ml.readings`) and, when it was read, a mask of its own size in
`DIR/masks`. A file that cannot be read, or that the gate refuses, is a row too, and the run goes
on. After an interruption the same command goes on where it stopped: rows whose file and networks
are unchanged are kept, every other one is made again.

Several processes read, see `ml.batch_local`; only a handful of scans is in the memory of each.
"""

import hashlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from ml.batch_masks import mask_files, row_with_mask
from ml.batch_options import chosen_reader, parsed, stopped
from ml.errors import ScanError, SulcusError
from ml.inference.conflicts import gather, least_heat_ratio
from ml.inference.engine import Engine
from ml.inference.gate import shipped_gate
from ml.inference.membership import training_set
from ml.inference.segment import operating_point
from ml.inference.trust import load_trust
from ml.io import read_scan
from ml.io.ahead import ahead
from ml.io.files import find, read_file
from ml.models.registry import SEGMENTER, installed, spec
from ml.models.weight_files import check_digest
from ml.pipeline import analyse_many, default_engine
from ml.readings import (
    ReadingsTable,
    Row,
    as_text,
    failed_row,
    write_atomically,
)
from ml.results import Scan

__all__ = ["Read", "Reader", "Summary", "main", "networks_mark", "read_here", "run"]

GROUP_SCANS = 8
"""Most scans that go through the networks together."""
GROUP_PIXELS = 8_000_000
"""Most pixels that are held at once, unless a single scan has more."""


@dataclass(frozen=True)
class Summary:
    """What a run did.

    Attributes:
        read: scans read by this run.
        refused: scans of this run that are no brain MRI of a kind the networks know.
        failed: files of this run that could not be read.
        kept: rows of an earlier run that still hold.
        found: files that exist among all that were asked for.
    """

    read: int = 0
    refused: int = 0
    failed: int = 0
    kept: int = 0
    found: int = 0


@dataclass(frozen=True)
class _Decoded:
    """One file after reading: a scan, or the reason why there is none."""

    path: str
    sha256: str
    scan: Scan | None
    reason: str = ""


@dataclass(frozen=True)
class Read:
    """What came of one file: its row, and the outline as a PNG where it has one."""

    file: str
    sha256: str
    row: Row
    mask: bytes = b""


Reader = Callable[[Sequence[str], Mapping[str, str], str], Iterator[Read]]
"""(files, mask path of each, mark of the networks) → each file once, in any order."""


def run(
    paths: Sequence[str],
    out: Path,
    engine: Engine | None,
    *,
    progress: bool = True,
    reader: Reader | None = None,
) -> Summary:
    """Read all files below `paths` into the table and masks of `out`.

    Args:
        paths: files and folders.
        out: output folder, made if needed; may hold the rows of an earlier run.
        engine: what runs the networks; None takes this installation's, or leaves it to `reader`.
        progress: draw a progress bar on stderr.
        reader: reads the files elsewhere; None reads them in this process.

    Raises:
        WeightsError: a network cannot be loaded; nothing has been written.
        EngineError: what is to run the networks is not here, or a worker cannot go on.
        MetricsError: the file with the mask threshold cannot be used, or there is none that says
            when heat maps count as elsewhere.
        MembershipError: the index of training pictures is missing or altered.
        GateError: what pictures are compared with is missing, altered or of other networks.
        ForeignTable: `out` holds a table with other columns.
        OSError: `out` cannot be written.
    """
    files = list(find(paths, out))
    if not files:
        return Summary()
    if reader is None:
        engine = engine or default_engine()
        reader = partial(read_here, engine)
    networks = networks_mark(engine)
    (out / "masks").mkdir(parents=True, exist_ok=True)
    table = ReadingsTable(out, networks)
    masks = mask_files(files, table.masks())
    todo = [file for file in files if not _done(file, table)]
    table.drop({as_text(file) for file in todo})
    kept = len(files) - len(todo)
    statuses = _written(reader(todo, masks, networks), table, out)
    with table:
        done = Counter(
            tqdm(statuses, total=len(files), initial=kept, unit="scan", disable=not progress)
        )
    return Summary(
        read=done["ok"],
        refused=done["refused"],
        failed=done["failed"],
        kept=kept,
        found=sum(os.path.lexists(file) for file in files),
    )


def _written(found: Iterable[Read], table: ReadingsTable, out: Path) -> Iterator[str]:
    """Put what comes of the files into table and folder as it comes; gives their statuses."""
    for one in found:
        if one.mask:
            write_atomically(out / one.row["mask_file"], one.mask)
        table.add(one.row, one.sha256)
        yield one.row["status"]


def read_here(
    engine: Engine,
    files: Sequence[str],
    masks: Mapping[str, str],
    networks: str,  # noqa: ARG001  a `Reader` elsewhere compares it with its own
) -> Iterator[Read]:
    """Read files here, a few together, the next few decoded meanwhile; see `Reader`."""
    for group in ahead(_groups(_decode(file) for file in files)):
        answers = analyse_many([one.scan for one in group if one.scan], engine, boxes=False)
        gather(answers)
        left = iter(answers)
        for one in group:
            file = as_text(one.path)
            row, mask = failed_row(file, one.reason), b""
            if one.scan:
                row, mask = row_with_mask(file, next(left), masks[one.path])
            yield Read(one.path, one.sha256, row, mask)


def networks_mark(engine: Engine | None) -> str:
    """Short digest of all that decides what a row says, apart from the file itself.

    Args:
        engine: loads the networks and says which they are; None looks at their files only.
    """
    fingerprint = _digest if engine is None else engine.fingerprint
    parts = [f"{name}:{fingerprint(name)}" for name in installed()]
    parts.append(repr(operating_point(SEGMENTER)))
    parts.append(repr(load_trust()))
    parts.append(training_set().mark)
    parts.append(repr(least_heat_ratio()))
    parts.append(shipped_gate().mark)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _digest(name: str) -> str:
    """What every engine says of a network whose weight file is whole."""
    check_digest(spec(name))
    return spec(name).sha256


def _done(path: str, table: ReadingsTable) -> bool:
    """Whether the row of a file is there and its content is what was read then."""
    if as_text(path) not in table:
        return False
    try:
        return table.holds(as_text(path), hashlib.sha256(read_file(path)).hexdigest())
    except (OSError, ScanError):
        return False


def _decode(path: str) -> _Decoded:
    """Read and decode one file; whatever is wrong with it becomes a reason."""
    sha256 = ""
    try:
        data = read_file(path)
        sha256 = hashlib.sha256(data).hexdigest()
        return _Decoded(path, sha256, read_scan(data))
    except ScanError as error:
        return _Decoded(path, sha256, None, str(error))
    except OSError as error:
        why = error.strerror or type(error).__name__
        return _Decoded(path, "", None, f"The file could not be read from the disk: {why}.")


def _groups(items: Iterable[_Decoded]) -> Iterator[list[_Decoded]]:
    """Neighbours that go through the networks together, in order, bounded in number and pixels."""
    group: list[_Decoded] = []
    pixels = 0
    for item in items:
        size = item.scan.pixels.size if item.scan else 0
        if group and (len(group) == GROUP_SCANS or pixels + size > GROUP_PIXELS):
            yield group
            group, pixels = [], 0
        group.append(item)
        pixels += size
    if group:
        yield group


def main(arguments: Sequence[str] | None = None, engine: Engine | None = None) -> int:
    """Command line; returns the exit status (see `--help`).

    Args:
        arguments: without the program's name; None takes the process's own.
        engine: runs the networks in this process; None takes this installation's, in several.
    """
    from ml import batch_series  # it rests on this module

    options = parsed(arguments, batch_series.EPILOG)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        if engine is not None and options.workers is None:
            options.workers = 1
        reader = chosen_reader(options)
        if options.series:
            engine = engine or default_engine()
            done = batch_series.run_series(options.paths, options.out, engine)
        else:
            done = run(options.paths, options.out, engine, reader=reader)
    except KeyboardInterrupt:
        print("Interrupted. The same command goes on from here.", file=sys.stderr)
        return 130
    except (SulcusError, OSError) as error:
        print(f"ml.batch stopped: {stopped(error)}", file=sys.stderr)
        return 2
    if not done.found:
        print("No file found under the given paths; nothing was read.", file=sys.stderr)
        return 1
    table = options.out / ("series.csv" if options.series else "readings.csv")
    print(
        f"{done.read} read, {done.refused} refused, {done.failed} failed, "
        f"{done.kept} kept from before: {table}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
