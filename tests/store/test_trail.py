"""The audit trail: what has a line, and that a removed or changed one shows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from app import trail_texts, verify_trail
from app.store import own_rows
from app.store.drawings import FROM_AI, Drawings, NewDrawing
from app.store.opening import connect, migrate, open_store
from app.store.outlines import NewOutline, Outlines
from app.store.places import Places
from app.store.records import AGREE, Word
from app.store.repository import Repository
from app.store.signed import Reports
from app.store.tables import Base
from app.store.trail import CHANGED, GAP, NO_LINE, ROW_CHANGED, ROW_GONE, Break, Trail
from tests.store.invented import REPORT, SetBack, answer, scan

READER = "Dr. Marker-Name"
REASON = "the reason of Mr. Patient-Marker"


@pytest.fixture
def opened(either: Places) -> Iterator[Engine]:
    engine = open_store(either)
    yield engine
    engine.dispose()


def filled(engine: Engine) -> Trail:
    """A store in which somebody saw, said, took back, outlined, signed and exported."""
    repository, trail = Repository(engine), Trail(engine)
    answered = repository.add_answer(scan(), answer())
    trail.note("seen", READER, scan().content_hash)
    word = repository.add_word(answered, Word(READER, AGREE, REASON, seconds=3))
    repository.take_back(word, READER)
    outline = NewOutline(READER, 0.3, 0.45, 120, None, 14.0, None, 9.0, None)
    Outlines(engine).keep(answered, outline)
    drawn = NewDrawing(READER, FROM_AI, b"\x00mask\xff", 3, 120, None, 1.5, 14.0, 7.0, None, None)
    Drawings(engine).keep(answered, drawn)
    Reports(engine).sign(answered, replace(REPORT, reader=READER))
    trail.note("exported pdf", "", scan().content_hash)
    return trail


def forged(engine: Engine, *statements: str) -> None:
    """Statements of somebody who owns the database: the guards are taken down first."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            names = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            )
            for (name,) in names.all():
                connection.execute(text(f"DROP TRIGGER {name}"))
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


def test_everything_that_is_added_has_its_line(opened: Engine) -> None:
    trail = filled(opened)
    lines = trail.last(99)[::-1]
    assert [line.what for line in lines] == [
        "scans",
        "ai_results",
        "seen",
        "readings",
        "readings.back",
        "reader_outlines",
        "reader_drawings",
        "signatures",
        "signed_reports",
        "exported pdf",
    ]
    assert [line.id for line in lines] == list(range(1, 11))
    assert {line.scan for line in lines} == {scan().content_hash}
    mine = trail.mark(READER)
    assert [line.who for line in lines] == [None, None, *[mine] * 7, None]
    assert abs(lines[0].at - datetime.now(UTC)) < timedelta(minutes=5)
    found = trail.verify()
    assert (found.lines, found.head, found.breaks) == (10, lines[-1].digest, ())


def test_every_table_is_told_of(opened: Engine) -> None:
    filled(opened)
    with opened.connect() as connection:
        told = set(connection.scalars(text("SELECT DISTINCT row_table FROM audit_trail")))
    assert told - {None} == set(Base.metadata.tables) - {"audit_trail"}


def test_no_name_and_no_word_is_in_it(opened: Engine) -> None:
    filled(opened)
    with opened.connect() as connection:
        said = str(connection.execute(text("SELECT * FROM audit_trail")).all())
    assert "Marker" not in said
    assert scan().content_hash in said


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_trail SET what = 'seen' WHERE id = 10", (CHANGED, "line 10")),
        ("UPDATE audit_trail SET who = NULL WHERE id = 3", (CHANGED, "line 3")),
        ("DELETE FROM audit_trail WHERE id = 3", (GAP, "line 4")),
        ("DELETE FROM audit_trail WHERE id <= 3", (GAP, "line 4")),
        ("DELETE FROM audit_trail WHERE id >= 9", None),
        ("UPDATE readings SET reader = 'Another' WHERE id = 1", (ROW_CHANGED, "readings 1")),
        ("UPDATE ai_results SET label = 'pituitary'", (ROW_CHANGED, "ai_results 1")),
        ("DELETE FROM reader_outlines", (ROW_GONE, "reader_outlines 1")),
        (
            "INSERT INTO signatures (id, ai_result_id, at, reader, report_hash) "
            "VALUES (2, 1, '2026-03-04 09:00:00+00:00', 'Another', 'd')",
            (NO_LINE, "signatures 2"),
        ),
    ],
)
def test_what_was_removed_or_changed_shows(
    opened: Engine, statement: str, broken: tuple[str, str] | None
) -> None:
    trail = filled(opened)
    forged(opened, statement)
    breaks = trail.verify().breaks
    assert (Break(*broken) in breaks) if broken else breaks == ()


def test_lines_cut_off_at_the_end_show_against_what_was_written_down(
    found: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SULCUS_HOME", str(found.home))
    monkeypatch.delenv("SULCUS_DATABASE_URL", raising=False)
    engine = open_store(found)
    head = f"10:{trail_texts.seal(filled(engine).verify().head)}"
    assert verify_trail.main(["--line", head]) == 0
    assert "Line 10 is there" in capsys.readouterr().out
    forged(engine, "DELETE FROM audit_trail WHERE id = 10")
    assert verify_trail.main([]) == 0
    assert verify_trail.main(["--line", head]) == 1
    assert "cut off" in capsys.readouterr().out
    forged(engine, "UPDATE audit_trail SET what = 'x' WHERE id = 2")
    assert verify_trail.main([]) == 1
    assert "line 2 was changed" in capsys.readouterr().out
    engine.dispose()
    (found.home / "secret").write_text("nothing")
    assert verify_trail.main([]) == 2
    assert "secret" in capsys.readouterr().err


def test_a_trail_made_anew_without_the_secret_does_not_hold(found: Places) -> None:
    engine = open_store(found)
    filled(engine)
    engine.dispose()
    other = connect(replace(found, secret_file=found.home / "another"))
    kinds = {one.kind for one in Trail(other).verify().breaks}
    assert kinds == {CHANGED}
    other.dispose()


def test_a_secret_made_anew_is_told_from_a_changed_line(found: Places) -> None:
    engine = open_store(found)
    trail = Trail(engine)
    assert trail.begun_with_this_secret(), "an empty trail was begun with none"
    filled(engine)
    begun_with = found.secret_file.read_bytes()
    found.secret_file.unlink()
    trail.note("seen")
    assert found.secret_file.read_bytes() != begun_with
    assert not trail.begun_with_this_secret()
    said = trail_texts.verified(trail.verify())
    assert "line 10 was changed" not in said
    assert said.endswith(trail_texts.OTHER_SECRET)
    found.secret_file.write_bytes(begun_with)
    lost = trail.verify()
    assert (lost.other_secret, lost.breaks) == (False, (Break(CHANGED, "line 11"),))
    forged(engine, "UPDATE audit_trail SET what = 'x' WHERE id = 5")
    assert trail_texts.OTHER_SECRET not in trail_texts.verified(trail.verify())
    engine.dispose()


def test_which_row_was_added_last_is_told_without_a_clock(
    opened: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = filled(opened)
    rows = {"reader_outlines": 1, "reader_drawings": 1}
    assert trail.newest(rows) == "reader_drawings"
    with monkeypatch.context() as patched:
        patched.setattr(own_rows, "datetime", SetBack)
        outline = NewOutline(READER, 0.6, 0.45, 20, None, 5.0, None, 4.0, None)
        Outlines(opened).keep(1, outline)
    assert trail.newest(rows | {"reader_outlines": 2}) == "reader_outlines"
    assert trail.newest({"reader_outlines": 7}) is None


def test_what_was_there_before_the_trail_is_no_break(either: Places) -> None:
    either.home.mkdir(exist_ok=True)
    engine = connect(either)
    migrate(engine, "0004")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO scans (content_hash, pseudonym, format, simulated, added_at) "
                "VALUES ('a', 'b', 'PNG', :no, '2026-03-04 09:00:00+00:00')"
            ),
            {"no": False},
        )
    migrate(engine)
    assert Trail(engine).verify().lines == 0
    Repository(engine).add_scan(scan())
    assert Trail(engine).verify().breaks == ()
    engine.dispose()


def test_an_entry_that_fails_has_no_line(opened: Engine) -> None:
    trail = filled(opened)
    with pytest.raises(Exception, match="not in the database"):
        Repository(opened).add_word(99, Word(READER, AGREE))
    assert trail.verify().lines == 10
