"""Readers' own outlines: appended, taken back by a new row, never changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.store.opening import open_store
from app.store.outlines import NewOutline, Outlines
from app.store.places import Places
from app.store.repository import Repository
from ml.errors import StoreError
from tests.store.invented import answer, scan

OWN = NewOutline("A. Reader", 0.3, 0.45, 120, 30.0, 14.0, 7.0, 9.0, None)


@pytest.fixture
def answered(repository: Repository) -> int:
    return repository.add_answer(scan(), answer())


def test_an_outline_comes_back_as_it_was_kept(engine: Engine, answered: int) -> None:
    outlines = Outlines(engine)
    number = outlines.keep(answered, OWN)
    (row,) = outlines.of_scan(scan().content_hash)
    assert (row.id, row.outline, row.standing, row.takes_back) == (number, OWN, True, None)
    assert abs(row.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert (row.model_version, row.weights_hash) == (
        answer().model_version,
        answer().weights_hash,
    )
    assert outlines.of_scan(scan(2).content_hash) == ()


def test_taking_back_is_a_new_row_and_happens_once(engine: Engine, answered: int) -> None:
    outlines = Outlines(engine)
    number = outlines.keep(answered, OWN)
    with pytest.raises(StoreError, match="another reader's"):
        outlines.take_back(number, "B. Reader")
    undo = outlines.take_back(number, OWN.reader)
    before, after = outlines.of_scan(scan().content_hash)
    assert (before.outline, before.standing) == (OWN, False)
    assert (after.id, after.takes_back, after.standing) == (undo, number, False)
    for row in (number, undo, 99):
        with pytest.raises(StoreError, match="taken back before"):
            outlines.take_back(row, OWN.reader)
    again = outlines.keep(answered, OWN)
    assert [row.id for row in outlines.of_scan(scan().content_hash) if row.standing] == [again]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(OWN, reader=" "),
        replace(OWN, threshold=0.04),
        replace(OWN, threshold=0.96),
        replace(OWN, area_px=0),
    ],
)
def test_what_makes_no_sense_is_not_written(
    engine: Engine, answered: int, wrong: NewOutline
) -> None:
    with pytest.raises(StoreError, match="Accepted"):
        Outlines(engine).keep(answered, wrong)
    assert Outlines(engine).of_scan(scan().content_hash) == ()


def test_an_outline_of_nothing_is_refused(engine: Engine) -> None:
    with pytest.raises(StoreError, match="not in the database"):
        Outlines(engine).keep(7, OWN)


def test_no_row_is_ever_changed(either: Places) -> None:
    engine = open_store(either)
    Outlines(engine).keep(Repository(engine).add_answer(scan(), answer()), OWN)
    for attempt in ("UPDATE reader_outlines SET threshold = 0.5", "DELETE FROM reader_outlines"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(attempt))
    (row,) = Outlines(engine).of_scan(scan().content_hash)
    assert row.outline == OWN
    engine.dispose()
