"""Whether every value in a database is of its column's kind: SQLite itself takes any.

This program writes no other ones, so only a restore looks: its database may come from elsewhere.

Limits: what a JSON text says is not looked at, only that it is a mapping or a list.
"""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import JSON, Column

from app.store.tables import Base, UtcTime

__all__ = ["fits"]

_STORED: Final[dict[type, tuple[type, ...]]] = {
    str: (str,),
    int: (int,),
    bool: (int,),
    float: (float, int),
    bytes: (bytes,),
    date: (str,),
    datetime: (str,),
}
"""[what a column gives] → what SQLite has of it."""


def fits(database: Path) -> bool:
    """Whether a database that is whole has no value of another kind.

    Args:
        database: a file of SQLite, of this version of the tables or of an earlier one.
    """
    with closing(sqlite3.connect(database, timeout=60)) as connection:
        return all(
            _fits(connection, column)
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if column.name in _present(connection, table.name)
        )


def _present(connection: sqlite3.Connection, table: str) -> set[str]:
    """Columns that a table has; none where there is no such table."""
    return {
        str(name)
        for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    }


def _fits(connection: sqlite3.Connection, column: Column[Any]) -> bool:
    values = connection.execute(f'SELECT "{column.name}" FROM "{column.table.name}"')
    return all(value is None or _is(column, value) for (value,) in values)


def _is(column: Column[Any], value: object) -> bool:
    """Whether a value can be made into what its column gives."""
    try:
        if isinstance(column.type, JSON):
            return isinstance(value, str) and isinstance(json.loads(value), dict | list)
        kind = datetime if isinstance(column.type, UtcTime) else column.type.python_type
        if kind is datetime and isinstance(value, str):
            datetime.fromisoformat(value).astimezone(UTC)
        elif kind is date and isinstance(value, str):
            date.fromisoformat(value)
        return isinstance(value, _STORED[kind])
    except (ValueError, OverflowError, RecursionError):
        return False
