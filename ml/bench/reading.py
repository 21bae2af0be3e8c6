"""Bytes to a finished reading, warm, one picture at a time; and the way a stranger would do it.

Both read the same simulated slices in the same process. A reading is all that the app shows of a
slice: three networks with a heat map of the answer each, outline, boxes, gate, calibration and the
look-up among the training pictures. The usual way is what tutorials show: `model.predict` of each
Keras network, tf-keras-vis' Grad-CAM of each, and `predict` of the U-Net; it does none of the rest.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ml import pipeline
from ml.bench.pictures import files
from ml.bench.summary import summary
from ml.inference.engine import Engine
from ml.io import read_scan
from ml.models.registry import CLASSIFIERS, SEGMENTER, spec
from ml.preprocess import prepare
from ml.results import Analysis

__all__ = ["reading", "usual_way"]

MAPS = "maps of the answer"


def reading(rounds: int, usual_rounds: int) -> dict[str, Any]:
    """Milliseconds of our readings and of the usual way, and how many times slower that is.

    Args:
        rounds: readings of each sample that count, after one that does not.
        usual_rounds: the same of the usual way; 0 leaves it out.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: there are no samples to read.
    """
    contents = [file.read_bytes() for file in files()]
    found = _ours(contents, pipeline.default_engine(), rounds)
    if not usual_rounds:
        return found
    read = usual_way()
    seconds = _timed(read, contents * (usual_rounds + 1))[len(contents) :]
    found["usual_ms"] = summary(seconds)
    found["ratio"] = round(found["usual_ms"]["median_ms"] / found["reading_ms"]["median_ms"], 2)
    return found


def _ours(contents: Sequence[bytes], engine: Engine, rounds: int) -> dict[str, Any]:
    steps: dict[str, list[float]] = {}

    def read(content: bytes) -> None:
        result = pipeline.analyse(read_scan(content), engine)
        start = time.perf_counter()
        if isinstance(result, Analysis):
            for maps in result.heatmaps.values():
                maps[result.mean.label]
        drawn = {MAPS: time.perf_counter() - start}
        for step, seconds in ({**result.seconds, **drawn}).items():
            steps.setdefault(step, []).append(seconds)

    whole = _timed(read, [content for _ in range(rounds + 1) for content in contents])
    skip = len(contents)
    return {
        "reading_ms": summary(whole[skip:]),
        "steps_ms": {step: summary(values[skip:]) for step, values in steps.items()},
    }


def _timed(read: Callable[[bytes], None], contents: Sequence[bytes]) -> list[float]:
    seconds = []
    for content in contents:
        start = time.perf_counter()
        read(content)
        seconds.append(time.perf_counter() - start)
    return seconds


def usual_way() -> Callable[[bytes], None]:
    """What reads a file the usual way, with the shipped weights; imports TensorFlow.

    Raises:
        WeightsError: a network's weights are missing or altered.
    """
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    from ml.models import weights

    models = {name: weights.load(name) for name in CLASSIFIERS}
    outline = weights.load(SEGMENTER)
    maps = {name: Gradcam(model, ReplaceToLinear(), clone=True) for name, model in models.items()}

    def read(content: bytes) -> None:
        pixels = read_scan(content).pixels
        for name, model in models.items():
            image = prepare(pixels, spec(name).input_size).image
            called = int(np.argmax(model.predict(image, verbose=0)))
            maps[name](
                CategoricalScore([called]),
                image,
                penultimate_layer=spec(name).feature_layer,
                seek_penultimate_conv_layer=False,
            )
        outline.predict(prepare(pixels, spec(SEGMENTER).input_size).image, verbose=0)

    return read
