"""The training code gives the same losses under every backend of Keras."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def losses(backend: str) -> dict[str, list[float]]:
    """Losses before each of three steps, by network and task, in a process of its own."""
    command = [sys.executable, "-m", "tests.ml.training.one_step"]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    found: dict[str, list[float]] = json.loads(line.removeprefix("RESULT "))
    return found


@pytest.fixture(scope="module")
def under_tensorflow() -> dict[str, list[float]]:
    return losses("tensorflow")


def test_training_changes_the_loss(under_tensorflow: dict[str, list[float]]) -> None:
    assert len(under_tensorflow) == 4
    for found in under_tensorflow.values():
        assert all(0.0 < value < 100.0 for value in found)
        assert len(set(found)) == len(found)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_another_backend_gives_the_same_losses(
    backend: str, under_tensorflow: dict[str, list[float]]
) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: pip install -r requirements-backends.txt")
    found = losses(backend)
    assert set(found) == set(under_tensorflow)
    for name, values in found.items():
        # the first loss is the forward pass, the others are what the steps have learnt
        assert values == pytest.approx(under_tensorflow[name], rel=1e-4), name
