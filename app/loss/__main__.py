"""What is lost when a process is killed, the power fails or the disk is full.

`python -m app.loss [--parts …] [--trials N] [--seed S]` tries it, writes its counts as rows to
`assets/metrics/robustness/loss.csv` and docs/robustness.md from them. The row of a case that is
tried again is replaced. Ends with 1 where anything failed.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app import robustness
from app.archive import open_archive
from app.loss.counts import Row, save
from app.loss.cut import CUT, LYING, cuts
from app.loss.document import PARTS
from app.loss.files import at
from app.loss.full import FULL, full
from app.loss.killing import PART as KILL
from app.loss.killing import killings
from app.loss.rights import READ_ONLY, read_only
from app.loss.together import CLOCK, TOGETHER, clock, together
from app.loss.whole import closed, problems
from app.loss.work import LOOPS
from ml.errors import SulcusError
from ml.hostile.document import DOCUMENT

TRIALS: Final = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    failed = 0
    try:
        if not chosen.report_only:
            _warm_up()
        for part in () if chosen.report_only else chosen.parts:
            for row in _rows(part, chosen):
                save(chosen.root, [row])
                failed += row.failures
                sys.stdout.write(f"{_line(row)}\n")
                sys.stdout.flush()
        (chosen.root / DOCUMENT).write_text(robustness.text(chosen.root), encoding="utf-8")
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app.loss",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [part for part in PARTS if part != LYING]
    parser.add_argument(
        "--parts", nargs="+", choices=names, default=names, metavar="PART",
        help=f"which (default: all): {', '.join(names)}; {CUT} is tried with {LYING}",
    )  # fmt: skip
    parser.add_argument(
        "--trials", type=int, default=TRIALS, help=f"moments of each case (default: {TRIALS})"
    )
    parser.add_argument("--seed", type=int, default=1, help="another one gives other moments")
    parser.add_argument(
        "--every", type=int, default=1, help="of the pages left on a full disk (default: each)"
    )
    parser.add_argument("--report-only", action="store_true", help="write the document anew")
    parser.add_argument("--root", type=Path, default=robustness.REPOSITORY, help=argparse.SUPPRESS)
    return parser


def _warm_up() -> None:
    """Import and draw what every process would for itself."""
    with TemporaryDirectory(prefix="sulcus-loss-") as folder:
        home = Path(folder) / "home"
        store = open_archive(at(home))
        told = [ack for loop in LOOPS.values() for ack in loop.step(store, loop.title)]
        closed(store)
        problems(at(home), told)


def _rows(part: str, chosen: argparse.Namespace) -> Iterator[Row]:
    """What comes of one part."""
    seed: int = chosen.seed
    tried = {
        KILL: lambda: killings(seed, chosen.trials),
        CUT: lambda: cuts(seed, chosen.trials),
        FULL: lambda: full(seed, chosen.every),
        READ_ONLY: lambda: read_only(seed),
        CLOCK: lambda: clock(seed),
        TOGETHER: lambda: together(seed, max(1, chosen.trials // 10)),
    }
    return tried[part]()


def _line(row: Row) -> str:
    told = (
        f"{row.trials:,} trials, {row.acknowledged:,} acknowledged, {row.refused:,} refused, "
        f"{row.failures} failed"
    )
    return f"{row.part}: {row.case}: {told}{row.what and ': '}{row.what}"


if __name__ == "__main__":
    sys.exit(main())
