"""Times a full reading on this machine: `make bench` or `python -m ml.bench`.

Every simulated sample goes from its bytes to a finished `Analysis`, warm, one at a time. Printed
and written as JSON: median and 95th percentile of the whole and of each step, and the cold start
(import, load, first reading), which is timed first.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.errors import SulcusError

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLES = REPOSITORY / "assets" / "samples"
SLICES = "simulated_*_[0-9].*"
"""Single slices that are read to the end; not those that are refused, and no series."""


def measure(rounds: int) -> dict[str, Any]:
    """Milliseconds of cold start and of warm readings of all samples, `rounds` times each.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: there are no samples to read.
    """
    started = time.perf_counter()
    from ml import pipeline
    from ml.errors import MetricsError
    from ml.io import read_scan

    files = sorted(p for p in SAMPLES.glob(SLICES) if p.is_file())
    if not files:
        raise MetricsError("There are no simulated samples: draw them with `make samples`.")
    contents = [file.read_bytes() for file in files]
    engine = pipeline.default_engine()
    pipeline.analyse(read_scan(contents[0]), engine)
    cold = time.perf_counter() - started
    whole: list[float] = []
    steps: dict[str, list[float]] = {}
    for content in contents * (rounds + 1):
        begin = time.perf_counter()
        result = pipeline.analyse(read_scan(content), engine)
        whole.append(time.perf_counter() - begin)
        for step, seconds in result.seconds.items():
            steps.setdefault(step, []).append(seconds)
    skip = len(contents)  # one round to warm up
    return {
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "cold_start_ms": round(cold * 1000.0, 1),
        "reading_ms": _summary(whole[skip:]),
        "steps_ms": {step: _summary(values[skip:]) for step, values in steps.items()},
    }


def _summary(seconds: list[float]) -> dict[str, float]:
    values = np.array(seconds) * 1000.0
    return {
        "median": round(float(np.median(values)), 1),
        "p95": round(float(np.percentile(values, 95)), 1),
        "n": len(values),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ml.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="readings of each sample")
    parser.add_argument(
        "--out", type=Path, default=REPOSITORY / "out" / "bench.json", help="where the JSON goes"
    )
    options = parser.parse_args(arguments)
    try:
        found = measure(max(1, options.rounds))
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=2) + "\n")
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
