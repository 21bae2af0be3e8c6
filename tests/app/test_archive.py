"""What is stored of an answer is what the screens show of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine, text

from app.archive import answer_of, archive
from app.store.places import places
from app.store.records import AGREE, CLEAR, INDETERMINATE, STOPPED, TUMOUR, Word
from ml import pipeline
from ml.errors import StoreError
from ml.io import read_scan
from ml.labels import CLASSES
from ml.models import registry
from ml.results import Refusal, Refused
from tests.app import fakes
from tests.app.conftest import CLEAR as TUMOUR_FREE
from tests.app.conftest import LESION, expected
from tests.store.invented import REPORT

VERSION = "0" * 64


@pytest.fixture(autouse=True)
def _networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "published", lambda: fakes.REGISTRY)


def test_an_answer_is_stored_as_it_was_given() -> None:
    read = expected(LESION)
    stored = answer_of(read, VERSION)
    assert (stored.model_version, stored.label) == (VERSION, read.mean.label)
    assert (stored.flag, stored.refusal) == (TUMOUR, None)
    assert stored.weights == read.weights
    assert list(stored.probabilities) == ["mobilenet", "xception", "resnet50", "mean"]
    for one in (*read.classifications, read.mean):
        np.testing.assert_allclose(stored.probabilities[one.model], one.probabilities, atol=1e-6)
    assert stored.calibrated == {}
    assert stored.prediction_set is None
    assert stored.uncertainty == pytest.approx(1 - read.mean.confidence, abs=1e-6)
    assert stored.area_px == read.segmentation.measurement.area_px
    assert stored.area_mm2 is None, "a PNG has no spacing"
    assert stored.seconds == pytest.approx(sum(read.seconds.values()))


def test_calibration_and_what_cannot_be_ruled_out_are_stored(fitted: dict[str, Any]) -> None:
    read = expected(LESION)
    assert read.mean.calibrated is not None
    stored = answer_of(read, VERSION)
    np.testing.assert_allclose(stored.calibrated["mean"], read.mean.calibrated, atol=1e-6)
    assert stored.prediction_set == read.prediction_set
    assert stored.flag == (INDETERMINATE if read.indeterminate else TUMOUR)
    assert stored.digest != answer_of(read, "1" * 64).digest


def test_a_tumour_free_answer_is_flagged_so(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, flat = fakes.FakeEngine(), np.zeros((4, 4), np.float32)
    flat[0, CLASSES.index("no_tumor")] = 30
    monkeypatch.setattr(engine, "head", lambda _: flat)
    read = pipeline.analyse(read_scan(TUMOUR_FREE), engine)
    assert answer_of(read, VERSION).flag == CLEAR


def test_a_refusal_has_no_class_and_no_size() -> None:
    stored = answer_of(Refused(read_scan(LESION), Refusal("blank", 0.1, 0.2)), VERSION)
    assert (stored.flag, stored.refusal, stored.gate_score) == (STOPPED, "blank", 0.1)
    assert stored.label is stored.uncertainty is stored.area_px is None
    assert stored.probabilities == {}


def test_the_row_in_the_database_holds_the_digests(tmp_path: Path) -> None:
    read, kept = expected(LESION), archive()
    number = kept.note(LESION, read, "networks")
    assert kept.note(LESION, read, "networks") == number
    assert kept.noted(read.scan.content_hash, "networks")
    with create_engine(places().url).connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM ai_results")).mappings()
    stored = answer_of(read, row["model_version"])
    assert (row["digest"], row["weights_hash"]) == (stored.digest, stored.weights_hash)
    assert len(row["model_version"]) == 64
    assert places().home == tmp_path / "home"


def test_what_was_noted_is_looked_up_again_after_very_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.archive.MOST_NOTED", 2)
    kept, read = archive(), expected(LESION)
    numbers = [kept.note(LESION, read, version) for version in ("a", "b", "c")]
    digest = read.scan.content_hash
    assert [kept.noted(digest, version) for version in ("a", "b", "c")] == [False, False, True]
    assert kept.note(LESION, read, "a") == numbers[0], "the store knows it"


def test_after_a_word_that_is_not_written_the_answer_is_noted_anew() -> None:
    kept, read = archive(), expected(LESION)
    kept.note(LESION, read, "networks")
    with pytest.raises(StoreError, match="not in the database"):
        kept.say(999, Word("A. Reader", AGREE))
    assert not kept.noted(read.scan.content_hash, "networks")
    assert kept.say(kept.note(LESION, read, "networks"), Word("A. Reader", AGREE)) == 1


def test_a_signed_report_makes_its_scan_signed() -> None:
    kept = archive()
    number = kept.note(LESION, expected(LESION), "networks")
    signed = kept.reports.sign(number, REPORT)
    assert [entry.status for entry in kept.worklist()] == ["signed"]
    kept.reports.take_back(signed, REPORT.reader)
    assert [entry.status for entry in kept.worklist()] == ["new"]
