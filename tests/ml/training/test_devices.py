"""Training across two devices gives what one device gives."""

import importlib.util
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import pytest

from ml.errors import TrainingError
from ml.training.devices import across, distributed

ROOT = Path(__file__).resolve().parents[3]
BACKENDS = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            importlib.util.find_spec(name) is None, reason=f"{name} is not installed"
        ),
    )
    for name in ("tensorflow", "jax")
]


def losses(backend: str, devices: int, folder: Path) -> list[dict[str, float]]:
    """Log of a run of two epochs on drawn pictures, in a process of its own."""
    command = [sys.executable, "-m", "tests.ml.training.two_devices", str(folder), str(devices)]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    found: list[dict[str, float]] = json.loads(line.removeprefix("RESULT "))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_two_devices_learn_what_one_learns(backend: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:  # side by side: each is a process of its own
        one, two = pool.map(lambda n: losses(backend, n, tmp_path / str(n)), (1, 2))
    assert len(one) == len(two) == 2
    for alone, shared in zip(one, two, strict=True):
        assert shared["loss"] == pytest.approx(alone["loss"], rel=0.01)
    assert two[1]["val_nll"] == pytest.approx(one[1]["val_nll"], rel=0.001)
    assert two[1]["val_dice"] == pytest.approx(one[1]["val_dice"], rel=0.005)
    for log in (one, two):
        assert log[1]["mask_logits_loss"] < 0.97 * log[0]["mask_logits_loss"]


def test_one_device_is_not_several() -> None:
    with pytest.raises(TrainingError, match="two devices or more; this machine shows 1"):
        across(["cpu:0"], batch=32)


def test_a_batch_has_to_be_divisible() -> None:
    with pytest.raises(TrainingError, match="32 pictures cannot be divided among 3"):
        across(["cpu:0", "cpu:1", "cpu:2"], batch=32)


def test_a_backend_that_cannot_distribute_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(TrainingError, match="the backend here is torch"):
        across(["cpu:0", "cpu:1"], batch=32)


def test_ordinary_code_is_not_distributed() -> None:
    assert not distributed()
