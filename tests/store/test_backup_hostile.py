"""Backups of another form, or with a strange database: what `app.robustness` found, each mended."""

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.store.backup import DATABASE, MANIFEST, back_up
from app.store.kinds import fits
from app.store.opening import open_store
from app.store.places import Places, places
from app.store.restore import restore
from app.store.trail import CHANGED, Trail
from app.store.troubles import DAMAGED
from ml.errors import StoreError
from ml.hostile.watch import is_sentence
from tests.store.test_backup import changed, filled, listed, other

__all__ = ["other"]

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A backup that nobody touched."""
    folder = tmp_path_factory.mktemp("valid")
    found = places({"SULCUS_HOME": str(folder / "home")})
    filled(found)
    back_up(found, folder / "backup.zip")
    return (folder / "backup.zip").read_bytes()


@pytest.fixture
def packed(valid: bytes, tmp_path: Path) -> Path:
    (tmp_path / "backup.zip").write_bytes(valid)
    return tmp_path / "backup.zip"


def refused(found: Places, backup: Path) -> str:
    with pytest.raises(StoreError) as told:
        restore(found, backup)
    assert is_sentence(str(told.value))
    assert not (found.home / DATABASE).exists()
    return str(told.value)


def of_file(**changes: object) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        files = json.loads(members[MANIFEST])["files"]
        files[DATABASE] |= changes
        listed(members, files=files)

    return change


def with_rows(*statements: str) -> Callable[[Members], None]:
    """A database in which that was done, with a list that fits."""

    def change(members: Members) -> None:
        data = members[DATABASE]
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as held:
            held.deserialize(data[:18] + b"\1\1" + data[20:])
            guards = held.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in guards.fetchall():
                held.execute(f'DROP TRIGGER "{name}"')
            for one in statements:
                held.execute(one)
            members[DATABASE] = bytes(held.serialize())
        digest = hashlib.sha256(members[DATABASE]).hexdigest()
        of_file(size=len(members[DATABASE]), sha256=digest)(members)

    return change


LISTS: dict[str, Callable[[Members], None]] = {
    "files that are a number": lambda one: listed(one, files=3),
    "files that are a list": lambda one: listed(one, files=[1]),
    "a format without end": lambda one: listed(one, format=float("inf")),
    "a line of the trail without end": lambda one: listed(one, trail=[float("inf"), "x"]),
    "a database of no version": lambda one: listed(one, schema={"": None}),
    "a database of a long version": lambda one: listed(one, schema="9" * 5000),
    "nested without end": lambda one: one.update({MANIFEST: b"[" * 100_000}),
    "a size that is a text": of_file(size="7"),
    "a time that is none": of_file(mtime=float("nan")),
    "a time of another kind": of_file(mtime=[]),
    "a time without end": of_file(mtime=1e300),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_another_form_is_a_sentence(name: str, packed: Path, other: Places) -> None:
    assert "damaged or was changed" in refused(other, changed(packed, LISTS[name]))


@pytest.mark.parametrize(("at", "byte"), [(8, 99), (8, 12), (6, 1)])
def test_a_compression_or_a_password_that_is_not_ours_is_a_sentence(
    at: int, byte: int, packed: Path, other: Places
) -> None:
    data = bytearray(packed.read_bytes())
    for mark, place in ((b"PK\x03\x04", at), (b"PK\x01\x02", at + 2)):
        start = data.find(mark)
        while start >= 0:
            data[start + place] = byte
            start = data.find(mark, start + 4)
    packed.write_bytes(data)
    refused(other, packed)


def test_a_stream_that_cannot_be_unpacked_is_a_sentence(packed: Path, other: Places) -> None:
    with zipfile.ZipFile(packed) as held:
        info = held.getinfo(DATABASE)
    data = bytearray(packed.read_bytes())
    start = info.header_offset + 30 + len(DATABASE)
    data[start + 40 : start + 80] = b"\xff" * 40
    packed.write_bytes(data)
    refused(other, packed)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE readings SET at = 'noon'",
        "UPDATE readings SET reader = X'ff'",
        "UPDATE readings SET seconds = 'x'",
        "UPDATE scans SET study_date = '2026-13-01'",
        "UPDATE ai_results SET weights = '3'",
        "UPDATE ai_results SET weights = '{'",
        "UPDATE ai_results SET seconds = X'00'",
        "UPDATE audit_trail SET row_id = 'x' WHERE id = 1",
    ],
)
def test_a_value_of_another_kind_is_a_sentence(change: str, packed: Path, other: Places) -> None:
    assert "damaged or was changed" in refused(other, changed(packed, with_rows(change)))


def test_a_damaged_name_of_a_table_is_a_sentence(packed: Path, other: Places) -> None:
    def change(members: Members) -> None:
        data = members[DATABASE].replace(b"CREATE TABLE readings", b"CREATE T\xfeBLE readings")
        members[DATABASE] = data
        of_file(size=len(data), sha256=hashlib.sha256(data).hexdigest())(members)

    assert "database is damaged" in refused(other, changed(packed, change))


def test_a_database_with_a_damaged_name_is_not_used(packed: Path, other: Places) -> None:
    """SQLite's complaint quotes the name, which no text can hold."""
    restore(other, packed)
    file = other.home / DATABASE
    file.write_bytes(
        file.read_bytes().replace(b"CREATE TABLE readings", b"CREATE T\xfeBLE readings")
    )
    with pytest.raises(StoreError) as told:
        open_store(other)
    assert str(told.value) == DAMAGED


def test_a_database_without_a_version_is_not_used(packed: Path, other: Places) -> None:
    nothing = "UPDATE alembic_version SET version_num = ''"
    restore(other, changed(packed, with_rows(nothing)))
    with pytest.raises(StoreError) as told:
        open_store(other)
    assert str(told.value) == DAMAGED


def test_a_database_of_this_program_fits(packed: Path, other: Places) -> None:
    restore(other, packed)
    assert fits(other.home / DATABASE)


def test_a_line_about_a_table_that_there_is_not_was_changed(packed: Path, other: Places) -> None:
    strange = "UPDATE audit_trail SET row_table = 'x' WHERE id = 1"
    restore(other, changed(packed, with_rows(strange)))
    verified = Trail(open_store(other)).verify()
    assert (CHANGED, "line 1") in {(one.kind, one.place) for one in verified.breaks}
