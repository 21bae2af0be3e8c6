"""The one door: everything in an `Analysis` belongs together and was computed once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from ml import pipeline, preprocess
from ml.errors import MembershipError, MissingWeights
from ml.inference import explain, pixel_checks
from ml.inference.chosen import chosen_engine
from ml.inference.familiar import fit_space, seen
from ml.inference.membership import Membership, load
from ml.inference.turns import TURNS
from ml.labels import CLASSES
from ml.models import registry
from ml.models.registry import CLASSIFIERS, SEGMENTER
from ml.phantom import draw
from ml.pipeline import analyse, analyse_many, default_engine, softmax
from ml.preprocess import fitted, framed
from tests.ml.fakes import OPEN_GATE, FakeEngine, disc_picture, index_of, published, scan_of

pytestmark = pytest.mark.usefixtures("no_weight_files")


@pytest.fixture
def analysis():
    return analyse(scan_of(disc_picture(), (0.5, 0.5)), FakeEngine())


def test_every_network_runs_exactly_once():
    engine = FakeEngine()
    analyse(scan_of(disc_picture()), engine)
    assert engine.calls == [*((name, 1) for name in CLASSIFIERS), (SEGMENTER, 1)]


def test_an_analysis_takes_a_place() -> None:
    scan = scan_of(disc_picture())
    with ThreadPoolExecutor(1) as pool:
        with ExitStack() as taken:
            for _ in range(TURNS.places):
                taken.enter_context(TURNS.first())
            asked = pool.submit(analyse, scan, FakeEngine())
            with pytest.raises(TimeoutError):
                asked.result(0.3)
        assert asked.result(20.0).scan is scan


def test_grey_levels_are_scaled_once_a_scan(monkeypatch: pytest.MonkeyPatch):
    """Every size of input is cut from the same ones, and the gate looks at them."""
    engine, frames = FakeEngine(), [framed(disc_picture(radius=r)) for r in range(5, 13)]
    outputs = [
        engine.classify(
            name,
            np.concatenate([fitted(one, registry.spec(name).input_size).image for one in frames]),
        )
        for name in CLASSIFIERS
    ]
    gate = replace(OPEN_GATE, space=fit_space(seen(outputs, frames), [0, 1] * 4), method="taught")
    monkeypatch.setattr(pipeline, "shipped_gate", lambda: gate)
    scaled, scale = [], preprocess.normalise

    def noted(pixels):
        scaled.append(pixels.shape)
        return scale(pixels)

    for place in (preprocess, pixel_checks):
        monkeypatch.setattr(place, "normalise", noted)
    found = analyse_many([scan_of(disc_picture(size)) for size in (90, 128)], FakeEngine())
    assert all(one.admission.score is not None for one in found)
    assert scaled == [(90, 90), (128, 128)]


def test_classifications_in_registry_order(analysis):
    assert tuple(c.model for c in analysis.classifications) == CLASSIFIERS
    for reading in analysis.classifications:
        assert reading.probabilities.dtype == np.float32
        assert reading.probabilities.sum() == pytest.approx(1.0, abs=1e-6)
        raised = np.exp(reading.logits.astype(np.float64))
        np.testing.assert_allclose(reading.probabilities, raised / raised.sum(), rtol=1e-5)


def test_mean_of_the_three(analysis):
    expected = np.mean([c.probabilities for c in analysis.classifications], axis=0)
    np.testing.assert_allclose(analysis.mean.probabilities, expected, atol=1e-7)
    assert analysis.mean.model == "mean"
    assert analysis.mean.logits is None
    firsts = [int(np.argmax(c.probabilities)) for c in analysis.classifications]
    assert analysis.agreement == firsts.count(int(np.argmax(expected)))


def test_heat_maps_explain_the_network_that_predicted(analysis):
    engine = FakeEngine()
    assert tuple(analysis.heatmaps) == CLASSIFIERS
    for reading in analysis.classifications:
        maps = analysis.heatmaps[reading.model]
        assert tuple(maps) == CLASSES
        for label, heatmap in maps.items():
            assert (heatmap.model, heatmap.label) == (reading.model, label)
            assert heatmap.values.shape == analysis.scan.shape
            assert 0.0 <= heatmap.values.min() <= heatmap.values.max() <= 1.0
        # features of the fake are never negative: a class gets a positive contribution
        # somewhere whenever its score without bias is positive
        score = reading.logits - engine.bias(reading.model)
        for index, label in enumerate(CLASSES):
            if score[index] > 0:
                assert maps[label].peak > 0.0


def test_the_map_is_the_one_that_validation_chose(analysis):
    explain.FIGURES_FILE.write_text('{"default": "margin"}')
    chosen = analyse(analysis.scan, FakeEngine())
    for network, maps in chosen.heatmaps.items():
        assert {heatmap.method for heatmap in maps.values()} == {"margin"}
        before = analysis.heatmaps[network]
        assert {heatmap.method for heatmap in before.values()} == {"grad_cam"}
        assert any((maps[c].values != before[c].values).any() for c in CLASSES)


def test_outline_is_measured_where_the_disc_is(analysis):
    sizes = analysis.segmentation.measurement
    assert analysis.segmentation.model == SEGMENTER
    assert sizes.centroid == pytest.approx((60.0, 70.0), abs=0.7)
    # the disc (radius 14) at half of its brightness over the head
    assert sizes.diameter_px == pytest.approx(28.0, abs=2.5)
    assert sizes.perpendicular_mm == pytest.approx(14.0, abs=1.3)
    assert sizes.area_mm2 == pytest.approx(sizes.area_px / 4)
    assert analysis.segmentation.mask.shape == analysis.scan.shape


def test_times_and_weights_are_noted(analysis):
    steps = {"preprocess", *CLASSIFIERS, "gate", SEGMENTER, "heatmaps", "measure", "membership"}
    assert set(analysis.seconds) == steps
    assert all(seconds >= 0.0 for seconds in analysis.seconds.values())
    engine = FakeEngine()
    assert analysis.weights == {n: engine.fingerprint(n) for n in (*CLASSIFIERS, SEGMENTER)}


@pytest.mark.parametrize("shape", [(64, 64), (40, 160), (300, 90)])
def test_any_shape_comes_back_on_its_own_pixels(shape: tuple[int, int]):
    pixels = np.random.default_rng(3).random(shape).astype(np.float32) * 4095
    result = analyse(scan_of(pixels), FakeEngine())
    assert result.segmentation.mask.shape == shape
    assert result.heatmaps["resnet50"]["glioma"].values.shape == shape
    assert result.segmentation.measurement.area_mm2 is None


def test_a_black_picture_is_read_without_an_outline():
    result = analyse(scan_of(np.zeros((80, 80))), FakeEngine())
    assert result.segmentation.measurement.area_px == 0
    assert np.isfinite(result.mean.probabilities).all()


def test_several_scans_give_what_one_by_one_gives():
    scans = [
        scan_of(disc_picture(128)),
        scan_of(disc_picture(200, centre=(90, 120), radius=20), (1.0, 1.0)),
        scan_of(disc_picture(96, centre=(40, 50), radius=8)),
    ]
    engine = FakeEngine()
    together = analyse_many(scans, engine)
    assert engine.calls == [*((name, 3) for name in CLASSIFIERS), (SEGMENTER, 3)]
    for scan, result in zip(scans, together, strict=True):
        alone = analyse(scan, FakeEngine())
        assert result.scan is scan
        np.testing.assert_allclose(result.mean.probabilities, alone.mean.probabilities, atol=1e-6)
        np.testing.assert_array_equal(result.segmentation.mask, alone.segmentation.mask)
        assert result.segmentation.measurement == alone.segmentation.measurement
        np.testing.assert_allclose(
            result.heatmaps["xception"]["pituitary"].values,
            alone.heatmaps["xception"]["pituitary"].values,
            atol=1e-5,
        )
    assert analyse_many([], engine) == []


def test_a_copy_of_a_training_picture_is_told_and_other_scans_are_not(
    monkeypatch: pytest.MonkeyPatch,
):
    known, other = disc_picture(), disc_picture(centre=(90.0, 40.0), radius=30.0)
    trained = Membership(index_of(other, known), 4)
    monkeypatch.setattr(pipeline, "training_set", lambda: trained)
    copy = cv2.resize(known[:, ::-1], (256, 256), interpolation=cv2.INTER_LINEAR)
    found = analyse_many([scan_of(copy), scan_of(draw("glioma", seed=1).pixels)], FakeEngine())
    assert found[0].membership is not None
    assert found[0].membership.source == "br35h"
    assert found[0].membership.distance <= 4
    assert found[1].membership is None


def test_a_missing_index_is_never_papered_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(pipeline, "training_set", lambda: load(tmp_path / "none.safetensors"))
    with pytest.raises(MembershipError, match=r"python -m ml\.datasets\.membership"):
        analyse(scan_of(disc_picture()), FakeEngine())


def test_missing_weights_are_never_papered_over():
    with pytest.raises(MissingWeights):
        analyse(scan_of(disc_picture()), FakeEngine(missing=True))


def test_softmax_of_large_logits():
    result = softmax(np.array([[1e4, 0.0, -1e4, 1e4]], np.float32))
    np.testing.assert_allclose(result, [[0.5, 0.0, 0.0, 0.5]])
    assert result.dtype == np.float32


def test_one_engine_for_the_process():
    assert default_engine() is default_engine()
    assert isinstance(default_engine(), type(chosen_engine()))


def test_without_a_detector_there_are_no_boxes(analysis):
    assert analysis.detections is None
    assert "detector" not in analysis.weights


def test_an_installed_detector_boxes_the_disc(monkeypatch: pytest.MonkeyPatch):
    entry = {"input_size": 96, "parameters": 1, "file": "detector.none", "sha256": "0" * 64}
    monkeypatch.setattr(registry, "published", lambda: {**published(), "detector": entry})
    engine = FakeEngine()
    found = analyse(scan_of(disc_picture()), engine)
    assert engine.calls == [
        *((name, 1) for name in CLASSIFIERS),
        (SEGMENTER, 1),
        ("detector", 2),  # the scan and its mirror image
    ]
    assert found.detections is not None
    (box,) = found.detections
    assert box.label == "meningioma"
    detector = np.exp(3.0) / (np.exp(3.0) + 3.0)
    assert 2 / 3 * detector <= box.score < detector  # two voices, and the outline's as far as sure
    assert box.box_px == pytest.approx((46.0, 56.0, 75.0, 85.0), abs=2.5)
    assert found.weights["detector"] == engine.fingerprint("detector")
    assert "detector" in found.seconds
    (unasked,) = analyse_many([found.scan], FakeEngine(), boxes=False)
    assert unasked.detections is None
    assert unasked.weights == found.weights
    assert set(found.seconds) - set(unasked.seconds) == {"detector"}
