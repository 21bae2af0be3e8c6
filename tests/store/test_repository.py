"""The worklist, the answers and the words as they come back out of the store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from app.store.records import AGREE, DISAGREE, UNDONE, UNSURE, Word
from app.store.repository import Repository
from app.store.signed import Reports
from ml.errors import StoreError
from tests.store.invented import REPORT, answer, scan

READER = "A. Reader"


def statuses(repository: Repository) -> list[str]:
    return [entry.status for entry in repository.worklist()]


def test_a_scan_goes_from_new_to_read_to_signed(repository: Repository, engine: Engine) -> None:
    answered = repository.add_answer(scan(), answer())
    refused = repository.add_answer(scan(2), answer(None))
    assert statuses(repository) == ["new", "refused"]
    number = repository.add_word(answered, Word(READER, AGREE))
    repository.add_word(refused, Word(READER, UNSURE))
    assert statuses(repository) == ["read", "read"]
    repository.take_back(number, READER)
    assert statuses(repository) == ["new", "read"]
    Reports(engine).sign(answered, REPORT)
    assert statuses(repository) == ["signed", "read"]


def test_the_worklist_holds_what_was_admitted(repository: Repository) -> None:
    repository.add_answer(scan(), answer("meningioma"))
    repository.add_answer(scan(2), answer(None))
    first, second = repository.worklist()
    assert (first.scan, second.scan) == (scan(), scan(2))
    assert (first.label, first.flag, first.uncertainty) == ("meningioma", "tumour", 0.3)
    assert (second.label, second.flag, second.refusal) == (None, "stopped", "blank")
    assert abs(first.added_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_same_answer_is_one_row_and_another_one_is_a_second(
    repository: Repository, engine: Engine
) -> None:
    first = repository.add_answer(scan(), answer())
    assert repository.add_answer(scan(), replace(answer(), seconds=9.0)) == first
    second = repository.add_answer(scan(), answer("pituitary", version="2"))
    assert second != first
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT label, model_version FROM ai_results")).all()
    assert [tuple(row) for row in kept] == [
        ("glioma", "1".rjust(64, "0")),
        ("pituitary", "2".rjust(64, "0")),
    ]
    (entry,) = repository.worklist()
    assert entry.label == "pituitary", "the last answer is the one on the worklist"


def test_a_word_comes_back_as_it_was_said(repository: Repository) -> None:
    said = Word(
        READER,
        DISAGREE,
        reason="ring enhancement, crosses the midline",
        corrected_label="meningioma",
        blind_label="pituitary",
        seconds=12.5,
    )
    answered = repository.add_answer(scan(), answer())
    number = repository.add_word(answered, said)
    (kept,) = repository.readings(scan().content_hash)
    assert (kept.id, kept.word, kept.ai_label, kept.standing) == (number, said, "glioma", True)
    assert kept.changed_by_ai is True
    assert (kept.model_version, kept.weights_hash) == (
        answer().model_version,
        answer().weights_hash,
    )
    assert kept.at.tzinfo == UTC
    assert repository.readings(scan(2).content_hash) == ()


@pytest.mark.parametrize(
    ("word", "changed"),
    [
        (Word(READER, AGREE, blind_label="glioma"), False),
        (Word(READER, AGREE, blind_label="meningioma"), True),
        (Word(READER, DISAGREE, corrected_label="meningioma", blind_label="meningioma"), False),
        (Word(READER, DISAGREE, blind_label="meningioma"), None),
        (Word(READER, UNSURE, blind_label="glioma"), None),
        (Word(READER, AGREE), None),
    ],
)
def test_whether_the_ai_changed_the_reader(
    repository: Repository, word: Word, changed: bool | None
) -> None:
    repository.add_word(repository.add_answer(scan(), answer()), word)
    assert repository.readings()[0].changed_by_ai is changed


def test_taking_back_is_a_new_row_and_happens_once(repository: Repository) -> None:
    answered = repository.add_answer(scan(), answer())
    number = repository.add_word(answered, Word(READER, AGREE))
    undo = repository.take_back(number, READER)
    before, after = repository.readings()
    assert (before.word.verdict, before.standing) == (AGREE, False)
    assert (after.id, after.word.verdict, after.takes_back, after.standing) == (
        undo,
        UNDONE,
        number,
        False,
    )
    for row in (number, undo, 999):
        with pytest.raises(StoreError):
            repository.take_back(row, READER)
    again = repository.add_word(answered, Word(READER, UNSURE))
    assert [row.id for row in repository.readings() if row.standing] == [again]


def test_nobody_takes_back_what_another_reader_said(repository: Repository) -> None:
    answered = repository.add_answer(scan(), answer())
    number = repository.add_word(answered, Word(READER, AGREE))
    with pytest.raises(StoreError, match="another reader's"):
        repository.take_back(number, "B. Reader")
    assert repository.readings()[0].standing


@pytest.mark.parametrize(
    "word",
    [
        Word("", AGREE),
        Word("   ", AGREE),
        Word("r" * 81, AGREE),
        Word(READER, UNDONE),
        Word(READER, "yes"),
        Word(READER, AGREE, corrected_label="glioma"),
        Word(READER, DISAGREE, corrected_label="cyst"),
        Word(READER, AGREE, blind_label="cyst"),
        Word(READER, AGREE, reason="r" * 2001),
    ],
)
def test_what_makes_no_sense_is_not_written(repository: Repository, word: Word) -> None:
    answered = repository.add_answer(scan(), answer())
    with pytest.raises(StoreError, match=r"Accepted|at most"):
        repository.add_word(answered, word)
    assert repository.readings() == ()


def test_a_word_about_nothing_is_refused(repository: Repository) -> None:
    with pytest.raises(StoreError, match="is not in the database"):
        repository.add_word(7, Word(READER, AGREE))


def test_a_database_that_fails_says_what_to_do(repository: Repository, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE readings RENAME TO elsewhere"))
    with pytest.raises(StoreError, match="SULCUS_HOME") as caught:
        repository.readings()
    assert "SELECT" not in str(caught.value)
