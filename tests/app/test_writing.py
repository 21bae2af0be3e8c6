"""The notice over a picture that may have writing in it, and what reports say of it."""

from typing import Any

import pytest

from app import report_texts, study_services
from app import writing_texts as words
from app.reports.draft import AI
from ml.errors import WritingError
from ml.evaluation.membership_published import Share
from ml.evaluation.published import Interval
from ml.evaluation.writing_published import WritingFigures
from ml.inference.writing import Box
from tests.app import fakes
from tests.app.conftest import LESION, Opened
from tests.app.test_report import Files, document, files, pieces, with_report
from tests.ml.io.series_files import one_slice, series

__all__ = ["files"]

FIGURES = WritingFigures(
    protocol="TEST",
    hits={
        "simulated": Share(Interval(0.9, 0.8, 0.95), 10, 10),
        "pictures": Share(Interval(0.7, 0.6, 0.8), 10, 10),
        "beside_the_head": Share(Interval(0.95, 0.9, 1.0), 10, 10),
    },
    false_alarms=Share(Interval(0.01, 0.0, 0.02), 10, 10),
    ms_median=4.0,
)


class Finder:
    """Finds the same boxes in every picture."""

    def __init__(self, *boxes: Box) -> None:
        self.boxes = boxes

    def find(self, *_: object) -> tuple[Box, ...]:
        return self.boxes


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters at the upper left and at the bottom of every picture of 256 × 256."""
    finder = Finder((0, 0, 16, 90), (230, 100, 250, 160))
    monkeypatch.setattr(study_services, "shipped_detector", lambda: finder)


def test_writing_is_warned_of_and_named_in_the_report(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files, found: None
) -> None:
    at = opened(("a.png", LESION))
    (notice,) = [one.value for one in at.warning if "writing" in one.value]
    assert notice.startswith("**There may be writing in the picture (top left, bottom middle).**")
    assert words.WHAT_NOW in notice
    assert notice.endswith(words.NOT_MEASURED)
    at = with_report(at)
    assert words.BEFORE_EXPORT in [one.value for one in at.caption]
    said = words.sentence({1: ((0, 0), (2, 1))}, series=False)
    assert pieces(document(files), "technique")[-1] == (AI, said)
    assert said in files[report_texts.FORMS["json"]]().decode()


def test_nothing_is_said_where_nothing_is_found(
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(study_services, "shipped_detector", Finder)
    at = with_report(opened(("a.png", LESION)))
    assert not any("writing" in one.value for one in (*at.warning, *at.caption))
    assert "writing" not in str(pieces(document(files), "technique"))


def test_what_the_header_says_is_said_too(
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(study_services, "shipped_detector", Finder)
    at = opened(("a.dcm", one_slice(0, BurnedInAnnotation="YES")))
    assert f"{words.STATED} {words.WHAT_NOW}" in [one.value for one in at.warning]
    at = with_report(at)
    assert words.BEFORE_EXPORT in [one.value for one in at.caption]


def test_a_series_names_its_slices(
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(study_services, "shipped_detector", lambda: Finder((0, 0, 9, 20)))
    at = opened(*[(f"{place}.dcm", data) for place, data in enumerate(series())])
    notices = [one.value for one in at.warning if "writing" in one.value]
    assert len(notices) == 1
    assert "slices 1, 2, 3 and others" in notices[0]


def test_a_detector_that_is_missing_is_said_and_the_scan_is_read(
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> None:
        raise WritingError("What letters look like is missing. Do this.")

    monkeypatch.setattr(study_services, "shipped_detector", missing)
    at = opened(("a.png", LESION))
    assert not at.exception
    assert any("Do this." in one.value for one in at.error)
    assert engine.calls["mobilenet"] == 1


def test_the_notice_says_how_often_it_is_wrong() -> None:
    said = words.warning({1: ((1, 1),)}, stated=True, series=False, figures=FIGURES)
    assert said.startswith("**There may be writing in the picture (middle).** The header says")
    assert "90.0 % (95 % interval 80.0–95.0 %) on simulated scans" in said
    assert "by mistake: 1.0 %" in said
