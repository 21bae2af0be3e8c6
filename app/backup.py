"""Backs the store up and restores it: `make backup TO=file`, `make restore FROM=file`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app import backup_texts as words
from app import trail_texts
from app.store.backup import back_up
from app.store.opening import open_store
from app.store.places import Places, places
from app.store.restore import restore
from app.store.trail import Trail
from ml.errors import SulcusError

__all__ = ["main", "put_back"]

BACKED_UP: Final = "backed up"
RESTORED: Final = "restored"


def main(arguments: Sequence[str] | None = None) -> int:
    """Back up or restore.

    Returns:
        Exit status: 0, 1 where the restored audit trail does not hold, 2 where it was refused.
    """
    parser = argparse.ArgumentParser(prog="python -m app.backup", description=__doc__)
    parser.add_argument("what", choices=("make", "restore"))
    parser.add_argument("file", type=Path)
    asked = parser.parse_args(arguments)
    try:
        found = places()
        return _make(found, asked.file) if asked.what == "make" else put_back(found, asked.file)
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _make(found: Places, to: Path) -> int:
    sys.stdout.write(f"{words.packed(back_up(found, to))}\n")
    if found.url.get_backend_name() != "sqlite":
        sys.stdout.write(f"{words.SERVER}\n")
    Trail(open_store(found)).note(BACKED_UP)
    return 0


def put_back(found: Places, backup: Path) -> int:
    """Restore, bring the tables up to date, and verify the trail.

    Returns:
        Exit status, as of `main`.

    Raises:
        StoreError: the backup or the place is refused.
    """
    sys.stdout.write(f"{words.restored(restore(found, backup))}\n")
    trail = Trail(open_store(found))
    verified = trail.verify()
    trail.note(RESTORED)
    sys.stdout.write(f"{trail_texts.verified(verified)}\n")
    return 1 if verified.breaks else 0


if __name__ == "__main__":
    raise SystemExit(main())
