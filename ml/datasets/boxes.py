"""Reference boxes from outlines: training and evaluation read them off the mask alike."""

from typing import Final

import cv2
import numpy as np

from ml.results import BoolArray, FloatArray

__all__ = ["SPECK", "boxes_of"]

SPECK: Final[float] = 0.05
"""Parts below this share of the largest one are crumbs of drawing or resizing, not tumours."""
SMALLEST_PX: Final[int] = 4
"""Below so many pixels nothing is left to be found."""


def boxes_of(mask: BoolArray) -> FloatArray:
    """Bounding boxes of the connected parts (8-neighbourhood) of a mask, the largest part first.

    Args:
        mask: (H, W) bool.

    Returns:
        (M, 4) float32 (top, left, bottom, right): edges in pixels, where pixel i covers i..i+1.

    Limits: two outlines that touch make one box.
    """
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count == 1 or areas.max() < SMALLEST_PX:
        return np.zeros((0, 4), np.float32)
    kept = np.flatnonzero(areas >= max(SMALLEST_PX, SPECK * areas.max()))
    order = kept[np.argsort(-areas[kept], kind="stable")]
    left, top, width, height = stats[1:, :4][order].T
    return np.stack([top, left, top + height, left + width], axis=1).astype(np.float32)
