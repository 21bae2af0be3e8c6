"""Verifies the audit trail: `make trail`, or `python -m app.verify_trail [--line NUMBER:SEAL]`."""

import argparse
import sys
from collections.abc import Sequence

from app import trail_texts as words
from app.store.opening import open_store
from app.store.places import places
from app.store.trail import Trail
from ml.errors import SulcusError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Say whether the trail holds.

    Returns:
        Exit status: 0, 1 where it does not hold, 2 where it cannot be read.
    """
    parser = argparse.ArgumentParser(prog="python -m app.verify_trail", description=__doc__)
    parser.add_argument(
        "--line", metavar="NUMBER:SEAL", type=_line, help="a last line that was written down"
    )
    asked: tuple[int, str] | None = parser.parse_args(arguments).line
    try:
        trail = Trail(open_store(places()))
        found = trail.verify()
        said, whole = [words.verified(found)], not found.breaks
        if asked is not None:
            number, seal = asked
            there = (trail.seal_of(number) or "").startswith(seal)
            said.append(words.stands(number) if there else words.cut(number))
            whole = whole and there
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join(said) + "\n")
    return 0 if whole else 1


def _line(text: str) -> tuple[int, str]:
    number, _, seal = text.partition(":")
    if not number.isdigit() or len(seal) < 8:
        raise argparse.ArgumentTypeError("a number, a colon and at least 8 digits of the seal")
    return int(number), seal.lower()


if __name__ == "__main__":
    raise SystemExit(main())
