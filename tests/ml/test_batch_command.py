"""`python -m ml.batch` as a user types it, with the trained networks."""

import csv
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ml.errors import MissingWeights
from ml.inference.explain import contributions
from ml.io import read_scan
from ml.labels import CLASSES
from ml.models import weights
from ml.models.registry import CLASSIFIERS, SEGMENTER, spec
from ml.phantom import draw, to_png
from ml.pipeline import analyse, default_engine
from ml.preprocess import prepare
from tests.ml.fakes import disc_picture

ROOT = Path(__file__).resolve().parents[2]
GIVEN = ("file", "status", "reason")


@pytest.fixture(scope="module", autouse=True)
def _trained_networks():
    try:
        for name in (*CLASSIFIERS, SEGMENTER):
            weights.load(name)
    except MissingWeights as error:
        pytest.skip(f"assets/weights is not complete: {error}")


@pytest.mark.weights
def test_a_folder_is_read_by_the_command(tmp_path: Path):
    simulated = to_png(draw("glioma", seed=2, size=200))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "head.png").write_bytes(simulated)
    (tmp_path / "in" / "broken.png").write_bytes(b"broken")
    disc = disc_picture(200).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "in" / "disc.png"), disc)
    command = [sys.executable, "-m", "ml.batch", str(tmp_path / "in"), "--out", str(tmp_path / "o")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    with (tmp_path / "o" / "readings.csv").open(encoding="utf-8", newline="") as handle:
        broken, refused, read = csv.DictReader(handle)
    statuses = [row["status"] for row in (broken, refused, read)]
    assert statuses == ["failed", "refused", "ok"]
    assert not any(value for name, value in refused.items() if name not in GIVEN)
    assert refused["reason"].startswith("levels: ")
    expected = analyse(read_scan(simulated), default_engine())
    for reading in (*expected.classifications, expected.mean):
        found = [float(read[f"{reading.model}_{label}"]) for label in CLASSES]
        np.testing.assert_allclose(found, reading.shown, atol=1e-4)
    mask = cv2.imread(str(tmp_path / "o" / read["mask_file"]), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (200, 200)
    assert abs(int(read["area_px"]) - expected.segmentation.measurement.area_px) <= 2


@pytest.mark.weights
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_contributions_and_bias_make_up_the_logits(name: str):
    """What is left of a logit is its bias: the same for every picture, so nothing is missed."""
    engine, size = default_engine(), spec(name).input_size
    pictures = [disc_picture(200), disc_picture(160, radius=30), np.zeros((64, 64), np.float32)]
    output = engine.classify(name, np.concatenate([prepare(p, size).image for p in pictures]))
    explained = np.stack([contributions(f, engine.head(name)) for f in output.features])
    rest = output.logits - explained.sum(axis=(1, 2))
    np.testing.assert_allclose(rest[1:], rest[:1].repeat(2, axis=0), atol=2e-3)
