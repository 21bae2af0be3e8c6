"""The shipped networks under OpenVINO beside the reference, on simulated scans."""

import numpy as np
import pytest

from ml.errors import WeightsError
from ml.export import describe
from ml.inference.detect import detections
from ml.inference.engine import KerasEngine
from ml.io import read_scan
from ml.models import registry, topology
from ml.models.registry import CLASSIFIERS, DETECTOR, SEGMENTER, spec
from ml.pipeline import softmax
from ml.preprocess import Prepared, prepare

pytest.importorskip("openvino")

from ml.inference.openvino_engine import OpenVinoEngine  # after the check that it can be

pytestmark = [pytest.mark.weights, pytest.mark.slow]

SAMPLES = [
    registry.REPOSITORY / "assets" / "samples" / f"simulated_{kind}_1.png"
    for kind in ("glioma", "no_tumor")
]


@pytest.fixture(scope="module")
def engines() -> tuple[OpenVinoEngine, KerasEngine]:
    try:
        for name in registry.installed():
            spec(name)
    except WeightsError as error:
        pytest.skip(f"assets/weights is not complete: {error}")
    return OpenVinoEngine(threads=1), KerasEngine()


def prepared(name: str) -> list[Prepared]:
    scans = [read_scan(file.read_bytes()) for file in SAMPLES]
    return [prepare(scan.pixels, spec(name).input_size) for scan in scans]


def batch(name: str) -> np.ndarray:
    return np.concatenate([one.image for one in prepared(name)])


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_says_the_same(engines, name: str) -> None:
    found, expected = (engine.classify(name, batch(name)) for engine in engines)
    assert np.ptp(softmax(expected.logits), axis=0).max() > 0.05, "two scans, one answer"
    np.testing.assert_allclose(softmax(found.logits), softmax(expected.logits), atol=1e-4)
    scale = np.abs(expected.features).max()
    np.testing.assert_allclose(found.features, expected.features, atol=1e-4 * scale)
    np.testing.assert_array_equal(engines[0].head(name), engines[1].head(name))
    assert found.logits.dtype == found.features.dtype == np.float32


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_fine_heat_map_is_the_same(engines, name: str) -> None:
    labels = engines[1].classify(name, batch(name)).logits.argmax(axis=1).tolist()
    for wanted in (labels, [(label + 1) % 4 for label in labels]):
        found, expected = (engine.attribute(name, batch(name), wanted) for engine in engines)
        assert found.shape == expected.shape
        for one, other in zip(found, expected, strict=True):
            scale = np.abs(other).max()
            assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.999
            np.testing.assert_allclose(one / scale, other / scale, atol=5e-3)


def test_the_outline_is_the_same(engines) -> None:
    found, expected = (engine.segment(batch(SEGMENTER)) for engine in engines)
    assert expected.max() > 0.5
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_boxes_are_the_same(engines) -> None:
    outputs = [engine.detect(batch(DETECTOR)) for engine in engines]
    for at, one in enumerate(prepared(DETECTOR)):
        found, expected = (
            detections(output.boxes[at], output.logits[at], crop=one.crop, shape=(512, 512))
            for output in outputs
        )
        assert expected
        assert [box.label for box in found] == [box.label for box in expected]
        np.testing.assert_allclose(
            [box.score for box in found], [box.score for box in expected], atol=1e-4
        )


@pytest.mark.parametrize("name", [*CLASSIFIERS, SEGMENTER, DETECTOR])
def test_the_list_of_layers_is_that_of_the_code(name: str) -> None:
    assert topology.read(spec(name)) == describe(name), "run `python -m ml.export`"
