"""The table of all that is opened: slices and series, and the CSV of it."""

import csv
import io

import pytest
from streamlit.testing.v1 import AppTest

from app import readings_texts as words
from app import state, study_services, texts, worklist_texts
from app.archive import archive
from app.records import Row
from ml.io.series import find_series
from ml.labels import TITLES
from ml.results import Refusal
from ml.study import SliceReading, StudyReading, StudySize
from tests.app import fakes
from tests.app.conftest import LESION, Opened
from tests.app.conftest import expected as one_slice
from tests.app.test_readers_word import said
from tests.app.test_study import drawn_series, expected, named

SLICE = ("Doe^Jane.png", LESION)


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the button of the CSV would save, of each run."""
    given: list[str] = []
    save = lambda _, data, **__: given.append(data().decode())  # noqa: E731
    monkeypatch.setattr("streamlit.download_button", save)
    return given


def test_a_series_has_its_line_with_answer_slices_and_volume(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, saved: list[str]
) -> None:
    data = drawn_series()
    at = opened(*named(data), SLICE)
    assert not at.exception
    read = expected(data)
    assert read.answer is not None
    table = at.dataframe[-1].value
    series, single = table.iloc[0], table.iloc[1]
    assert (series["Slices"], series["Status"]) == ("6", "read")
    assert series["AI suggests"] == TITLES[read.answer.label]
    assert series["Mean of all"] == texts.percent(read.answer.confidence)
    assert series["Outlined"] == f"{read.size.diameter_mm:.1f} mm"
    assert series["Volume"] == f"{read.size.volume_ml:.1f} mL"
    assert series["Agreement"] == ""
    alone = one_slice(LESION)
    agreed = f"{alone.agreement} of 3"
    assert (single["Slices"], single["Volume"], single["Agreement"]) == ("1", "", agreed)
    assert "Doe" not in saved[-1], "no file name leaves the screen"
    rows = list(csv.DictReader(io.StringIO(saved[-1])))
    assert list(rows[0]) == list(words.CSV_COLUMNS)
    assert rows[0]["scan"] == find_series(data).series[0].content_hash
    assert (rows[0]["slices"], rows[0]["prediction"]) == ("6", read.answer.label)
    assert float(rows[0]["volume_ml"]) == pytest.approx(read.size.volume_ml, abs=1e-3)
    assert float(rows[0]["probability"]) == pytest.approx(read.answer.confidence, abs=1e-6)
    assert (rows[1]["scan"], rows[1]["agreement"]) == (
        alone.scan.content_hash,
        str(alone.agreement),
    )
    assert rows[1]["volume_ml"] == ""


def test_a_series_that_was_not_on_screen_is_not_read_for_the_table(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(SLICE)
    calls = dict(engine.calls)
    (series,) = find_series(drawn_series()).series
    beside = state.OpenedFile("series", b"", series.content_hash, series=series)
    at.session_state[state.OPENED] = (*at.session_state[state.OPENED], beside)
    at.run()
    assert not at.exception
    assert dict(engine.calls) == calls
    row = at.dataframe[-1].value.iloc[1]
    assert (row["Status"], row["Slices"]) == (words.WAITING, "6")
    assert row["Reason"] == words.NOT_READ
    assert len(archive().worklist()) == 1


def test_blind_the_table_waits_for_the_series_too(
    app: AppTest, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = app.run()
    at.session_state[state.BLIND] = True
    files = [(name, data, "") for name, data in (*named(drawn_series()), SLICE)]
    at.file_uploader[0].set_value(files).run()
    assert worklist_texts.BLIND_TABLE in said(at)
    assert not at.dataframe
    assert not engine.calls


def test_the_line_of_a_series_before_and_after_it_is_read(
    monkeypatch: pytest.MonkeyPatch, engine: fakes.FakeEngine
) -> None:
    (series,) = find_series(drawn_series()).series
    waiting = study_services.row(series)
    assert (waiting.waiting, waiting.slices, waiting.reason) == (True, 6, words.NOT_READ)
    assert (words.status(waiting), words.volume(waiting)) == (words.WAITING, texts.DASH)
    assert not any(words.cells(waiting)[name] for name in ("AI suggests", "Mean of all", "Volume"))
    study_services.reading(study_services.volume(series), lambda *_: None)
    assert study_services.row(series).label == "glioma"
    refusal = Refusal("blank", 0.1, 0.2)
    slices = tuple(SliceReading(number, refusal) for number in (1, 2))
    size = StudySize(None, None, None, None, None)
    whole = StudyReading("0" * 64, slices, None, size, {})
    monkeypatch.setattr(study_services._Readings, "of", lambda *_: whole)
    refused = study_services.row(series)
    assert (refused.refused, refused.slices, refused.label) == (True, 2, None)
    assert words.saved("a" * 64, refused)[:4] == ["a" * 64, "2", words.status(refused), ""]


def test_a_volume_that_is_not_known_is_a_dash() -> None:
    row = Row(label="glioma", confidence=0.8, size="22 px", slices=3)
    assert words.cells(row)["Volume"] == texts.DASH
    assert words.saved("a" * 64, row)[7] == ""
