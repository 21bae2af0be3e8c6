"""The campaign of kills, power cuts and full disks: a part of it, and that it sees faults."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.loss import counts, document
from app.loss.cut import State, _log, _mixed
from app.loss.files import FIRST, at, filled, first_version
from app.loss.full import FULL, Before, Disk, Running, _tried, unclear
from app.loss.whole import problems
from app.loss.work import LOOPS, Ack
from app.store.unfinished import PREFIX
from ml.batch_options import stopped
from ml.errors import MetricsError
from ml.hostile.document import DOCUMENT
from ml.hostile.watch import is_sentence

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("kill", "cut", "clock")


def test_a_seeded_part_of_the_campaign(tmp_path: Path) -> None:
    """In a process of its own, as the command is: it forks."""
    (tmp_path / DOCUMENT).parent.mkdir()
    command = [sys.executable, "-m", "app.loss", "--root", str(tmp_path), "--parts", *QUICK]
    done = subprocess.run(
        [*command, "--trials", "1", "--seed", "7"],
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = counts.load(tmp_path)
    assert {row.part for row in rows} == {*QUICK, "lying"}
    assert sum(row.acknowledged for row in rows) > 30
    assert "No failure." in (tmp_path / DOCUMENT).read_text()


@pytest.fixture
def store(tmp_path: Path) -> tuple[Path, list[Ack]]:
    """A store with everything in it, and what was acknowledged."""
    return tmp_path / "home", filled(tmp_path / "home")


def unguarded(home: Path, statement: str) -> None:
    """A statement of somebody who owns the database."""
    engine = create_engine(at(home).url)
    with engine.begin() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for (name,) in names.all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(statement))
    engine.dispose()


def test_a_store_to_which_nothing_happened_is_whole(store: tuple[Path, list[Ack]]) -> None:
    home, told = store
    assert {ack[0] for ack in told} == {
        *("answer", "picture", "line", "word", "drawing", "outline", "signed", "withdrawn")
    }
    assert problems(at(home), told) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM readings WHERE id = 1", "not there: word"),
        ("DELETE FROM reader_drawings WHERE id = 1", "not there: drawing"),
        ("DELETE FROM signed_reports WHERE id = 1", "a signature has no text"),
        ("DELETE FROM signed_reports WHERE id = 1", "not there: signed"),
        ("UPDATE signed_reports SET document = 'x' WHERE id = 1", "signed text is another"),
        ("DELETE FROM scans WHERE id = 1", "a foreign key leads nowhere"),
        ("DELETE FROM audit_trail WHERE what = 'picture kept'", "not there: line"),
        ("UPDATE audit_trail SET what = 'x' WHERE id = 2", "the audit trail: line 2"),
        ("UPDATE signatures SET takes_back = NULL", "not there: withdrawn"),
    ],
)
def test_what_is_lost_or_half_in_the_database_is_seen(
    store: tuple[Path, list[Ack]], statement: str, said: str
) -> None:
    home, told = store
    unguarded(home, statement)
    found = problems(at(home), told)
    assert any(said in one for one in found)


def emptied(home: Path) -> None:
    (picture,) = (home / "pictures").glob("*.scan")
    picture.write_bytes(picture.read_bytes()[:-40])


def gone(home: Path) -> None:
    for picture in (home / "pictures").glob("*.scan"):
        picture.unlink()


def left(home: Path) -> None:
    (home / "tmp1").write_bytes(b"half")


def held(home: Path) -> None:
    (home / "sulcus.sqlite").write_bytes(b"no database" * 1000)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (emptied, "picture is not whole"),
        (gone, "not there: picture"),
        (left, "half written was left"),
        (held, "does not open"),
    ],
)
def test_what_is_lost_or_half_on_the_disk_is_seen(
    store: tuple[Path, list[Ack]], change: Callable[[Path], None], said: str
) -> None:
    home, told = store
    change(home)
    assert any(said in one for one in problems(at(home), told))


def test_what_a_kill_left_is_no_problem_after_the_start(store: tuple[Path, list[Ack]]) -> None:
    home, told = store
    (home / "pictures" / f"{PREFIX}killed").mkdir()
    assert problems(at(home), told) == []


def test_the_first_version_is_what_it_says(tmp_path: Path) -> None:
    told = first_version(tmp_path / "home")
    engine = create_engine(at(tmp_path / "home").url)
    with engine.connect() as connection:
        query = text("SELECT version_num FROM alembic_version")
        assert connection.execute(query).scalar() == FIRST
    engine.dispose()
    assert problems(at(tmp_path / "home"), told) == []


def test_pieces_that_did_not_arrive_are_old_or_nothing() -> None:
    before, after = b"a" * 1024, b"b" * 2048
    assert _mixed(before, after, []) == before
    assert _mixed(before, after, [1]) == b"a" * 512 + b"b" * 512
    assert _mixed(before, after, [3]) == b"a" * 1024 + bytes(512) + b"b" * 512
    old, new = State(b"", before), State(b"", after)
    assert _log(old, new, [1]).log == before, "a log begins anew with its head or not at all"
    assert _log(old, new, [0, 1]).log == b"b" * 1024


def test_a_full_disk_refuses_in_a_sentence_until_there_is_room(
    store: tuple[Path, list[Ack]], tmp_path: Path
) -> None:
    tally = counts.Tally(FULL, "Signing", 1)
    for pages in (0, 12, 1000):
        case = Running(LOOPS["sign"], Before(*store), tmp_path / f"{pages}")
        disk = Disk(tmp_path, mounted=False)
        assert _tried(case, disk, pages=pages, tally=tally) == (pages < 1000)
    assert (tally.row.trials, tally.row.refused, tally.row.what) == (3, 2, "")
    assert tally.row.acknowledged >= 5
    with disk.left(1), pytest.raises(OSError, match="large"):
        (tmp_path / "file").write_bytes(b"x" * 5000)


def test_what_no_reader_understands_is_a_failure() -> None:
    assert unclear("The disk is full. Make room.") == []
    assert unclear("[Errno 28] None") == ["no sentence: [Errno 28] None"]


def test_a_batch_says_what_its_disk_refuses_without_a_file_name() -> None:
    said = stopped(OSError(28, "No space left on device", "/data/patient-name.png"))
    assert is_sentence(said)
    assert "patient" not in said


def test_rows_of_a_part_are_replaced_and_failures_named(tmp_path: Path) -> None:
    for failures in (["lost", "lost"], []):
        tally = counts.Tally("kill", "Signing", 3)
        tally.trial(failures, acknowledged=4, left=True)
        tally.trial([], acknowledged=1, refused=2, lost=1)
        other = counts.Tally("full", "Signing", 3)
        counts.save(tmp_path, [tally.row, other.row])
        said = document.section(tmp_path)
        assert "| Signing | 2 | 5 | 2 | 1 | 1 |" in said
        assert ("- Signing (kill): lost (1)" in said) == bool(failures)
    counts.save(tmp_path, [other.row])
    assert [row.part for row in counts.load(tmp_path)] == ["kill", "full"]
    (tmp_path / counts.COUNTS).write_text("part\n")
    with pytest.raises(MetricsError):
        counts.load(tmp_path)
    assert document.section(tmp_path / "absent") == ""
