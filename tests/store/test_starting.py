"""What a start finds of a process that was ended: removed, gone on with, or explained."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.store import starting, unfinished
from app.store.backup import DATABASE, back_up
from app.store.opening import open_store
from app.store.pictures import Pictures
from app.store.places import Places, places
from app.store.records import AGREE, Word
from app.store.repository import Repository
from app.store.restore import restore
from app.store.signed import Reports
from app.store.starting import CHECKED
from app.store.trail import Trail
from app.store.unfinished import PREFIX
from ml.errors import StoreError
from tests.store.invented import REPORT, answer, scan

PICTURE = b"pixels" * 1000


def filled(found: Places) -> None:
    engine = open_store(found)
    repository = Repository(engine)
    answered = repository.add_answer(scan(), answer())
    repository.add_word(answered, Word("A. Reader", AGREE))
    Reports(engine).sign(answered, REPORT)
    Pictures(found.pictures, found.keep_days).keep_bytes(scan().content_hash, PICTURE)
    engine.dispose()


@pytest.fixture
def packed(found: Places, tmp_path: Path) -> Path:
    filled(found)
    back_up(found, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


@pytest.fixture
def other(tmp_path: Path) -> Places:
    return places({"SULCUS_HOME": str(tmp_path / "elsewhere")})


def test_a_start_and_the_worklist_remove_what_a_killed_process_left(found: Places) -> None:
    filled(found)
    for place in (found.home, found.pictures):
        (place / f"{PREFIX}killed").mkdir()
    open_store(found).dispose()
    assert not list(found.home.rglob(f"{PREFIX}*"))
    (found.pictures / f"{PREFIX}killed").mkdir()
    assert Pictures(found.pictures, 30).remove_old() == 1
    assert [file.suffix for file in found.pictures.iterdir()] == [".scan"]


def interrupted(found: Places, packed: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """A restore that ends before its `step`-th move, as a killed one does."""
    moves, rename = [0], Path.replace

    def ends(file: Path, to: Path) -> Path:
        moves[0] += 1
        if moves[0] == step:
            raise KeyboardInterrupt
        return rename(file, to)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", ends)
        with pytest.raises(KeyboardInterrupt):
            restore(found, packed)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_an_interrupted_restore_goes_on_at_the_next_start(
    packed: Path, other: Places, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    interrupted(other, packed, monkeypatch, step)
    assert (other.home / CHECKED).is_dir()
    engine = open_store(other)
    assert not (other.home / CHECKED).exists()
    assert len(Repository(engine).readings()) == 1
    assert Trail(engine).verify().breaks == ()
    assert Pictures(other.pictures, 30).data(scan().content_hash) == PICTURE
    engine.dispose()


def test_a_restore_that_ends_while_it_tidies_up_is_done(
    packed: Path, other: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, removed = unfinished.shutil.rmtree, []

    def half(folder: Path, **options: bool) -> None:
        inside = folder / CHECKED / "pictures"
        if inside.is_dir():
            remove(inside)
            removed.append(inside)
            raise KeyboardInterrupt
        remove(folder, **options)

    with monkeypatch.context() as patched:
        patched.setattr(unfinished.shutil, "rmtree", half)
        with pytest.raises(KeyboardInterrupt):
            restore(other, packed)
    assert removed
    engine = open_store(other)
    assert len(Repository(engine).readings()) == 1
    assert not list(other.home.glob(f"{PREFIX}*"))
    engine.dispose()


def test_a_restore_after_an_interrupted_one_says_that_it_is_done(
    packed: Path, other: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(other, packed, monkeypatch, 2)
    with pytest.raises(StoreError, match="has just been finished"):
        restore(other, packed)
    engine = open_store(other)
    assert len(Repository(engine).readings()) == 1
    engine.dispose()


def test_two_starts_finish_an_interrupted_restore_once(
    packed: Path, other: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(other, packed, monkeypatch, 1)
    went_on: list[bool] = []
    starts = [
        threading.Thread(target=lambda: went_on.append(starting.go_on(other))) for _ in range(4)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert sorted(went_on) == [False, False, False, True]
    assert (other.home / DATABASE).exists()


def test_the_log_of_another_database_is_in_the_way_of_a_restore(
    packed: Path, other: Places
) -> None:
    other.home.mkdir()
    (other.home / f"{DATABASE}-wal").write_bytes(b"log")
    with pytest.raises(StoreError, match="already"):
        restore(other, packed)


def spoilt(found: Places, change: Callable[[bytearray], None]) -> None:
    """A database that was not closed and whose disk lost a part of it."""
    filled(found)
    file = found.home / DATABASE
    data = bytearray(file.read_bytes())
    change(data)
    file.write_bytes(data)
    (found.home / f"{DATABASE}-wal").touch()


def cut_off(data: bytearray) -> None:
    del data[len(data) // 2 :]


def blank(data: bytearray) -> None:
    data[4096:20480] = bytes(16384)


def headless(data: bytearray) -> None:
    data[:100] = b"\xff" * 100


@pytest.mark.parametrize("change", [cut_off, blank, headless])
def test_a_database_that_is_damaged_after_a_power_cut_is_not_used(
    found: Places, change: Callable[[bytearray], None]
) -> None:
    spoilt(found, change)
    before = (found.home / DATABASE).read_bytes()
    with pytest.raises(StoreError, match=r"is damaged.*make restore"):
        open_store(found)
    assert (found.home / DATABASE).read_bytes() == before
