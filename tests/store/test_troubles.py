"""What a database or a disk refuses is said in a sentence; a clock that was set back too."""

import errno
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app import trail_texts
from app.store import chain, opening
from app.store import repository as rows
from app.store.backup import failing
from app.store.lists import BY_ARRIVAL, ordered
from app.store.opening import connect
from app.store.pictures import Pictures
from app.store.places import Places
from app.store.repository import Repository
from app.store.signed import Reports
from app.store.trail import Trail
from app.store.troubles import troubles
from ml.errors import StoreError
from tests.store.invented import REPORT, SetBack, answer, scan


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (sqlite3.SQLITE_FULL, "is full"),
        (sqlite3.SQLITE_READONLY | 4 << 8, "may only be read"),
        (sqlite3.SQLITE_BUSY, "more than a minute"),
        (sqlite3.SQLITE_CORRUPT, "is damaged"),
        (sqlite3.SQLITE_NOTADB, "is damaged"),
        (sqlite3.SQLITE_IOERR, "cannot be reached"),
    ],
)
def test_each_trouble_has_its_sentence(code: int, said: str) -> None:
    error = sqlite3.OperationalError("the patient's name")
    error.sqlite_errorcode = code
    with pytest.raises(StoreError, match=rf"{said}.*\.$") as caught, troubles():
        raise error
    assert "patient" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left", "/home/patient"), r"No space left.*has room"),
        (sqlite3.DatabaseError("the patient's name"), "damaged, or another program holds it"),
    ],
)
def test_what_stops_a_backup_is_said_without_a_name(error: Exception, said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught, failing("written"):
        raise error
    assert "patient" not in str(caught.value)


def test_a_database_that_cannot_be_made_is_said(found: Places) -> None:
    """In place of its file there is a folder: whoever runs this, it cannot be opened."""
    Path(str(found.url.database)).mkdir(parents=True)
    with pytest.raises(StoreError, match=r"cannot be opened .*SULCUS_HOME"):
        connect(found)


def test_a_row_whose_text_is_damaged_is_said(engine: Engine) -> None:
    repository = Repository(engine)
    repository.add_answer(scan(), answer())
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER ai_results_no_UPDATE")
        connection.exec_driver_sql("UPDATE ai_results SET weights = '{\"mobile'")
    with pytest.raises(StoreError, match="is damaged"):
        repository.worklist()


def test_a_full_database_says_so_and_keeps_what_was_signed(engine: Engine) -> None:
    answered = Repository(engine).add_answer(scan(), answer())
    Reports(engine).sign(answered, REPORT)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # not fewer than there are
    big = replace(REPORT, document="x" * 200_000)
    with pytest.raises(StoreError, match=r"disk .* is full"):
        Reports(engine).sign(answered, big)
    (kept,) = Reports(engine).of_scan(scan().content_hash)
    assert kept.intact
    assert Trail(engine).verify().breaks == ()


def test_a_log_that_cannot_be_made_is_not_waited_for() -> None:
    """Else a start on a full or read-only disk takes a minute to say so."""

    class Refusing:
        tries = 0

        def execute(self, _: str) -> None:
            self.tries += 1
            error = sqlite3.OperationalError()
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error

    cursor: Any = Refusing()
    with pytest.raises(sqlite3.OperationalError):
        opening._write_ahead(cursor)
    assert cursor.tries == 1


def test_a_folder_that_cannot_be_changed_stops_no_screen(tmp_path: Path) -> None:
    """In place of the folder there is a file: whoever runs this, it cannot be listed or changed."""
    (tmp_path / "pictures").write_bytes(b"")
    pictures = Pictures(tmp_path / "pictures", 30)
    assert pictures.remove_old() == 0
    assert pictures.kept_until("a" * 64) is None
    with pytest.raises(StoreError, match=r"cannot be removed .*try again\."):
        pictures.forget("a" * 64)


def test_a_clock_that_was_set_back_changes_no_order_and_is_said(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, trail = Repository(engine), Trail(engine)
    repository.add_scan(scan(1))
    assert trail.verify().set_back == 0

    for module in (chain, rows):
        monkeypatch.setattr(module, "datetime", SetBack)
    repository.add_scan(scan(2))
    found_out = trail.verify()
    assert (found_out.breaks, found_out.set_back) == ((), 1)
    assert "clock was set back" in trail_texts.verified(found_out)
    lines = repository.worklist()
    assert lines[1].added_at < lines[0].added_at < datetime.now(UTC)
    assert [one.scan.content_hash for one in ordered(lines, BY_ARRIVAL)] == [
        scan(2).content_hash,
        scan(1).content_hash,
    ]
