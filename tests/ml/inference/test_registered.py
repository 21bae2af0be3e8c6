"""The registered networks through files, engine and pipeline, with random weights."""

from pathlib import Path

import numpy as np
import pytest

from ml.errors import AlteredWeights
from ml.inference.engine import KerasEngine
from ml.models import registry, weights
from ml.models.registry import CLASSIFIERS, SEGMENTER, spec
from ml.pipeline import analyse, analyse_many
from ml.preprocess import prepare
from tests.ml.fakes import disc_picture, scan_of
from tests.ml.networks import calibrate_at_once

SIZES = {"mobilenet": 96, "xception": 96, "resnet50": 96, "unet": 64}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory):
    """Weight files of untrained networks in a folder of their own, published there."""
    import keras

    folder: Path = tmp_path_factory.mktemp("weights")
    entries = {
        name: {"input_size": size, "parameters": 1, "file": f"{name}.st", "sha256": ""}
        for name, size in SIZES.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "WEIGHTS", folder)
        patch.setattr(registry, "published", lambda: entries)
        keras.utils.set_random_seed(3)
        for name, entry in entries.items():
            model = weights.build(spec(name))
            calibrate_at_once(model, SIZES[name])
            entry["sha256"] = weights.save(model.get_weights(), folder / f"{name}.st")
        yield folder


@pytest.mark.slow
def test_files_to_analysis(installed: Path):
    engine = KerasEngine()
    scans = [scan_of(disc_picture(150), (0.5, 0.5)), scan_of(disc_picture(90, radius=9))]
    together = analyse_many(scans, engine)
    alone = [analyse(scan, engine) for scan in scans]
    for place, name in enumerate(CLASSIFIERS):
        model = weights.load(name)
        for scan, *results in zip(scans, together, alone, strict=True):
            image = prepare(scan.pixels, SIZES[name]).image
            direct = np.asarray(model(image, training=False))[0]
            for result in results:
                reading = result.classifications[place]
                assert reading.model == name
                np.testing.assert_allclose(reading.logits, direct, rtol=1e-3, atol=1e-4)
    for scan, result in zip(scans, together, strict=True):
        mask = result.segmentation
        assert mask.probability.shape == scan.shape
        assert 0.0 <= mask.probability.min() <= mask.probability.max() <= 1.0
        assert result.weights == {n: spec(n).sha256 for n in (*CLASSIFIERS, SEGMENTER)}
    first, second = (np.stack([c.logits for c in r.classifications]) for r in together)
    assert np.abs(first - second).max(axis=1).min() > 0.01  # every network tells them apart
    image = prepare(scans[0].pixels, SIZES["unet"]).image
    both = np.concatenate([image, image[:, :, ::-1]])
    logits = np.asarray(weights.load("unet")(both, training=False), np.float64)[..., 0]
    plain, mirrored = 1 / (1 + np.exp(-logits))
    expected = (plain + mirrored[:, ::-1]) / 2
    np.testing.assert_allclose(engine.segment(image)[0], expected, atol=1e-4)
    assert logits.std() > 0.01


@pytest.mark.slow
def test_an_altered_file_is_refused_by_the_pipeline(installed: Path):
    file = installed / "resnet50.st"
    content = file.read_bytes()
    try:
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(AlteredWeights):
            analyse(scan_of(disc_picture()), KerasEngine())
    finally:
        file.write_bytes(content)
