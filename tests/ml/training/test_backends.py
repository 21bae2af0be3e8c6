"""The training code gives the same losses under every backend of Keras."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


def losses(backend: str) -> dict[str, list[float]]:
    """Losses before each of three steps, by network and task, in a process of its own."""
    command = [sys.executable, "-m", "tests.ml.training.one_step"]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    # compiling takes the time
    environment["XLA_FLAGS"] = (
        "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    )
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    found: dict[str, list[float]] = json.loads(line.removeprefix("RESULT "))
    return found


BACKENDS = ("tensorflow", "jax", "torch")


@pytest.fixture(scope="module")
def started() -> Iterator[dict[str, Future[dict[str, list[float]]]]]:
    """Every installed backend's losses, computed side by side."""
    there = [name for name in BACKENDS if importlib.util.find_spec(name) is not None]
    with ThreadPoolExecutor(len(there)) as pool:
        yield {name: pool.submit(losses, name) for name in there}


@pytest.fixture(scope="module")
def under_tensorflow(started: dict[str, Future[Any]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = started["tensorflow"].result()
    return found


def test_training_changes_the_loss(under_tensorflow: dict[str, list[float]]) -> None:
    assert len(under_tensorflow) == 4
    for found in under_tensorflow.values():
        assert all(0.0 < value < 100.0 for value in found)
        assert len(set(found)) == len(found)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS[1:])
def test_another_backend_gives_the_same_losses(
    backend: str, under_tensorflow: dict[str, list[float]], started: dict[str, Future[Any]]
) -> None:
    if backend not in started:
        pytest.skip(f"{backend} is not installed: pip install -r requirements-backends.txt")
    found = started[backend].result()
    assert set(found) == set(under_tensorflow)
    for name, values in found.items():
        # the first loss is the forward pass, the others are what the steps have learnt
        assert values == pytest.approx(under_tensorflow[name], rel=1e-4), name
