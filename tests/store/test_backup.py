"""Backup and restore: what is in use comes back whole, what is damaged or newer does not."""

import json
import sqlite3
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import backup as command
from app.store.backup import DATABASE, FORMAT, MANIFEST, SECRET, back_up
from app.store.opening import open_store
from app.store.pictures import Pictures
from app.store.places import Places, places, secret
from app.store.records import AGREE, Word
from app.store.repository import Repository
from app.store.restore import restore
from app.store.trail import Trail
from ml.errors import StoreError
from tests.store.invented import answer, scan

PICTURE = b"pixels" * 1000


def filled(found: Places) -> Repository:
    repository = Repository(open_store(found))
    repository.add_word(repository.add_answer(scan(), answer()), Word("A. Reader", AGREE))
    Pictures(found.pictures, found.keep_days).keep_bytes(scan().content_hash, PICTURE)
    return repository


@pytest.fixture
def other(tmp_path: Path) -> Places:
    return places({"SULCUS_HOME": str(tmp_path / "elsewhere")})


@pytest.fixture
def packed(found: Places, tmp_path: Path) -> Path:
    filled(found)
    back_up(found, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def changed(packed: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The backup with other members."""
    with zipfile.ZipFile(packed) as source:
        members = {name: source.read(name) for name in source.namelist()}
    change(members)
    with zipfile.ZipFile(packed, "w") as target:
        for name, data in members.items():
            target.writestr(name, data)
    return packed


def listed(members: dict[str, bytes], **changes: Any) -> None:
    members[MANIFEST] = json.dumps(json.loads(members[MANIFEST]) | changes).encode()


def test_what_was_backed_up_comes_back(found: Places, packed: Path, other: Places) -> None:
    before = Pictures(found.pictures, found.keep_days).kept_until(scan().content_hash)
    assert oct(packed.stat().st_mode)[-3:] == "600"
    contents = restore(other, packed)
    assert contents.format == FORMAT
    assert contents.trail is not None
    engine = open_store(other)
    (reading,) = Repository(engine).readings()
    assert (reading.word.reader, reading.word.verdict) == ("A. Reader", AGREE)
    assert secret(other) == secret(found)
    pictures = Pictures(other.pictures, other.keep_days)
    assert pictures.data(scan().content_hash) == PICTURE
    assert pictures.kept_until(scan().content_hash) == before
    verified = Trail(engine).verify()
    assert (verified.lines, verified.head) == contents.trail
    assert verified.breaks == ()
    files = {file.name: oct(file.stat().st_mode)[-3:] for file in other.home.rglob("*.s*")}
    assert set(files.values()) == {"600"}
    assert not [file for file in other.home.iterdir() if file.name.startswith(".restore")]
    engine.dispose()


def test_a_database_in_use_is_copied_as_of_one_moment(
    found: Places, other: Places, tmp_path: Path
) -> None:
    repository = filled(found)
    stop = threading.Event()

    def write() -> None:
        number = 2
        while not stop.is_set():
            repository.add_word(repository.add_answer(scan(number), answer()), Word("B", AGREE))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        contents = back_up(found, tmp_path / "backup.zip")
    finally:
        stop.set()
        writer.join()
    restore(other, tmp_path / "backup.zip")
    engine = open_store(other)
    verified = Trail(engine).verify()
    assert (verified.lines, verified.head) == contents.trail
    assert verified.breaks == ()
    assert len(Repository(engine).readings()) >= 1
    engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.update({SECRET: members[SECRET][:-1] + b"0"}),
        lambda members: members.update({DATABASE: members[DATABASE][:-1]}),
        lambda members: members.pop(DATABASE),
        lambda members: members.update({"pictures/../../evil": b"x"}),
        lambda members: members.pop(MANIFEST),
        lambda members: members.update({MANIFEST: b"[]"}),
        lambda members: listed(members, files={"../evil": {"size": 1, "sha256": "", "mtime": 0}}),
    ],
)
def test_a_damaged_backup_is_refused_and_nothing_is_left(
    packed: Path, other: Places, change: Callable[[dict[str, bytes]], None]
) -> None:
    with pytest.raises(StoreError, match="damaged"):
        restore(other, changed(packed, change))
    assert not other.home.exists() or not [*other.home.rglob("*")]
    assert not list(other.home.parent.rglob("evil"))


@pytest.mark.parametrize("part", [slice(0, 200), slice(0, -30), slice(0, 0)])
def test_a_backup_that_was_cut_off_is_refused(packed: Path, other: Places, part: slice) -> None:
    packed.write_bytes(packed.read_bytes()[part])
    with pytest.raises(StoreError, match="damaged"):
        restore(other, packed)


@pytest.mark.parametrize(
    ("change", "said"), [({"schema": "9999"}, "database 9999"), ({"format": 2}, "format 2")]
)
def test_a_backup_of_a_later_version_is_refused(
    packed: Path, other: Places, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(StoreError, match=f"later version .*{said}"):
        restore(other, changed(packed, lambda members: listed(members, **change)))


def test_what_is_there_is_never_overwritten(found: Places, packed: Path) -> None:
    with pytest.raises(StoreError, match="already"):
        restore(found, packed)
    with pytest.raises(StoreError, match="there already"):
        back_up(found, packed)
    assert len(Repository(open_store(found)).readings()) == 1


def test_nothing_to_back_up_is_said(other: Places, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        back_up(other, tmp_path / "backup.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_gives_no_backup(found: Places, tmp_path: Path) -> None:
    filled(found)
    database = found.home / DATABASE
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(database.read_bytes())
    data[4096:20480] = b"\xff" * 16384
    database.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"):
        back_up(found, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()


def test_the_command_backs_up_and_restores(
    found: Places,
    other: Places,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SULCUS_DATABASE_URL", raising=False)
    filled(found)
    file = str(tmp_path / "backup.zip")
    monkeypatch.setenv("SULCUS_HOME", str(found.home))
    assert command.main(["make", file]) == 0
    assert "1 kept pictures" in capsys.readouterr().out
    assert command.main(["restore", file]) == 2
    assert "already" in capsys.readouterr().err
    monkeypatch.setenv("SULCUS_HOME", str(other.home))
    assert command.main(["restore", file]) == 0
    assert "The audit trail is whole" in capsys.readouterr().out
    engine = open_store(other)
    assert Trail(engine).last(1)[0].what == command.RESTORED
    engine.dispose()


def test_of_a_server_the_rest_is_packed_and_said_how(
    on_server: Places,
    other: Places,
    server: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled(on_server)
    monkeypatch.setenv("SULCUS_HOME", str(on_server.home))
    monkeypatch.setenv("SULCUS_DATABASE_URL", server)
    assert command.main(["make", str(tmp_path / "backup.zip")]) == 0
    assert "pg_dump" in capsys.readouterr().out
    with pytest.raises(StoreError, match="PostgreSQL"):
        restore(other, tmp_path / "backup.zip")
