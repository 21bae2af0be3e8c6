"""A series read: every slice by the one door, one answer by the stated rule, one volume."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from ml import pipeline, study
from ml.errors import MissingWeights
from ml.inference.pixel_checks import PixelLimits
from ml.labels import NO_TUMOR
from ml.models.registry import CLASSIFIERS
from ml.pipeline import analyse
from ml.results import Analysis, Refusal
from ml.study import ADJACENT, SliceReading, answer_of, read_study
from tests.ml.fakes import OPEN_GATE, FakeEngine
from tests.ml.volumes import MARKER_PX, ball, slice_of

RADIUS = 20.0
pytestmark = pytest.mark.usefixtures("no_weight_files")


def gated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets through what has anything in it."""
    limits = PixelLimits(bright=0.01, levels=-1.0, corners=2.0, colour=2.0)
    monkeypatch.setattr(pipeline, "shipped_gate", lambda: replace(OPEN_GATE, pixels=limits))


def probable(*tumours: float | None) -> list[SliceReading]:
    """Slices of a stated probability of a glioma; None was refused."""
    refusal = Refusal("blank", 0.0, 0.1)
    return [
        SliceReading(number, refusal)
        if tumour is None
        else SliceReading(
            number, probabilities=np.array([tumour, 0.0, 1.0 - tumour, 0.0], np.float32)
        )
        for number, tumour in enumerate(tumours, start=1)
    ]


def test_every_slice_says_what_it_says_alone() -> None:
    volume = ball(RADIUS)
    found = read_study(volume, FakeEngine())
    assert [one.number for one in found.slices] == list(range(1, 13))
    for place in (0, 4, 6):
        alone = analyse(volume.slices[place], FakeEngine())
        assert isinstance(alone, Analysis)
        one = found.slices[place]
        np.testing.assert_allclose(one.probabilities, alone.mean.shown, atol=1e-6)
        assert one.area_px == alone.segmentation.measurement.area_px
        assert one.diameter_mm == alone.segmentation.measurement.diameter_mm
        np.testing.assert_array_equal(one.mask, alone.segmentation.mask)
    assert set(found.weights) >= set(CLASSIFIERS)
    assert found.content_hash == volume.content_hash


def test_volume_is_outlined_area_times_distance() -> None:
    volume = ball(RADIUS)
    found = read_study(volume, FakeEngine())
    distance = volume.slice_distance_mm
    assert distance == pytest.approx(4.0)
    exact = sum(one.mask.sum() for one in found.slices) * 0.8 * 0.8 * distance / 1000
    assert found.size.volume_ml == pytest.approx(exact)
    markers = 12 * MARKER_PX * 0.8 * 0.8 * distance / 1000
    truth = 4 / 3 * np.pi * (RADIUS * 0.8) ** 3 / 1000 + markers
    assert found.size.volume_ml == pytest.approx(truth, rel=0.05)
    low, high = found.size.band_ml
    assert low < found.size.volume_ml < high


def test_anisotropic_pixels_are_counted_at_their_size() -> None:
    square, flat = ball(RADIUS), ball(RADIUS, spacing_mm=(0.8, 0.4))
    flat = replace(flat, slice_distance_mm=square.slice_distance_mm)
    whole = read_study(square, FakeEngine()).size.volume_ml
    half = read_study(flat, FakeEngine()).size.volume_ml
    assert half == pytest.approx(whole / 2)


@pytest.mark.parametrize("missing", ["spacing", "distance"])
def test_without_geometry_there_is_no_volume(missing: str) -> None:
    volume = ball(RADIUS, spacing_mm=None)
    if missing == "distance":
        volume = replace(ball(RADIUS), slice_distance_mm=None)
    size = read_study(volume, FakeEngine()).size
    assert (size.volume_ml, size.band_ml) == (None, None)
    assert size.number == 5
    assert (size.diameter_mm is None) == (missing == "spacing")
    assert (size.diameter_px is None) == (missing == "distance")


def test_the_longest_diameter_is_that_of_the_widest_slice() -> None:
    found = read_study(ball(RADIUS), FakeEngine())
    assert found.size.number == 5
    longest = max(one.diameter_mm for one in found.slices if one.diameter_mm is not None)
    assert found.size.diameter_mm == longest == pytest.approx(2 * RADIUS * 0.8, rel=0.08)


def test_batches_are_small_and_progress_is_told() -> None:
    engine, told = FakeEngine(), []
    read_study(ball(RADIUS, count=11), engine, progress=lambda *done: told.append(done))
    assert told == [(8, 11), (11, 11)]
    assert max(size for _, size in engine.calls) == 8
    assert sum(size for name, size in engine.calls if name == CLASSIFIERS[0]) == 11


def test_the_next_slices_are_prepared_while_the_networks_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where, prepare = [], study.framed

    def noted(pixels):
        where.append(threading.current_thread() is threading.main_thread())
        return prepare(pixels)

    monkeypatch.setattr(study, "framed", noted)
    monkeypatch.setattr(pipeline, "framed", None)  # nobody else does it again
    read_study(ball(RADIUS, count=11), FakeEngine())
    assert where == [False] * 11


def test_an_interrupted_reading_goes_on_where_it_stopped() -> None:
    volume, done = ball(RADIUS, count=20), []

    def interrupt(read: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_study(volume, FakeEngine(), progress=interrupt, done=done)
    assert len(done) == 8
    engine = FakeEngine()
    found = read_study(volume, engine, done=done)
    assert [one.number for one in found.slices] == list(range(1, 21))
    assert sum(size for name, size in engine.calls if name == CLASSIFIERS[0]) == 12
    whole = read_study(volume, FakeEngine())
    assert found.size == whole.size
    assert found.answer.numbers == whole.answer.numbers


def test_batches_are_bounded_by_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "_BATCH_PIXELS", 128 * 128 * 2)
    engine = FakeEngine()
    read_study(ball(RADIUS, count=5), engine)
    assert max(size for _, size in engine.calls) == 2


def test_refused_slices_are_counted_and_have_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    gated(monkeypatch)
    volume = ball(RADIUS, count=8)
    blank = replace(slice_of(0, (0.8, 0.8)), pixels=np.zeros((128, 128), np.float32))
    slices = (*volume.slices[:6], blank, replace(blank, content_hash="other"))
    found = read_study(replace(volume, slices=slices), FakeEngine())
    assert found.refused == 2
    assert [one.number for one in found.slices if one.refusal is not None] == [7, 8]
    assert found.slices[6].refusal.reason == "blank"
    assert (found.slices[6].tumour, found.slices[6].area_px) == (None, 0)
    assert [one.mask is None for one in found.slices] == [False] * 6 + [True] * 2


def test_a_series_that_is_refused_whole_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    gated(monkeypatch)
    volume = ball(RADIUS, count=3)
    black = tuple(replace(scan, pixels=np.zeros((128, 128), np.float32)) for scan in volume.slices)
    found = read_study(replace(volume, slices=black), FakeEngine())
    assert (found.answer, found.refused) == (None, 3)
    assert found.highest == 1
    assert found.size.volume_ml == 0.0


def test_the_answer_is_the_mean_of_the_three_highest_neighbours() -> None:
    slices = probable(0.1, 0.99, 0.1, 0.6, 0.8, 0.7, 0.2)
    answer = answer_of(slices)
    assert answer.numbers == (4, 5, 6)  # not the lone slice 2
    assert answer.probabilities == pytest.approx([0.7, 0.0, 0.3, 0.0], abs=1e-6)
    assert (answer.label, answer.tumour) == ("glioma", pytest.approx(0.7))
    assert answer.confidence == pytest.approx(0.7)
    assert len(answer.numbers) == ADJACENT


def test_neighbours_have_no_refused_slice_between_them() -> None:
    assert answer_of(probable(0.9, None, 0.9, 0.2, 0.2, 0.1)).numbers == (3, 4, 5)
    assert answer_of(probable(0.9, None, 0.3, 0.2, None)).numbers == (3, 4)
    assert answer_of(probable(0.2, None, 0.3, None)).numbers == (3,)
    assert answer_of(probable(None, None)) is None
    assert answer_of([]) is None


def test_the_highest_slice_opens_first() -> None:
    found = read_study(ball(RADIUS), FakeEngine())
    tumours = [one.tumour for one in found.slices]
    assert found.highest == int(np.argmax(tumours))
    probabilities = found.slices[found.highest].probabilities
    assert tumours[found.highest] == pytest.approx(1.0 - float(probabilities[NO_TUMOR]))


def test_missing_weights_are_never_papered_over() -> None:
    with pytest.raises(MissingWeights):
        read_study(ball(RADIUS, count=2), FakeEngine(missing=True))
