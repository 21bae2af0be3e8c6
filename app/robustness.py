"""How hostile input is met: `python -m app.robustness [--entries …] [--inputs N] [--seed S]`.

Each entry is given N damaged inputs (`ml.hostile`), watched for time, memory and files. The counts
go to `assets/metrics/robustness`, and docs/robustness.md is written from them and from what is
counted in the repository (`app.counted`). Another seed adds to the counts, the same one replaces
its own. Ends with 1 where anything failed, and names the inputs.
With `--guided` a fuzzer makes the inputs of files: it goes on from those that reach new code.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app import counted
from app.hostile import ENTRIES
from app.load.visit import STEPS
from app.loss.document import section
from ml.bench import soak
from ml.errors import SulcusError
from ml.hostile import counts, guided
from ml.hostile.document import DOCUMENT, document
from ml.hostile.entries import FILES
from ml.hostile.watch import outcomes

REPOSITORY: Final = Path(__file__).resolve().parents[1]
_SHOWN: Final = 20
"""Failures of an entry that are named."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    failed = 0
    try:
        for name in () if chosen.report_only else chosen.entries:
            if not chosen.guided or name in FILES:
                failed += _campaign(name, chosen)
        (chosen.root / DOCUMENT).write_text(text(chosen.root), encoding="utf-8")
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 1 if failed else 0


def text(root: Path) -> str:
    """The document that the counts give, and the repository where the root is a clone."""
    titles = {name: entry.title for name, entry in ENTRIES.items()}
    led = {guided.named(name): f"{FILES[name].title}, guided by coverage" for name in FILES}
    hostile = document(root, titles | led)
    parts = (hostile, section(root), soak.section(root, STEPS), counted.section(root))
    return "\n".join(filter(None, parts))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app.robustness",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--entries", nargs="+", choices=ENTRIES, default=list(ENTRIES), metavar="ENTRY",
        help=f"which (default: all): {', '.join(ENTRIES)}",
    )  # fmt: skip
    parser.add_argument("--inputs", type=int, default=4000, help="of each entry (default: 4000)")
    parser.add_argument("--seed", type=int, default=1, help="another one gives other inputs")
    parser.add_argument(
        "--guided", action="store_true", help="of files only; needs requirements-fuzz.txt"
    )
    parser.add_argument("--report-only", action="store_true", help="write the document anew")
    parser.add_argument("--root", type=Path, default=REPOSITORY, help=argparse.SUPPRESS)
    return parser


def _campaign(name: str, chosen: argparse.Namespace) -> int:
    """Count what comes of the inputs of one entry; how many failed."""
    more = {}
    with TemporaryDirectory(prefix="sulcus-hostile-") as made:
        folder = Path(made)
        if chosen.guided:
            found = list(guided.outcomes(name, chosen.seed, chosen.inputs, folder))
            name, more = guided.named(name), {"reached": guided.reached(folder)}
        else:
            found = list(outcomes(ENTRIES[name], chosen.seed, range(chosen.inputs), folder))
    counts.add(chosen.root, name, chosen.seed, counts.counted(found) | more)
    failures = [one for one in found if one.kind in counts.FAILURES]
    sys.stdout.write(f"{name}: {len(found):,} inputs, {len(failures)} failed\n")
    for one in failures[:_SHOWN]:
        sys.stdout.write(f"  input {one.place}: {one.kind}: {one.detail} {one.sentence}\n")
    sys.stdout.flush()
    return len(failures)


if __name__ == "__main__":
    sys.exit(main())
