"""Readers' own drawings: appended, taken back by a new row, never changed."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.store.drawings import FROM_AI, LONGEST_MASK, Drawings, NewDrawing
from app.store.opening import open_store
from app.store.places import Places
from app.store.repository import Repository
from ml.errors import StoreError
from tests.store.invented import answer, scan

OWN = NewDrawing("A. Reader", FROM_AI, b"\x00mask\xff", 3, 120, None, 1.5, 14.0, 7.0, None, None)


@pytest.fixture
def answered(repository: Repository) -> int:
    return repository.add_answer(scan(), answer())


def test_a_drawing_comes_back_as_it_was_kept_until_its_reader_takes_it_back(
    engine: Engine, answered: int
) -> None:
    drawings = Drawings(engine)
    number = drawings.keep(answered, OWN)
    (row,) = drawings.of_scan(scan().content_hash)
    assert (row.id, row.outline, row.standing) == (number, OWN, True)
    assert (row.model_version, row.weights_hash) == (
        answer().model_version,
        answer().weights_hash,
    )
    with pytest.raises(StoreError, match="another reader's"):
        drawings.take_back(number, "B. Reader")
    undo = drawings.take_back(number, OWN.reader)
    before, after = drawings.of_scan(scan().content_hash)
    assert (before.outline, before.standing) == (OWN, False)
    assert (after.id, after.takes_back, after.standing) == (undo, number, False)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(OWN, reader=" "),
        replace(OWN, begun="the sky"),
        replace(OWN, area_px=0),
        replace(OWN, mask=bytes(LONGEST_MASK + 1)),
    ],
)
def test_what_makes_no_sense_is_not_written(
    engine: Engine, answered: int, wrong: NewDrawing
) -> None:
    with pytest.raises(StoreError, match=r"Accepted|at most"):
        Drawings(engine).keep(answered, wrong)
    assert Drawings(engine).of_scan(scan().content_hash) == ()


def test_no_row_is_ever_changed(either: Places) -> None:
    engine = open_store(either)
    Drawings(engine).keep(Repository(engine).add_answer(scan(), answer()), OWN)
    for attempt in ("UPDATE reader_drawings SET slices = 9", "DELETE FROM reader_drawings"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(attempt))
    (row,) = Drawings(engine).of_scan(scan().content_hash)
    assert row.outline == OWN
    engine.dispose()
