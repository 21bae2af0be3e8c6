"""Signed reports: stored whole, added to, taken back by a new row, never changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from app.store.opening import open_store
from app.store.places import Places
from app.store.records import AGREE, Word
from app.store.repository import Repository
from app.store.signed import Reports
from ml.errors import StoreError
from tests.store.invented import REPORT, answer, scan

ADDED = replace(REPORT, reader="B. Reader", form_version="1.0", document='{"added": "one"}\n')


@pytest.fixture
def answered(repository: Repository) -> int:
    number = repository.add_answer(scan(), answer())
    repository.add_word(number, Word(REPORT.reader, AGREE))
    return number


def statuses(engine: Engine) -> list[str]:
    return [entry.status for entry in Repository(engine).worklist()]


def test_a_report_comes_back_as_it_was_signed(either: Places) -> None:
    engine = open_store(either)
    reports = Reports(engine)
    number = reports.sign(Repository(engine).add_answer(scan(), answer()), REPORT)
    (row,) = reports.of_scan(scan().content_hash)
    assert (row.id, row.report, row.digest) == (number, REPORT, REPORT.digest)
    assert (row.amends, row.standing, row.intact) == (None, True, True)
    assert abs(row.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert reports.of_scan(scan(2).content_hash) == ()
    (signed,) = reports.signers()[scan().content_hash]
    assert (signed.reader, signed.at, signed.addendum) == (REPORT.reader, row.at, False)
    engine.dispose()


def test_an_addendum_is_a_new_row_that_names_the_report(engine: Engine, answered: int) -> None:
    reports = Reports(engine)
    number = reports.sign(answered, REPORT)
    added = reports.amend(number, ADDED)
    before, after = reports.of_scan(scan().content_hash)
    assert (before.report, before.standing) == (REPORT, True)
    assert (after.id, after.report, after.amends) == (added, ADDED, number)
    assert [one.addendum for one in reports.signers()[scan().content_hash]] == [False, True]
    for row in (added, 99):
        with pytest.raises(StoreError, match="no such signed report"):
            reports.amend(row, ADDED)
    for row, reader in ((number, REPORT.reader), (added, ADDED.reader)):
        with pytest.raises(StoreError, match="another addendum"):
            reports.take_back(row, reader)
    assert statuses(engine) == ["signed"]


def test_a_signature_is_taken_back_by_a_new_row_and_the_text_stays(
    engine: Engine, answered: int
) -> None:
    reports = Reports(engine)
    number = reports.sign(answered, REPORT)
    with pytest.raises(StoreError, match="another reader's"):
        reports.take_back(number, "B. Reader")
    assert statuses(engine) == ["signed"]
    reports.take_back(number, REPORT.reader)
    assert statuses(engine) == ["read"]
    for row in (number, 99):
        with pytest.raises(StoreError, match="taken back before"):
            reports.take_back(row, REPORT.reader)
    with pytest.raises(StoreError, match="taken back"):
        reports.amend(number, ADDED)
    (kept,) = reports.of_scan(scan().content_hash)
    assert (kept.report, kept.standing) == (REPORT, False)
    assert reports.signers() == {}
    again = reports.sign(answered, REPORT)
    assert statuses(engine) == ["signed"]
    assert [row.id for row in reports.of_scan(scan().content_hash) if row.standing] == [again]
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT report_hash, takes_back FROM signatures")).all()
    assert [tuple(row) for row in rows] == [(REPORT.digest, back) for back in (None, 1, None)]


def test_a_text_that_was_changed_outside_is_told(engine: Engine, answered: int) -> None:
    Reports(engine).sign(answered, REPORT)
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER signed_reports_no_UPDATE"))
        connection.execute(text("UPDATE signed_reports SET document = 'another'"))
    assert not Reports(engine).of_scan(scan().content_hash)[0].intact


@pytest.mark.parametrize("reader", ["", "r" * 81])
def test_nobody_does_not_sign(engine: Engine, answered: int, reader: str) -> None:
    nobody = replace(REPORT, reader=reader)
    with pytest.raises(StoreError, match="Accepted"):
        Reports(engine).sign(answered, nobody)
    assert Reports(engine).of_scan(scan().content_hash) == ()
    number = Reports(engine).sign(answered, REPORT)
    with pytest.raises(StoreError, match="Accepted"):
        Reports(engine).amend(number, nobody)


def test_a_report_on_nothing_is_refused(engine: Engine) -> None:
    with pytest.raises(StoreError, match="not in the database"):
        Reports(engine).sign(7, REPORT)
