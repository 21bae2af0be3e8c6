"""Opening the database: its settings, and its tables brought up to date.

SQLite: one file, write-ahead log, flushed to the disk at every commit (synchronous = FULL), so
that a reading outlives a kill and a power cut; foreign keys on; a writer waits for another one.
A transaction that writes takes the write lock at its start (`WRITES`): SQLite would refuse it at
once, without waiting, were it to ask for the lock after another one had written. PostgreSQL's
writers queue in the same way, so that looking for a row and adding it cannot be cut in two.
"""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event

from app.store.places import Places, prepare
from app.store.starting import recover
from app.store.troubles import DAMAGED, is_busy, troubles
from ml.errors import StoreError

WRITES: Final = "sulcus_writes"
"""Execution option of a connection whose transactions write."""
PLACES: Final = "sulcus_places"
"""Execution option of an engine: the places that it was made for."""
MIGRATIONS: Final = Path(__file__).resolve().parent / "migrations"
_PATIENCE_S: Final = 60.0
_WRITE_LOCK: Final = 0x5C1C05
"""Number of PostgreSQL's advisory lock that writers hold, as they hold SQLite's write lock."""


def open_store(found: Places) -> Engine:
    """The database, with every table as this version needs it; see `app.store.starting` too.

    Raises:
        StoreError: it cannot be reached, is damaged, or was written by a later version.
    """
    prepare(found)
    recover(found)
    engine = connect(found)
    migrate(engine)
    return engine


def connect(found: Places) -> Engine:
    """The database as it is; nothing is read or made but an empty file.

    Raises:
        StoreError: the file cannot be made.
    """
    options = {PLACES: found}
    if found.url.get_backend_name() != "sqlite":
        engine = create_engine(found.url, pool_pre_ping=True, execution_options=options)
        event.listen(engine, "begin", _begin_server)
        return engine
    _make_private(Path(str(found.url.database)))
    engine = create_engine(
        found.url, connect_args={"timeout": _PATIENCE_S}, execution_options=options
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the tables up to date; of several processes that start at once, one does.

    Args:
        engine: from `connect`.
        revision: version to stop at.

    Raises:
        StoreError: the database cannot be reached, or was written by a later version.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with troubles(), engine.execution_options(**{WRITES: True}).begin() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, revision)
        except CommandError:
            raise StoreError(
                "The database of readings was written by a later version of this program. Start "
                "that version, or name another folder in SULCUS_HOME."
            ) from None
        except AssertionError:  # Alembic's own, about a version without a letter
            raise StoreError(DAMAGED) from None


def _make_private(file: Path) -> None:
    """An empty file for its owner only, where there is none; the log files inherit its mode."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"The database of readings cannot be opened ({error.strerror}). Name a folder that you "
            "may write to in SULCUS_HOME, and start again."
        ) from None


def _set_up(connection: Any, record: object) -> None:  # noqa: ARG001  the event's own arguments
    connection.isolation_level = None  # transactions begin in _begin, and nowhere else
    try:
        cursor = connection.cursor()
        _write_ahead(cursor)
        # recursive_triggers: else INSERT OR REPLACE deletes a row behind the guard's back.
        for pragma in ("synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
    except sqlite3.Error:
        connection.close()  # nobody else does: the file would stay open
        raise


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Switch to the write-ahead log; SQLite does not wait by itself when others do the same."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > end:
                raise
            time.sleep(0.05)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_server(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")
