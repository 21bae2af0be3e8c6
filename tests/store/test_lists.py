"""The worklist in order, and what the readings add up to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.store import figures, lists
from app.store.figures import Agreement, Part, Times
from app.store.records import (
    AGREE,
    CLEAR,
    DISAGREE,
    INDETERMINATE,
    NEW,
    READ,
    REFUSED,
    SIGNED,
    STOPPED,
    TUMOUR,
    UNDONE,
    UNSURE,
    Entry,
    Reading,
    Word,
)
from tests.store.invented import scan

START = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)  # a Wednesday


def entry(
    number: int, flag: str, uncertainty: float | None, *, day: int | None, status: str = NEW
) -> Entry:
    dated = replace(scan(number), study_date=None if day is None else date(2026, 1, day))
    return Entry(
        scan=dated,
        added_at=START + timedelta(minutes=number),
        status=status,
        flag=flag,
        label=None,
        uncertainty=uncertainty,
        refusal="blank" if flag == STOPPED else None,
    )


ENTRIES = (
    entry(1, CLEAR, 0.4, day=5),
    entry(2, TUMOUR, 0.1, day=None, status=READ),
    entry(3, STOPPED, None, day=3, status=REFUSED),
    entry(4, TUMOUR, 0.3, day=9),
    entry(5, INDETERMINATE, 0.6, day=1, status=SIGNED),
    entry(6, TUMOUR, 0.3, day=9),
)


def numbers(entries: tuple[Entry, ...]) -> list[int]:
    return [int(one.scan.content_hash, 16) for one in entries]


def reading(
    number: int,
    verdict: str,
    *,
    of: int = 1,
    ai_label: str | None = "glioma",
    standing: bool = True,
    **changes: object,
) -> Reading:
    said = {"reader": "A", "verdict": verdict, **changes}
    word = Word(**said)  # type: ignore[arg-type]
    return Reading(
        id=number,
        content_hash=scan(of).content_hash,
        word=word,
        at=START + timedelta(days=3 * number),
        model_version="",
        weights_hash="",
        ai_label=ai_label,
        changed_by_ai=word.changed_from_blind(ai_label),
        takes_back=None,
        standing=standing,
    )


@pytest.mark.parametrize(
    ("by", "order"),
    [
        (lists.BY_FLAG, [6, 4, 2, 5, 3, 1]),
        (lists.BY_UNCERTAINTY, [5, 1, 6, 4, 2, 3]),
        (lists.BY_DATE, [6, 4, 1, 3, 5, 2]),
        (lists.BY_ARRIVAL, [6, 5, 4, 3, 2, 1]),
    ],
)
def test_the_orders(by: str, order: list[int]) -> None:
    assert numbers(lists.ordered(ENTRIES, by)) == order


def test_filter_and_progress() -> None:
    assert numbers(lists.of_status(ENTRIES, NEW)) == [1, 4, 6]
    assert lists.of_status(ENTRIES, None) == ENTRIES
    assert lists.progress(ENTRIES) == (2, 6)
    assert lists.progress(()) == (0, 0)


@pytest.mark.parametrize(
    ("start", "step", "found"),
    [(1, 1, 4), (4, 1, 6), (6, 1, None), (6, -1, 4), (4, -1, 1), (1, -1, None), (99, 1, 1)],
)
def test_the_way_through_what_is_unread(start: int, step: int, found: int | None) -> None:
    to = lists.unread(ENTRIES, scan(start).content_hash, step)
    assert to == (None if found is None else scan(found).content_hash)


def test_only_the_last_standing_word_of_each_reader_counts() -> None:
    rows = (
        reading(1, AGREE),
        reading(2, DISAGREE),
        reading(3, UNSURE, reader="B"),
        reading(4, AGREE, of=2, standing=False),
        reading(5, UNDONE, of=2, standing=False),
        reading(6, AGREE, of=3),
    )
    assert [row.id for row in figures.counted(rows)] == [2, 3, 6]


def test_agreement_by_class_and_by_week() -> None:
    words = [
        reading(1, AGREE),
        reading(2, DISAGREE, of=2, corrected_label="pituitary"),
        reading(3, UNSURE, of=3, ai_label="no_tumor"),
        reading(4, AGREE, of=4, ai_label=None),
    ]
    assert figures.by_class(words) == {
        "glioma": Agreement(1, 1, 0),
        "no_tumor": Agreement(0, 0, 1),
        None: Agreement(1, 0, 0),
    }
    assert figures.by_week(words) == {
        date(2026, 3, 2): Agreement(1, 0, 0),
        date(2026, 3, 9): Agreement(0, 1, 1),
        date(2026, 3, 16): Agreement(1, 0, 0),
    }
    assert figures.agreement(words).n == 4


def test_what_the_ai_changed_and_how_long_it_took() -> None:
    words = [
        reading(1, AGREE, blind_label="glioma", seconds=10.0),
        reading(2, AGREE, blind_label="pituitary", seconds=20.0),
        reading(3, UNSURE, blind_label="pituitary", seconds=40.0),
        reading(4, AGREE),
    ]
    assert figures.changed_by_ai(words) == Part(1, 2)
    assert figures.blind_unknown(words) == 1
    assert figures.times(words) == Times(3, (15.0, 20.0, 30.0))
    assert figures.times(words[:1]) == Times(1, None)


def test_refusals_with_their_reasons() -> None:
    assert figures.refusals(ENTRIES) == (Part(1, 6), {"blank": 1})
    assert figures.refusals(()) == (Part(0, 0), {})
