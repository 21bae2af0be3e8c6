"""Pictures a second and peak memory of `python -m ml.batch`, for numbers of pictures."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.batch_local import default_workers
from ml.bench.child import run
from ml.bench.pictures import png, variants
from ml.bench.summary import exponent

__all__ = ["batch"]


def batch(counts: Sequence[int]) -> dict[str, Any]:
    """Folders of different pictures, each read by a process of its own.

    The exponent is of the time beyond that of a single picture, which is the start.

    Args:
        counts: at least two numbers of pictures above 1.

    Raises:
        MetricsError: a run failed, or there are no simulated slices.
    """
    start = _run(1)["seconds"]
    runs = [_run(count) for count in sorted(counts)]
    beyond = [max(one["seconds"] - start, 1e-3) for one in runs]
    for one, seconds in zip(runs, beyond, strict=True):
        one["pictures_per_s"] = round((one["pictures"] - 1) / seconds, 3)
    return {
        "workers": default_workers(),
        "start_s": start,
        "runs": runs,
        "cost": exponent([one["pictures"] - 1 for one in runs], beyond),
    }


def _run(count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        scans = Path(folder, "scans")
        scans.mkdir()
        for number, picture in enumerate(variants(count, seed=count)):
            (scans / f"{number:06d}.png").write_bytes(png(picture))
        finished = run("ml.batch", str(scans), "--out", str(Path(folder, "out")))
        rows = Path(folder, "out", "readings.csv").read_text(encoding="utf-8").splitlines()
    return {
        "pictures": len(rows) - 1,
        "read": sum(",ok," in row for row in rows),
        "seconds": round(finished.seconds, 3),
        "peak_mb": round(finished.peak_mb, 1),
    }
