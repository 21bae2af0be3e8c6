"""How well a map points at a tumour: energy inside the mask, pointing game, rank correlation.

Arrays in, numbers out; where maps come from is not known here.

Reference: Wang et al. 2020, arXiv:1910.01279 (energy-based pointing game); Zhang et al. 2018,
doi:10.1007/s11263-017-1059-x (pointing game with a tolerance).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from ml.preprocess import Crop
from ml.results import BoolArray, FloatArray

TOLERANCE: Final[float] = 0.05
"""How far from the mask the maximum may lie in the pointing game, share of the longer side."""


def energy_in_mask(values: FloatArray, mask: BoolArray) -> float:
    """Share of a map's positive energy that lies inside the mask.

    Args:
        values: (H, W); what is negative does not count.
        mask: (H, W).

    Returns:
        0..1, NaN where nothing in the map is positive.
    """
    positive = np.maximum(values, 0.0)
    total = float(positive.sum(dtype=np.float64))
    inside = float(positive[mask].sum(dtype=np.float64))
    return inside / total if total > 0.0 else math.nan


def points_at(values: FloatArray, mask: BoolArray) -> float:
    """Pointing game: 1 where the map's maximum lies in the mask or near it, else 0.

    Of several equal maxima the middle counts, so that a flat top is not a corner.

    Args:
        values: (H, W).
        mask: (H, W), not empty.

    Returns:
        1 or 0, NaN where nothing in the map is positive.
    """
    peak = float(values.max())
    if not peak > 0.0:
        return math.nan
    row, column = np.argwhere(values == peak).mean(axis=0)
    rows, columns = np.nonzero(mask)
    nearest = float(np.hypot(rows - row, columns - column).min())
    return float(nearest <= TOLERANCE * max(values.shape))


def centred_gaussian(crop: Crop, shape: tuple[int, int], sigma: float) -> FloatArray:
    """The map of somebody who looks at the middle of the head, whatever is there.

    Args:
        crop: square around the head.
        shape: (rows, columns) of the scan.
        sigma: standard deviation, share of the crop's side.

    Returns:
        (H, W) float32, zero outside the crop as every map of a network is.
    """
    profiles = []
    for first, count in ((crop.top, shape[0]), (crop.left, shape[1])):
        away = (np.arange(count) - first - (crop.side - 1) / 2) / crop.side
        profiles.append(np.where(np.abs(away) <= 0.5, np.exp(-(away**2) / (2 * sigma**2)), 0.0))
    return np.outer(*profiles).astype(np.float32)


def rank_correlation(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Spearman's rank correlation of two maps of the same shape, NaN where one is flat.

    Reference: Adebayo et al. 2018, arXiv:1810.03292 (maps before and after randomisation).
    """
    ranks = [rankdata(values.ravel()) for values in (one, other)]
    first, second = (values - values.mean() for values in ranks)
    scale = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / scale if scale > 0.0 else math.nan
