"""What comes back out of the store, damaged: a backup to restore, the text of a signed report.

Limits: times, and the secret of a backup, are of the moment in which the valid ones were made; the
same seed makes the same changes to them.
"""

import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from app.archive import open_archive
from app.backup import put_back
from app.components import signed_report
from app.loss.files import at, filled
from app.loss.whole import closed
from app.loss.work import READER, named, new_report
from app.reports import addendum
from app.reports.restored import restored
from app.store.backup import DATABASE, MANIFEST, back_up
from app.store.places import Places
from app.store.signed import NewReport, SignedReport
from ml.drawing import unpacked
from ml.hostile import jsons, seeds, volumes
from ml.hostile.damage import damaged
from ml.hostile.entries import Entry

__all__ = ["BACKUP", "REPORT"]

_SCAN: Final = "signed scan"
_NOON: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@cache
def _backups() -> tuple[bytes, ...]:
    with TemporaryDirectory() as folder:
        home, to = Path(folder) / "home", Path(folder) / "backup"
        filled(home)
        back_up(at(home), to)
        return (to.read_bytes(),)


def _changed_backup(data: bytes, chance: Random) -> bytes:
    """The archive, its list, or one of its files or rows changed; digests fit the last two."""
    if chance.random() < 0.2:
        return volumes.archive(data, chance)
    members = seeds.unzipped(data)
    if chance.random() < 0.3:
        members[MANIFEST] = jsons.changed(members[MANIFEST], chance)
        return seeds.zipped(members)
    name = DATABASE if chance.random() < 0.8 else chance.choice(sorted(members))
    change = _changed_rows if name == DATABASE and chance.random() < 0.7 else damaged
    members[name] = change(members[name], chance)
    if name != MANIFEST:
        stated = json.loads(members[MANIFEST])
        facts = {"size": len(members[name]), "sha256": hashlib.sha256(members[name]).hexdigest()}
        stated["files"][name] |= facts
        members[MANIFEST] = json.dumps(stated).encode()
    return seeds.zipped(members)


def _changed_rows(database: bytes, chance: Random) -> bytes:
    """A database with other values in some rows, or without one of its parts."""
    plain = database[:18] + b"\1\1" + database[20:]  # no write-ahead log: it is in memory
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as held:
        held.deserialize(plain)
        query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        parts = held.execute(query).fetchall()
        guards = [(name, sql) for kind, name, sql in parts if kind == "trigger"]
        for name, _ in guards:
            held.execute(f'DROP TRIGGER "{name}"')
        held.execute("PRAGMA ignore_check_constraints = ON")
        tables = [name for kind, name, _ in parts if kind == "table"]
        if chance.random() < 0.1:
            gone = chance.choice(tables)
            held.execute(f'DROP TABLE "{gone}"')
            guards = [(name, sql) for name, sql in guards if gone not in sql]
        else:
            for _ in range(chance.randint(1, 3)):
                _change_row(held, chance.choice(tables), chance)
        for _, sql in guards:
            held.execute(sql)
        return bytes(held.serialize())


def _change_row(held: sqlite3.Connection, table: str, chance: Random) -> None:
    """Put another value into a column of a row, unless the table refuses it."""
    rows = held.execute(f'SELECT rowid, * FROM "{table}"')
    column = chance.choice([one[0] for one in rows.description[1:]])
    numbers = [row[0] for row in rows]
    value = chance.choice(jsons.VALUES)
    if isinstance(value, list | dict | bool) or value == 10**40 or chance.random() < 0.2:
        value = json.dumps(value)
    elif isinstance(value, str) and chance.random() < 0.3:
        value = value.encode("utf-8", "surrogatepass")
    try:
        held.execute(
            f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?',
            (value, chance.choice(numbers or [0])),
        )
    except (sqlite3.Error, UnicodeEncodeError):
        return


def _restore(data: bytes) -> None:
    """As the command does, and the pages after it."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "backup"
        file.write_bytes(data)
        found = at(Path(folder) / "home")
        put_back(found, file)
        _look(found)


def _look(found: Places) -> None:
    """Open every row that a page shows."""
    store = open_archive(found)
    try:
        store.readings()
        store.reports.signers()
        for one in store.worklist():
            scan = one.scan.content_hash
            store.outlines.of_scan(scan)
            for drawn in store.drawings.of_scan(scan):
                unpacked(drawn.outline.mask)
            for row in store.reports.of_scan(scan):
                if row.intact and row.amends is None:
                    signed_report.draw(row, ())
    finally:
        closed(store)


def _row(text: str, number: int, amends: int | None = None) -> SignedReport:
    """A row of the store with a text that is intact by its digest."""
    read = named(_SCAN)
    report = NewReport(READER, "1.0", read.weights, text)
    scan = read.scan.content_hash
    return SignedReport(number, scan, report, _NOON, report.digest, amends, True)


@cache
def _reports() -> tuple[bytes, ...]:
    """A signed report and an addendum to it."""
    text = new_report(named(_SCAN)).document
    added = addendum.addition("Seen again.", READER, time=_NOON, amends=_row(text, 1))
    return text.encode(), added.document.encode()


def _reopen(data: bytes) -> None:
    """As the pages do: draw the text, then look whether its other files can be made again."""
    text = data.decode("utf-8", "replace")
    rows: tuple[SignedReport, ...] = (_row(text, 1),)
    if "sulcus-addendum" in text:
        rows = (_row(_reports()[0].decode(), 1), _row(text, 2, 1))
    restored(rows[0], named(_SCAN), rows=rows, outlines=(), drawings=())
    signed_report.draw(rows[0], rows[1:])


BACKUP: Final = Entry("Backup to restore", _backups, _changed_backup, _restore)
REPORT: Final = Entry("Text of a signed report", _reports, jsons.changed, _reopen)
