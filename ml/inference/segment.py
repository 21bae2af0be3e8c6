"""From the segmenter's probability map to an outlined, measured region.

Steps, in order:
    1. probability map → the scan's own pixels (bilinear; zero outside the crop);
    2. mask = probability >= threshold;
    3. parts smaller than `min_area_share` of the crop dropped (0 by default: none);
    4. nothing of it kept where the classifiers' mean gives a tumour less than `least_tumour`;
    5. measurement of what is left.

Threshold, smallest part and `least_tumour` are chosen on validation groups by the evaluation,
which writes them to `assets/metrics/thresholds.json`; nothing else touches the mask.
"""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ml.errors import MetricsError
from ml.inference.measure import measure
from ml.preprocess import Crop, to_scan
from ml.results import BoolArray, FloatArray, Scan, Segmentation

__all__ = [
    "DEFAULT_THRESHOLD",
    "THRESHOLDS_FILE",
    "OperatingPoint",
    "operating_point",
    "outlined_at",
    "segment",
]

DEFAULT_THRESHOLD = 0.5
"""Mask threshold until the evaluation has written one: the pixel is more likely tumour than not."""

THRESHOLDS_FILE = Path(__file__).resolve().parents[2] / "assets" / "metrics" / "thresholds.json"
"""`{"unet": {"threshold": 0.5, "min_area_share": 0.0, …}}`, written by the evaluation."""


@dataclass(frozen=True)
class OperatingPoint:
    """How a probability map becomes a mask.

    Attributes:
        threshold: lowest probability that counts as tumour, 0 < threshold <= 1.
        min_area_share: connected parts with fewer pixels than this share of the crop are
            dropped, 0..1.
        least_tumour: nothing is outlined where the mean of the classifiers gives a tumour a
            lower probability than this, 0..1: the outline network marks too many healthy heads.
    """

    threshold: float = DEFAULT_THRESHOLD
    min_area_share: float = 0.0
    least_tumour: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values that would outline everything or nothing.

        Raises:
            ValueError: a value is out of its range.
        """
        if not 0.0 < self.threshold <= 1.0:
            raise ValueError(f"threshold must be in (0, 1], found {self.threshold}")
        if not 0.0 <= self.min_area_share < 1.0:
            raise ValueError(f"min_area_share must be in [0, 1), found {self.min_area_share}")
        if not 0.0 <= self.least_tumour <= 1.0:
            raise ValueError(f"least_tumour must be in [0, 1], found {self.least_tumour}")


def operating_point(model: str, file: Path = THRESHOLDS_FILE) -> OperatingPoint:
    """The operating point that the evaluation chose for a segmenter, or the default.

    Args:
        model: registry name of the segmenter.
        file: JSON as described at `THRESHOLDS_FILE`; may be absent or lack the model.

    Raises:
        MetricsError: the file exists but does not hold a usable operating point.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        entry: dict[str, Any] = content.get(model, {})
        return OperatingPoint(
            threshold=float(entry.get("threshold", DEFAULT_THRESHOLD)),
            min_area_share=float(entry.get("min_area_share", 0.0)),
            least_tumour=float(entry.get("least_tumour", 0.0)),
        )
    except FileNotFoundError:
        return OperatingPoint()
    except (AttributeError, TypeError, ValueError) as error:
        raise MetricsError(
            f"assets/metrics/{file.name} does not hold a mask threshold that can be used "
            f"({error}); run `make evaluate` to write it again"
        ) from error


def segment(
    probability: FloatArray,
    scan: Scan,
    *,
    crop: Crop,
    model: str,
    point: OperatingPoint,
    tumour: float = 1.0,
) -> Segmentation:
    """Outline and measure the tumour on the scan's own pixels.

    Args:
        probability: (S, S) float32 in 0..1 from `Engine.segment`.
        scan: the scan it was computed from.
        crop: where the network's input lies on the scan.
        model: registry name of the segmenter.
        point: threshold, smallest part and least probability of a tumour.
        tumour: probability of any tumour by the mean of the classifiers, 0..1.
    """
    on_scan: FloatArray = np.clip(to_scan(probability, crop, scan.shape), 0.0, 1.0)
    smallest_px = math.ceil(point.min_area_share * crop.side**2)
    mask = _marked(on_scan, point.threshold, smallest_px)
    marked_px = int(np.count_nonzero(mask))
    withheld = marked_px > 0 and tumour < point.least_tumour
    if withheld:
        mask = np.zeros_like(mask)
    return Segmentation(
        model=model,
        probability=on_scan,
        mask=mask,
        threshold=point.threshold,
        measurement=measure(mask, scan.spacing_mm),
        withheld=withheld,
        marked_px=marked_px,
        smallest_px=smallest_px,
    )


def outlined_at(
    found: Segmentation, threshold: float, spacing_mm: tuple[float, float] | None
) -> Segmentation:
    """The same probability map outlined from another threshold on; no network runs.

    At the threshold of `found` it is the same outline, unless that one is withheld: who asks for
    another threshold has seen that nothing was outlined, so nothing is withheld here.

    Args:
        found: outline with its probability map.
        threshold: lowest probability that counts as tumour, 0 < threshold <= 1.
        spacing_mm: that of the scan.

    Raises:
        ValueError: the threshold would outline everything.
    """
    point = OperatingPoint(threshold)
    mask = _marked(found.probability, point.threshold, found.smallest_px)
    return replace(
        found,
        mask=mask,
        threshold=point.threshold,
        measurement=measure(mask, spacing_mm),
        withheld=False,
        marked_px=int(np.count_nonzero(mask)),
    )


def _marked(probability: FloatArray, threshold: float, smallest_px: int) -> BoolArray:
    """Mask (H, W) of what reaches the threshold, without specks."""
    mask: BoolArray = probability >= threshold
    return _without_specks(mask, smallest_px) if smallest_px > 0 else mask


def _without_specks(mask: BoolArray, smallest: int) -> BoolArray:
    """Mask (H, W) without the connected parts (8-neighbourhood) below `smallest` pixels."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    kept = stats[:, cv2.CC_STAT_AREA] >= smallest
    kept[0] = False  # the background is a component too
    return np.asarray(kept[labels])
