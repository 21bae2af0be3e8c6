"""Series read by the tests' engine, for tests of their reports."""

from typing import Any

from app.reports.series_result import SeriesResult
from ml import pipeline
from ml.io.series import find_series
from ml.results import Refusal, Refused
from ml.study import SliceReading, StudyReading, StudySize, read_study
from tests.app.fakes import FakeEngine
from tests.app.test_study import drawn_series

STUDY = "1.2.826.0.1.3680043.8.498.7"
WHOLE: dict[str, Any] = {
    "StudyInstanceUID": STUDY,
    "FrameOfReferenceUID": f"{STUDY}.9",
    "StudyDate": "20260131",
    "AccessionNumber": "A77",
}
"""What a scanner states besides, and a SEG or SR rests on."""


def complete_series(**changes: Any) -> list[bytes]:
    """The drawn series with a whole header, its files in an order that is none."""
    return drawn_series(**(WHOLE | changes))


def result(files: list[bytes]) -> SeriesResult:
    """The first series of the files as read; the fixtures `engine` and `open_gate` must be on."""
    series = find_series(files).series[0]
    volume, engine = series.read(), FakeEngine()
    found = read_study(volume, engine)
    return SeriesResult(
        series, volume, found, pipeline.analyse(volume.slices[found.highest], engine)
    )


def refused(files: list[bytes]) -> SeriesResult:
    """The same with every slice stopped by the gate."""
    series = find_series(files).series[0]
    volume, refusal = series.read(), Refusal("blank", 0.1, 0.2)
    slices = tuple(SliceReading(n, refusal) for n in range(1, len(volume.slices) + 1))
    size = StudySize(None, None, None, None, None)
    weights = {"mobilenet": "a" * 64}
    found = StudyReading(volume.content_hash, slices, None, size, weights)
    return SeriesResult(series, volume, found, Refused(volume.slices[found.highest], refusal))
