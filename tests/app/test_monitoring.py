"""The page Monitoring, from words of two weeks: the rate, the weeks, the time per reading."""

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from app.store import repository
from app.store.opening import open_store
from app.store.places import places
from app.store.records import AGREE, DISAGREE, Word
from tests.app import fakes
from tests.app.conftest import html, said
from tests.store.invented import answer, scan

FIRST, SECOND = "A. Reader", "B. Reader"
WORDS = (
    (4, 1, Word(FIRST, AGREE, blind_label="meningioma", seconds=30.0)),
    (11, 2, Word(FIRST, AGREE, blind_label="glioma", seconds=50.0)),
    (12, 2, Word(SECOND, DISAGREE, corrected_label="pituitary", seconds=70.0)),
)
"""(day of March 2026, number of the scan, word): the AI says glioma each time."""


@pytest.fixture
def two_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    """These words in the store."""
    engine = open_store(places())
    store = repository.Repository(engine)
    for day, number, word in WORDS:
        now = datetime(2026, 3, day, 9, tzinfo=UTC)
        monkeypatch.setattr(repository, "_now", lambda now=now: now)
        store.add_word(store.add_answer(scan(number), answer("glioma")), word)
    engine.dispose()


def test_rate_weeks_and_times_are_on_the_page(
    two_weeks: None, app: AppTest, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = app.run().switch_page("views/monitoring.py").run()
    assert not at.exception
    assert "3 words about 2 scans" in said(at)
    assert "with another class after the AI's answer: 1 of 2 (50 %)." in said(at)
    assert "Median 50 s, half of them between 40 s and 60 s (3 words)." in said(at)
    for line in (
        ("2026-03-02", "1", "1", "0", "0", "1 of 1 (100 %)"),
        ("2026-03-09", "2", "1", "1", "0", "1 of 2 (50 %)"),
        ("Glioma", "3", "2", "1", "0", "2 of 3 (67 %)"),
    ):
        cells = "".join(f"<td>{cell}</td>" for cell in line[1:])
        assert f'<th scope="row">{line[0]}</th>{cells}' in html(at)
