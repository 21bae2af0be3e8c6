"""A series on the worklist: its row, the reader's word on it, and the way back to it."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import series_records, series_texts, state, study_texts, texts
from app.archive import archive
from app.store.records import CLEAR, STOPPED, TUMOUR
from ml.inference.gate import REASONS
from ml.io.series import find_series
from ml.labels import CLASSES
from ml.results import Refusal
from ml.study import SliceReading, StudyAnswer, StudyReading, StudySize, answer_of
from tests.app import fakes
from tests.app.conftest import CLEAR as SLICE
from tests.app.conftest import Opened, drawn, html, restarted
from tests.app.test_readers_word import READER, named, said
from tests.app.test_study import drawn_series, expected
from tests.app.test_study import named as files
from tests.app.test_worklist import lines, worklist
from tests.ml.io.pictures import SECRET


def series_hash(data: list[bytes]) -> str:
    return find_series(data).series[0].content_hash


def test_a_series_has_its_line_with_the_answer_for_the_whole(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, tmp_path: Path
) -> None:
    data = drawn_series(StudyDate="20260131")
    at = worklist(opened(*files(data)))
    read = expected(data)
    assert read.answer is not None
    row = lines(at).iloc[0]
    assert (row["Slices"], row["Status"], row["Modality"]) == ("6", "new", "MR")
    assert row["Study date"] == "2026-01-31"
    assert row["AI flag"] == "tumour suggested: glioma"
    assert row["Uncertainty"] == texts.percent(1 - read.answer.confidence)
    (entry,) = archive().worklist()
    assert (entry.scan.content_hash, entry.scan.slices) == (series_hash(data), 6)
    with sqlite3.connect(tmp_path / "home" / "sulcus.sqlite") as database:
        stored = "\n".join(database.iterdump())
    assert SECRET not in stored


def test_the_word_on_a_series_is_stored_and_taken_back(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    data = drawn_series()
    at = named(opened(*files(data)))
    at.button(key="say.meningioma").click().run()
    assert not at.exception
    (row,) = archive().readings()
    assert (row.content_hash, row.ai_label) == (series_hash(data), "glioma")
    assert row.word.corrected_label == "meningioma"
    assert row.word.seconds is not None
    assert len(row.model_version) == len(row.weights_hash) == 64
    at.button(key="say.undo").click().run()
    assert [one.standing for one in archive().readings()] == [False, False]


def test_the_class_named_blind_is_stored_with_the_series(
    app: AppTest, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = app.run()
    at.session_state[state.BLIND] = True
    at.session_state[state.READER] = READER
    given = [(name, one, "application/dicom") for name, one in files(drawn_series())]
    at.file_uploader[0].set_value(given).run()
    assert not engine.calls, "no network was asked yet"
    assert archive().worklist() == ()
    at.button(key="blind.pituitary").click().run()
    assert not at.exception
    at.button(key="say.agree").click().run()
    (row,) = archive().readings()
    assert (row.word.blind_label, row.ai_label, row.changed_by_ai) == ("pituitary", "glioma", True)


def test_a_kept_series_is_opened_again_after_a_restart(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    data = drawn_series()
    at = opened(*files(data))
    days = archive().pictures.keep_days
    assert at.button(key="keep_picture").label == series_texts.keep_button(days)
    at.button(key="keep_picture").click().run()
    assert "Picture kept until" in said(at)
    before = drawn(at)
    again = worklist(restarted().run())
    again.button(key="worklist_open").click().run()
    assert not again.exception
    after = drawn(again)
    assert (after["id"], after["raw"]) == (before["id"], before["raw"])
    assert after["letters"] == before["letters"]
    assert study_texts.position(expected(data).highest + 1, 6) in html(again)
    assert len(archive().worklist()) == 1, "it joined its line"
    again.switch_page("views/read.py").run()
    again.button(key="remove_picture").click().run()
    assert archive().pictures.kept_until(series_hash(data)) is None


def test_a_kept_series_that_is_damaged_says_so(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    data = drawn_series()
    opened(*files(data)).button(key="keep_picture").click().run()
    pictures = archive().pictures
    pictures.keep_bytes(series_hash(data), pictures.data(series_hash(data))[:300])
    again = worklist(restarted().run())
    again.button(key="worklist_open").click().run()
    assert not again.exception
    assert "kept picture is damaged" in again.error[0].value


def test_the_table_of_single_slices_stays_one_of_slices(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = worklist(
        opened(*files(drawn_series()), ("a.png", SLICE), ("b.png", fakes.png(fakes.head(side=128))))
    )
    assert sorted(lines(at)["Slices"]) == ["1", "1", "6"]


def reading(*slices: SliceReading) -> StudyReading:
    """A series out of slices that were read."""
    size = StudySize(1.23456789, (0.5, 2.5), 12.5, None, 2)
    return StudyReading("0" * 64, slices, answer_of(slices), size, {"mobilenet": "b" * 64}, 1.5)


def sure_of(label: str, number: int, *, calibrated: bool = True) -> SliceReading:
    shares = np.full(len(CLASSES), 0.05, np.float32)
    shares[CLASSES.index(label)] = 0.85
    return SliceReading(number, probabilities=shares, calibrated=calibrated)


@pytest.mark.parametrize(("label", "flag"), [("glioma", TUMOUR), ("no_tumor", CLEAR)])
def test_what_is_stored_is_the_answer_for_the_series(label: str, flag: str) -> None:
    found = reading(*(sure_of(label, number) for number in (1, 2, 3, 4)))
    stored = series_records.answer_of(found, "0" * 64)
    assert (stored.flag, stored.label, stored.refusal) == (flag, label, None)
    assert stored.uncertainty == pytest.approx(0.15)
    assert stored.calibrated["mean"][CLASSES.index(label)] == pytest.approx(0.85)
    assert (stored.probabilities, stored.prediction_set) == ({}, None)
    assert (stored.diameter_mm, stored.seconds) == (12.5, 1.5)
    assert stored.series == {
        "slices": 4,
        "refused": 0,
        "averaged": [1, 2, 3],
        "highest": 1,
        "volume_ml": 1.234568,
        "band_ml": [0.5, 2.5],
    }
    assert isinstance(found.answer, StudyAnswer)


def test_uncalibrated_probabilities_are_not_stored_as_calibrated() -> None:
    found = reading(sure_of("glioma", 1, calibrated=False))
    stored = series_records.answer_of(found, "0" * 64)
    assert stored.calibrated == {}
    assert "mean" in stored.probabilities


def test_a_series_of_which_every_slice_was_refused_has_the_commonest_reason() -> None:
    reasons = (REASONS[0], REASONS[1], REASONS[1])
    slices = [SliceReading(n, Refusal(one, 1.0, 0.5)) for n, one in enumerate(reasons, start=1)]
    stored = series_records.answer_of(reading(*slices), "0" * 64)
    assert (stored.flag, stored.refusal) == (STOPPED, REASONS[1])
    assert stored.label is stored.uncertainty is None
