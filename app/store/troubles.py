"""What a database raises, as a sentence: what happened, and what to do.

Reference: SQLite's result codes; of an extended code the lowest byte is its kind.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from ml.errors import StoreError

__all__ = ["DAMAGED", "is_busy", "is_damage", "troubles"]

DAMAGED: Final = (
    "The database of readings is damaged, so it is not used; nothing was written. Stop the program "
    "and keep a copy of the folder SULCUS_HOME as it is. Then restore the last backup into an "
    "empty folder (`make restore FROM=file`), and see after the disk."
)
_UNREACHED: Final = (
    "The database of readings cannot be reached, or did not take the entry. Nothing was "
    "written. See that the folder SULCUS_HOME can be written to, has room and is on a "
    "local disk, or that the server in SULCUS_DATABASE_URL runs; then try again."
)
_KINDS: Final = {
    sqlite3.SQLITE_FULL: (
        "The disk with the database of readings is full. Nothing was written; what was kept and "
        "signed before is there. Make room on the disk of the folder SULCUS_HOME, then try again."
    ),
    sqlite3.SQLITE_READONLY: (
        "The database of readings may only be read. Nothing was written. Give this program the "
        "right to write to the folder SULCUS_HOME and the files in it, then try again."
    ),
    sqlite3.SQLITE_BUSY: (
        "Another program has held the database of readings for more than a minute. Nothing was "
        "written. Let it finish or stop it, then try again."
    ),
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


@contextmanager
def troubles() -> Iterator[None]:
    """Turn what a database raises into a `StoreError`, without its text: it may hold a name."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(_KINDS.get(_kind(error), _UNREACHED)) from None
    # of a column, since SQLite's own check looks into no text; or of a complaint that quotes one
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise StoreError(DAMAGED) from None


def is_damage(error: sqlite3.Error) -> bool:
    """Whether it says that the file is no whole database."""
    return _kind(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection is in the way, so that waiting helps."""
    return _kind(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _kind(error: SQLAlchemyError | sqlite3.Error) -> int:
    """Kind of SQLite's result code; 0 where it is not SQLite's."""
    return int(getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)) & 0xFF
