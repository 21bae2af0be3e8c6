"""Times Sulcus on this machine: `make bench` or `python -m ml.bench`.

Each part can be run alone (`make bench ARGS="--parts reading"`); what it finds replaces its own
figures in `assets/metrics/bench.json`, with when and on what machine they were taken, and
`docs/performance.md` is written anew from that file.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ml.bench import document, machine, record
from ml.errors import SulcusError

Part = Callable[[argparse.Namespace], dict[str, Any]]


def _reading(options: argparse.Namespace) -> dict[str, Any]:
    from ml.bench.reading import reading

    return reading(max(1, options.rounds), options.usual_rounds)


def _roofline(options: argparse.Namespace) -> dict[str, Any]:
    from ml.bench.roofline import roofline

    return roofline(options.matrix)


def _app(options: argparse.Namespace) -> dict[str, Any]:
    from ml.bench.running import app

    return app(options.sessions, options.session_rounds)


def _batch(options: argparse.Namespace) -> dict[str, Any]:
    from ml.bench.batch import batch

    return batch(options.pictures)


def _volume(options: argparse.Namespace) -> dict[str, Any]:
    from ml.bench.volume import volume

    slices, side = options.long
    return volume(options.slices, options.side, long=(slices, side))


def _training(options: argparse.Namespace) -> dict[str, Any]:
    from ml.bench.training import training

    return training(options.steps, options.training_side, options.batch)


PARTS: Mapping[str, Part] = {
    "roofline": _roofline,
    "reading": _reading,
    "app": _app,
    "batch": _batch,
    "volume": _volume,
    "training": _training,
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m ml.bench", description=__doc__)
    add = found.add_argument
    add("--parts", nargs="+", choices=tuple(PARTS), default=list(PARTS))
    add("--rounds", type=int, default=10, help="readings of each sample")
    add("--usual-rounds", type=int, default=2, help="the same, the usual way; 0: leave it out")
    add("--matrix", type=int, default=4096, help="side of the large matrix product")
    add("--sessions", nargs="+", type=int, default=[1, 5, 20], help="readers at once")
    add("--session-rounds", type=int, default=3)
    add("--pictures", nargs="+", type=int, default=[100, 300, 1000], help="sizes of the batches")
    add("--slices", nargs="+", type=int, default=[16, 32, 64, 128], help="lengths of the series")
    add("--side", type=int, default=256, help="of the slices of these series, px")
    add("--long", nargs=2, type=int, default=[200, 512], metavar=("SLICES", "SIDE"))
    add("--steps", type=int, default=60, help="training batches that count")
    add("--training-side", type=int, default=128)
    add("--batch", type=int, default=32, help="pictures a training batch")
    add("--root", type=Path, default=record.ROOT, help=argparse.SUPPRESS)
    add("--document-only", action="store_true", help="write the document from the figures")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    options = parser().parse_args(arguments)
    file = options.root / record.FILE
    try:
        for name in () if options.document_only else options.parts:
            where = machine.record()
            record.merge(file, name, where, PARTS[name](options))
            print(f"{name}: written to {file}")
        text = document.document_text(options.root)
    except SulcusError as error:
        print(error, file=sys.stderr)
        return 1
    (options.root / document.DOCUMENT).parent.mkdir(parents=True, exist_ok=True)
    (options.root / document.DOCUMENT).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
