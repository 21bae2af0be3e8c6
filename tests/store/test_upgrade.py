"""A store of an earlier version is brought up to date: every row and file is there as it was."""

import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Engine, MetaData, Table, create_engine, func, select

from app.store.opening import MIGRATIONS, connect, migrate, open_store
from app.store.pictures import Pictures
from app.store.places import Places, prepare, secret
from app.store.records import AGREE, DISAGREE, UNDONE, UNSURE, Word
from app.store.repository import Repository
from app.store.signed import Reports
from app.store.trail import Trail
from ml.io import kept, read_scan
from ml.phantom.drawing import draw
from ml.phantom.files import to_png
from tests.store.invented import REPORT, answer, scan

FIRST = Path(__file__).with_name("first_version.sql")
FIRST_VERSION = "0002"
NOON = datetime(2026, 1, 31, 12, 30, 15, 250_000)
VALUES: dict[type, Any] = {
    bool: True,
    int: 7,
    float: 0.1 + 0.2,
    str: "ü",
    bytes: b"\x00\xff",
    object: {"ü": [0.1 + 0.2, None, True]},
    date: NOON.date(),
    datetime: NOON,
}
"""What goes into a column, by its Python type; a JSON column's is `object`."""
STATED = {"verdict": AGREE, "corrected_label": None}
"""Columns that take certain words only."""

Rows = dict[str, list[dict[str, Any]]]


def versions() -> list[str]:
    """Of the database, the first one first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def tables(connection: Connection) -> list[Table]:
    """As they are now, each after those that it refers to."""
    found = MetaData()
    found.reflect(connection)
    return [one for one in found.sorted_tables if one.name != "alembic_version"]


def value(column: "Column[Any]", version: str, connection: Connection) -> Any:
    """Something for a column; what must be unique has the version in it."""
    if column.name in STATED:
        return STATED[column.name]
    for key in column.foreign_keys:
        other = key.column
        return None if other.table is column.table else connection.scalar(select(func.max(other)))
    kind = column.type.python_type
    return f"{VALUES[str]} {version}" if kind is str else VALUES[kind]


def add_row(table: Table, version: str, connection: Connection) -> None:
    """A row with something in every column, as this version of the database has them."""
    columns = (one for one in table.columns if one.name != "id")
    row = {one.name: value(one, version, connection) for one in columns}
    connection.execute(table.insert().values(**row))


def rows(connection: Connection) -> Rows:
    return {
        table.name: [
            dict(row._mapping) for row in connection.execute(table.select().order_by("id"))
        ]
        for table in tables(connection)
    }


def test_every_row_of_every_version_is_kept_in_every_column(either: Places) -> None:
    prepare(either)
    engine = connect(either)
    before: Rows = {}
    for number, version in enumerate(versions(), start=1):
        migrate(engine, version)
        with engine.begin() as connection:
            after = rows(connection)
            assert {name: len(some) for name, some in before.items()} == {
                name: len(some) for name, some in after.items() if name in before
            }
            for name, some in before.items():
                for old, new in zip(some, after[name], strict=True):
                    assert old.items() <= new.items(), f"{version}: {name}"
                    assert {new[key] for key in set(new) - set(old)} <= {None}
            for table in tables(connection):
                add_row(table, version, connection)
            before = rows(connection)
        assert len(before["scans"]) == number
    assert "audit_trail" in before
    engine.dispose()


@pytest.fixture
def first(either: Places) -> Iterator[Engine]:
    """A store of the first version, in either database."""
    prepare(either)
    engine = connect(either)
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(either.url.database))) as connection:
            connection.executescript(FIRST.read_text(encoding="utf-8"))
    else:
        migrate(engine, FIRST_VERSION)
        source = create_engine("sqlite://")
        with source.connect() as read, engine.begin() as connection:
            raw = read.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.executescript(FIRST.read_text(encoding="utf-8"))
            kept_rows = rows(read)
            for table in tables(connection):
                for row in kept_rows[table.name]:
                    del row["id"]  # the server counts them itself, from 1 on as there
                    connection.execute(table.insert().values(**row))
        source.dispose()
    yield engine
    engine.dispose()


def test_what_the_first_version_wrote_is_read_and_gone_on_with(first: Engine) -> None:
    migrate(first)
    repository = Repository(first)
    said = [
        (row.content_hash, row.word.reader, row.word.verdict, row.word.reason, row.standing)
        for row in repository.readings()
    ]
    one, two = scan(1).content_hash, scan(2).content_hash
    assert said == [
        (one, "A. Reader", AGREE, "", True),
        (two, "Ελένη Müller", DISAGREE, 'it\'s "darker"\nthan usual', True),
        (one, "B. Reader", UNSURE, "", False),
        (one, "B. Reader", UNDONE, "", False),
    ]
    assert [row.word.blind_label for row in repository.readings()][:2] == ["glioma", "no_tumor"]
    assert [row.changed_by_ai for row in repository.readings()][:2] == [False, True]
    assert repository.readings()[0].at == datetime(2026, 11, 22, 12, 0, 9, 530_830, UTC)
    entries = [(line.scan, line.status, line.label) for line in repository.worklist()]
    assert entries == [(scan(1), "read", "glioma"), (scan(2), "signed", "no_tumor")]
    assert Reports(first).of_scan(two) == (), "its text was not stored then"
    assert repository.add_answer(scan(1), answer()) == 1, "the same answer is the same row"
    repository.add_word(1, Word("C. Reader", AGREE))
    Reports(first).sign(1, REPORT)
    assert [line.status for line in repository.worklist()] == ["signed", "signed"]
    series = replace(scan(3), slices=24)
    repository.add_answer(series, replace(answer(), series={"slices": 24}))
    assert repository.worklist()[2].scan == series
    assert Trail(first).verify().breaks == ()


def test_the_first_migrations_are_as_they_were_published(found: Places) -> None:
    prepare(found)
    engine = connect(found)
    migrate(engine, FIRST_VERSION)
    engine.dispose()
    made = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    with closing(sqlite3.connect(":memory:")) as published:
        published.executescript(FIRST.read_text(encoding="utf-8"))
        with closing(sqlite3.connect(str(found.url.database))) as today:
            assert today.execute(made).fetchall() == published.execute(made).fetchall()


def test_there_is_no_way_down(found: Places) -> None:
    engine = open_store(found)
    Repository(engine).add_answer(scan(), answer())
    with engine.connect() as connection:
        before = rows(connection)
    migrate(engine, versions()[0])
    with engine.connect() as connection:
        assert rows(connection) == before
    engine.dispose()
    assert [
        file.name
        for file in (MIGRATIONS / "versions").glob("v*.py")
        if "def downgrade" in file.read_text(encoding="utf-8")
    ] == []


def test_the_files_of_the_first_version_are_read(found: Places) -> None:
    """Its kept pictures say nothing of an orientation."""
    picture = read_scan(to_png(draw("glioma", seed=5, size=64)))
    facts = kept.facts_of(picture)
    del facts["orientation"]
    stream = io.BytesIO()
    text = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)
    np.savez_compressed(stream, pixels=picture.pixels, facts=text)
    prepare(found)
    found.pictures.mkdir()
    (found.pictures / f"{picture.content_hash}.scan").write_bytes(stream.getvalue())
    found.secret_file.write_text("ab" * 32, encoding="ascii")
    assert secret(found) == b"\xab" * 32
    data = Pictures(found.pictures, found.keep_days).data(picture.content_hash)
    again = kept.unpack(data, picture.content_hash)
    np.testing.assert_array_equal(again.pixels, picture.pixels)
    assert replace(again, pixels=picture.pixels) == picture
