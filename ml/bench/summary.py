"""Medians, percentiles and exponents of what was timed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["exponent", "summary"]


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds, and of how many."""
    values = np.array(seconds) * 1000.0
    return {
        "median_ms": round(float(np.median(values)), 2),
        "p95_ms": round(float(np.percentile(values, 95)), 2),
        "n": len(values),
    }


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> dict[str, Any]:
    """The power of the size that the time grows with: a line through the logarithms.

    Args:
        sizes: at least two different ones, above 0.
        seconds: one of each, above 0.

    Returns:
        "exponent"; "residual", the root mean square of what the line leaves of the natural
        logarithms (0.1 is about a tenth of the time), None for two points, which no line misses;
        and "points" as (size, seconds).
    """
    x, y = np.log(np.array(sizes, float)), np.log(np.array(seconds, float))
    slope, offset = np.polyfit(x, y, 1)
    left = float(np.sqrt(np.mean((y - slope * x - offset) ** 2)))
    return {
        "exponent": round(float(slope), 3),
        "residual": round(left, 4) if len(sizes) > 2 else None,
        "points": [[int(n), round(t, 4)] for n, t in zip(sizes, seconds, strict=True)],
    }
