"""Time and peak memory of a series: `python -m ml.bench.volume SIDE SLICES…` in its own process.

Every slice is another picture, at the side that is asked for; decoding files is not counted here.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from ml import pipeline
from ml.bench.child import run
from ml.bench.pictures import variants
from ml.bench.summary import exponent
from ml.results import DisplayWindow, Scan
from ml.study import read_study
from ml.volume import Volume

__all__ = ["main", "series", "volume"]


def volume(slices: Sequence[int], side: int, *, long: tuple[int, int]) -> dict[str, Any]:
    """Cost against slices, and one long series.

    Args:
        slices: numbers of slices of the series that are compared, at least two.
        side: of their slices, pixels.
        long: slices and side of the one whose peak of memory is told.

    Raises:
        MetricsError: a run failed, or there are no simulated slices.
    """
    numbers = sorted(slices)
    seconds = run("ml.bench.volume", str(side), *map(str, numbers)).json
    finished = run("ml.bench.volume", str(long[1]), str(long[0]))
    return {
        "side_px": side,
        "cost": exponent(numbers, seconds),
        "long": {
            "slices": long[0],
            "side_px": long[1],
            "seconds": round(finished.json[0], 3),
            "peak_mb": round(finished.peak_mb, 1),
        },
    }


def series(count: int, side: int) -> Volume:
    """A series of simulated slices (side, side) without any geometry."""
    scans = []
    for number, picture in enumerate(variants(count, seed=side)):
        pixels = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
        window = DisplayWindow(center=127.5, width=255.0, source="full range")
        digest = hashlib.sha256(pixels.tobytes() + bytes([number % 256])).hexdigest()
        scan = Scan(
            pixels=pixels.astype(np.float32),
            window=window,
            spacing_mm=None,
            format="NIfTI",
            content_hash=digest,
        )
        scans.append(scan)
    name = hashlib.sha256("".join(one.content_hash for one in scans).encode()).hexdigest()
    sources = tuple((name, frame) for frame in range(count))
    return Volume(tuple(scans), None, None, None, sources, name, "", "MR", "NIfTI")


def main(arguments: Sequence[str]) -> int:
    """Seconds of each series, warm, as one line of JSON; returns the exit status."""
    side, *numbers = map(int, arguments)
    engine = pipeline.default_engine()
    read_study(series(9, side), engine)  # a batch of eight and one of one, before anything counts
    seconds = [read_study(series(number, side), engine).seconds for number in numbers]
    sys.stdout.write(json.dumps(seconds) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
