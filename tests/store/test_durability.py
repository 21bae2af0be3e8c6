"""Readings outlive a kill, many writers at once, and any attempt to change them."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from app.store.opening import migrate, open_store
from app.store.places import Places, places
from app.store.records import AGREE, NEW, TUMOUR, WAITING, Word
from app.store.repository import Repository
from app.store.signed import Reports
from app.store.tables import Base
from ml.errors import StoreError
from tests.store.invented import REPORT, answer, scan
from tests.store.writers import WORDS_EACH

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("scans", "ai_results", "readings", "signatures", "signed_reports")
WRITERS = 20


def child(found: Places, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "SULCUS_HOME": str(found.home)}
    environment.pop("SULCUS_DATABASE_URL", None)
    if found.url.get_backend_name() == "postgresql":
        environment["SULCUS_DATABASE_URL"] = found.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.store.writers", *words]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_reading_outlives_a_kill_right_after_the_call(found: Places) -> None:
    with child(found, "hold") as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL
    (kept,) = Repository(open_store(found)).readings()
    assert (kept.id, kept.word.reader, kept.word.verdict) == (number, "A. Reader", AGREE)


def test_a_signed_report_outlives_a_kill_right_after_the_call(found: Places) -> None:
    with child(found, "sign") as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL
    (kept,) = Reports(open_store(found)).of_scan(scan().content_hash)
    assert (kept.id, kept.report, kept.intact) == (number, REPORT, True)


def test_twenty_processes_that_start_and_write_at_once_lose_nothing(either: Places) -> None:
    with child(either, "crowd", str(WRITERS)) as process:
        assert process.wait(timeout=300) == 0
    engine = open_store(either)
    repository = Repository(engine)
    assert len(repository.worklist()) == 1
    kept = Counter(row.word.reader for row in repository.readings())
    assert kept == {f"Reader {number}": WORDS_EACH for number in range(WRITERS)}
    engine.dispose()


def test_no_row_is_ever_changed(either: Places) -> None:
    engine = open_store(either)
    repository = Repository(engine)
    answered = repository.add_answer(scan(), answer())
    repository.add_word(answered, Word("A. Reader", AGREE))
    Reports(engine).sign(answered, REPORT)
    attempts = [
        attempt
        for table in TABLES
        for attempt in (f"UPDATE {table} SET id = id + 1", f"DELETE FROM {table}")
    ]
    if engine.dialect.name == "sqlite":
        attempts += [f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" for table in TABLES]
    else:
        attempts += [f"TRUNCATE {table} CASCADE" for table in TABLES]
    for attempt in attempts:
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(attempt))
    (kept,) = repository.readings()
    assert kept.word.verdict == AGREE
    assert repository.worklist()[0].label == "glioma"
    engine.dispose()


def test_a_scan_that_nobody_read_waits_on_the_worklist(either: Places) -> None:
    engine = open_store(either)
    repository = Repository(engine)
    for _ in range(2):
        repository.add_scan(scan())
    (entry,) = repository.worklist()
    assert (entry.status, entry.flag, entry.label) == (NEW, WAITING, None)
    repository.add_answer(scan(), answer())
    (entry,) = repository.worklist()
    assert (entry.status, entry.flag, entry.label) == (NEW, TUMOUR, "glioma")
    engine.dispose()


def test_the_migrations_make_the_tables_that_the_code_expects(either: Places) -> None:
    engine = open_store(either)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        for name, table in Base.metadata.tables.items():
            stored = [column["name"] for column in inspect(connection).get_columns(name)]
            assert stored == [column.name for column in table.columns], name
    engine.dispose()


def test_a_database_of_a_later_version_is_not_touched(found: Places) -> None:
    engine = open_store(found)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="later version"):
        migrate(engine)
    engine.dispose()


def test_a_server_that_does_not_answer_is_said_without_its_password(tmp_path: Path) -> None:
    address = f"postgresql://sulcus:word@/name?host={tmp_path}"
    environment = {"SULCUS_HOME": str(tmp_path / "home"), "SULCUS_DATABASE_URL": address}
    with pytest.raises(StoreError, match="SULCUS_DATABASE_URL") as caught:
        open_store(places(environment))
    assert "word" not in str(caught.value)


def test_sqlite_waits_flushes_and_checks_its_keys(found: Places) -> None:
    engine = open_store(found)
    with engine.connect() as connection:
        said = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert said == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 60_000,
    }
    assert oct((found.home / "sulcus.sqlite").stat().st_mode)[-3:] == "600"
    assert oct(found.home.stat().st_mode)[-3:] == "700"
    engine.dispose()
