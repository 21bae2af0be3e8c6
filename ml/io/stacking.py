"""Slices → their order, their distance, and what they share. Positions in, sentences out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ml.io.window import percentile_window
from ml.results import DisplayWindow, Scan

__all__ = ["ALONE", "distance_between", "one_inversion", "one_window"]

ALONE: Final = "A single slice has no slice distance: no volume is given."
_EVEN: Final = 0.02
"""Share of the distance by which neighbouring ones may differ: positions are rounded numbers."""
_ROUNDING_MM: Final = 0.01
_WINDOW_PIXELS: Final = 4_000_000
"""Most pixels that the window of a whole series is taken from."""
_NAMED: Final = 5
"""Most gaps that are named one by one."""


def distance_between(offsets_mm: Sequence[float]) -> tuple[float | None, tuple[str, ...]]:
    """Distance between neighbouring slices, and why there is none.

    Args:
        offsets_mm: places along the normal, ascending.

    Returns:
        The mean distance where all are the same but for rounding, else None and a sentence that
        names the gaps.
    """
    if len(offsets_mm) < 2:
        return None, (ALONE,)
    steps = np.diff(np.asarray(offsets_mm, np.float64))
    usual = float(np.median(steps))
    apart = np.abs(steps - usual) > max(_EVEN * usual, _ROUNDING_MM)
    if not apart.any():
        return float(steps.mean()), ()
    places = [
        f"{place + 1} and {place + 2} ({steps[place]:.1f} mm)" for place in apart.nonzero()[0]
    ]
    named = ", ".join(places[:_NAMED]) + (" …" if len(places) > _NAMED else "")
    return None, (
        f"The slices are not evenly apart: usually {usual:.1f} mm, but not between {named}. "
        "Slices may be missing; no slice distance is used and no volume is given.",
    )


def one_window(scans: Sequence[Scan]) -> tuple[Scan, ...]:
    """The same scans with one display window, so that they do not flicker while one scrolls.

    That of the header where the middle slice has one, else the 1–99 percentile of all slices.
    """
    middle = scans[len(scans) // 2]
    window = middle.window
    if not window.source.startswith("DICOM header"):
        step = max(1, sum(scan.pixels.size for scan in scans) // _WINDOW_PIXELS)
        window = percentile_window(np.concatenate([s.pixels.ravel()[::step] for s in scans]))
    return tuple(replace(scan, window=window) for scan in scans)


def one_inversion(scans: Sequence[Scan]) -> list[Scan]:
    """Slices that were inverted each about its own range, moved to one common range.

    Without it the same tissue would have another level in each slice.
    """
    sums = [float(scan.pixels.min()) + float(scan.pixels.max()) for scan in scans]
    common = max(sums)
    return [
        replace(
            scan,
            pixels=scan.pixels + np.float32(common - own),
            window=DisplayWindow(
                scan.window.center + common - own, scan.window.width, scan.window.source
            ),
        )
        for scan, own in zip(scans, sums, strict=True)
    ]
