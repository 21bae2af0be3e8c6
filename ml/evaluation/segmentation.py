"""Outline figures of single pictures, in mm where they are distances, and their group intervals.

An empty reference has no Dice: NaN and counted, never 0 or 1. An empty prediction on a picture
with a tumour has Dice and IoU 0, and no surface: its distances are NaN and counted.

Reference: Maier-Hein et al. 2024, doi:10.1038/s41592-023-02151-z (which figure, which pitfalls).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.evaluation.intervals import (
    Interval,
    Numbers,
    interval_of,
    resample,
    weighted_mean,
    weighted_median,
)
from ml.results import BoolArray

FIGSHARE_SPACING_MM: Final[float] = 0.49
FIGSHARE_SIDE_PX: Final[int] = 512


@dataclass(frozen=True)
class OutlineScore:
    """How one predicted mask fits one reference mask.

    Attributes:
        dice: 2·|A∩B| / (|A|+|B|), NaN for an empty reference.
        iou: |A∩B| / |A∪B|, likewise.
        hd95_mm: 95 % Hausdorff distance, NaN where either mask is empty.
        asd_mm: average symmetric surface distance, likewise.
        reference_px: pixels of the reference.
        predicted_px: pixels of the prediction.
    """

    dice: float
    iou: float
    hd95_mm: float
    asd_mm: float
    reference_px: int
    predicted_px: int


@dataclass(frozen=True)
class OutlineRow:
    """One evaluated picture: where it comes from and how the outline fits.

    Attributes:
        id: path relative to the data folder.
        group: patient group.
        label: class identifier.
        split: "validation" or "test".
        score: NaN figures on tumour-free pictures.
        picture_px: pixels of the whole picture.
        tumour: probability of any tumour by the mean of the shipped classifiers, 0..1; NaN
            where the outline was read without them.
    """

    id: str
    group: str
    label: str
    split: str
    score: OutlineScore
    picture_px: int
    tumour: float = math.nan

    @property
    def area_share(self) -> float:
        """Predicted share of the picture, 0..1."""
        return self.score.predicted_px / self.picture_px

    def withheld_below(self, least: float) -> "OutlineRow":
        """The row with an empty outline where the classifiers give a tumour less than `least`."""
        if not self.tumour < least or not self.score.predicted_px:
            return self
        overlap = 0.0 if self.score.reference_px else math.nan
        empty = OutlineScore(
            dice=overlap,
            iou=overlap,
            hd95_mm=math.nan,
            asd_mm=math.nan,
            reference_px=self.score.reference_px,
            predicted_px=0,
        )
        return replace(self, score=empty)


def figshare_spacing_mm(shape: tuple[int, int]) -> tuple[float, float]:
    """(row, column) spacing of a figshare slice stored at `shape`: 0.49 mm × 512 / stored side."""
    spacing = FIGSHARE_SPACING_MM * FIGSHARE_SIDE_PX / max(shape)
    return (spacing, spacing)


def dice(predicted: BoolArray, reference: BoolArray) -> float:
    """Dice coefficient 0..1 of two masks (H, W); NaN for an empty reference."""
    if not reference.any():
        return float("nan")
    shared = np.count_nonzero(predicted & reference)
    return float(2.0 * shared / (np.count_nonzero(predicted) + np.count_nonzero(reference)))


def score(
    predicted: BoolArray, reference: BoolArray, spacing_mm: tuple[float, float]
) -> OutlineScore:
    """All figures of one picture.

    Args:
        predicted: (H, W) mask of the network.
        reference: (H, W) mask of the radiologist.
        spacing_mm: (row, column) distance between pixel centres.

    Raises:
        ValueError: the masks differ in shape.
    """
    if predicted.shape != reference.shape:
        raise ValueError(f"masks differ in shape: {predicted.shape} and {reference.shape}")
    overlap = dice(predicted, reference)
    hd95, asd = surface_distances_mm(predicted, reference, spacing_mm)
    return OutlineScore(
        dice=overlap,
        iou=overlap / (2.0 - overlap),
        hd95_mm=hd95,
        asd_mm=asd,
        reference_px=int(np.count_nonzero(reference)),
        predicted_px=int(np.count_nonzero(predicted)),
    )


def surface_distances_mm(
    predicted: BoolArray, reference: BoolArray, spacing_mm: tuple[float, float]
) -> tuple[float, float]:
    """95 % Hausdorff distance and average symmetric surface distance, mm.

    The surface is every mask pixel with a 4-neighbour outside the mask (the picture's edge
    counts as outside); distances run between pixel centres. HD95 is the larger of the two
    directed 95th percentiles; ASD is the mean over both surfaces' pixels together.

    Returns:
        (hd95, asd), both NaN where either mask is empty.
    """
    if not predicted.any() or not reference.any():
        return float("nan"), float("nan")
    from scipy.ndimage import distance_transform_edt  # 15 MB that an app need not hold

    one, other = _surface(predicted), _surface(reference)
    to_reference = distance_transform_edt(~other, sampling=spacing_mm)[one]
    to_predicted = distance_transform_edt(~one, sampling=spacing_mm)[other]
    hd95 = max(np.percentile(to_reference, 95), np.percentile(to_predicted, 95))
    return float(hd95), float(np.concatenate([to_reference, to_predicted]).mean())


def _surface(mask: BoolArray) -> BoolArray:
    from scipy.ndimage import binary_erosion

    return np.asarray(mask & ~binary_erosion(mask))


def outline_figures(rows: Sequence[OutlineRow]) -> dict[str, Interval]:
    """Mean and median of every figure over pictures with a tumour, with group intervals.

    Returns:
        "dice_mean", "dice_median", likewise "iou", "hd95_mm", "asd_mm", and "dice_zero_share".

    Raises:
        ValueError: no row.
    """
    weights = resample([row.group for row in rows])
    figures = {}
    for name in ("dice", "iou", "hd95_mm", "asd_mm"):
        values = _column(rows, name)
        figures[f"{name}_mean"] = interval_of(weighted_mean(values, weights))
        figures[f"{name}_median"] = interval_of(weighted_median(values, weights))
    overlap = _column(rows, "dice")
    missed = np.where(np.isfinite(overlap), (overlap == 0.0).astype(np.float64), np.nan)
    figures["dice_zero_share"] = interval_of(weighted_mean(missed, weights))
    return figures


def undefined_distances(rows: Sequence[OutlineRow]) -> int:
    """Pictures with a tumour on which nothing was outlined, so that HD95 has no value."""
    return sum(row.score.reference_px > 0 and row.score.predicted_px == 0 for row in rows)


def tumour_free_figures(rows: Sequence[OutlineRow]) -> dict[str, Interval]:
    """ "marked_share" (any pixel predicted) and "mean_area_share" on tumour-free pictures.

    Raises:
        ValueError: no row.
    """
    weights = resample([row.group for row in rows])
    share = np.array([row.area_share for row in rows], dtype=np.float64)
    marked = (share > 0).astype(np.float64)
    return {
        "marked_share": interval_of(weighted_mean(marked, weights)),
        "mean_area_share": interval_of(weighted_mean(share, weights)),
    }


def choose_mask_threshold(
    overlaps: npt.NDArray[np.float64], candidates: Sequence[float]
) -> tuple[float, Numbers]:
    """Threshold with the highest mean Dice on validation pictures; the one nearest 0.5 in a tie.

    Args:
        overlaps: (N, K) Dice of every validation picture at every candidate; NaN rows do not count.
        candidates: K thresholds.

    Returns:
        The chosen threshold and the mean Dice of every candidate (K,).

    Raises:
        ValueError: no validation picture with a tumour.
    """
    known = overlaps[np.isfinite(overlaps).all(axis=1)]
    if len(known) == 0:
        raise ValueError("a mask threshold needs validation pictures with a tumour")
    means = known.mean(axis=0)
    best = np.flatnonzero(np.isclose(means, means.max(), rtol=0.0, atol=1e-9))
    nearest = min(best.tolist(), key=lambda k: abs(candidates[k] - 0.5))
    return candidates[nearest], means


def choose_least_tumour(
    rows: Sequence[OutlineRow], candidates: Sequence[float], *, most: float
) -> float:
    """Lowest probability of a tumour that leaves marks on few enough tumour-free pictures.

    Args:
        rows: tumour-free validation pictures.
        candidates: probabilities, rising.
        most: share of the pictures that may have a mark.

    Returns:
        The lowest candidate that keeps to it, or the highest where none does.

    Raises:
        ValueError: no row.
    """
    if not rows:
        raise ValueError("where to withhold an outline needs tumour-free validation pictures")
    for least in candidates:
        marked = [row.withheld_below(least).score.predicted_px > 0 for row in rows]
        if float(np.mean(marked)) <= most:
            return least
    return candidates[-1]


def _column(rows: Sequence[OutlineRow], name: str) -> Numbers:
    return np.array([getattr(row.score, name) for row in rows], dtype=np.float64)
