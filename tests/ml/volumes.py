"""Volumes drawn in code: a head with a bright ball in it, seen in slices."""

import hashlib
from dataclasses import replace

import numpy as np

from ml.results import Scan
from ml.volume import Orientation, Volume
from tests.ml.fakes import disc_picture, scan_of

SIDE = 128
MARKER_PX = 144
"""Bright pixels in every slice, so that all are scaled alike: 12 × 12 at the top of the head."""


def slice_of(radius: float, spacing_mm: tuple[float, float] | None) -> Scan:
    """A head with a disc of that radius in pixels; none for 0."""
    picture = disc_picture(SIDE, centre=(70.0, 66.0), radius=radius if radius > 0 else -1.0)
    picture[12:24, 58:70] = 250.0
    return scan_of(picture, spacing_mm)


def ball(
    radius_px: float,
    *,
    count: int = 12,
    distance_px: float = 5.0,
    spacing_mm: tuple[float, float] | None = (0.8, 0.8),
) -> Volume:
    """A ball cut into slices `distance_px` pixels apart, its middle slice the fifth from below."""
    heights = (np.arange(count) - 4) * distance_px
    radii = np.sqrt(np.maximum(radius_px**2 - heights**2, 0.0))
    scans = tuple(slice_of(float(radius), spacing_mm) for radius in radii)
    # two empty slices would be the same picture: each gets a name of its own
    named = [
        replace(scan, content_hash=hashlib.sha256(f"slice {place}".encode()).hexdigest())
        for place, scan in enumerate(scans)
    ]
    step = None if spacing_mm is None else distance_px * spacing_mm[0]
    return Volume(
        slices=tuple(named),
        orientation=Orientation((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
        positions_mm=None if step is None else tuple((0.0, 0.0, i * step) for i in range(count)),
        slice_distance_mm=step,
        sources=tuple((scan.content_hash, 0) for scan in named),
        content_hash=hashlib.sha256(repr((radii.tolist(), spacing_mm)).encode()).hexdigest(),
        series_key="",
        modality="MR",
        format="DICOM",
    )
