"""Boxes in keras.ops: anchors, overlap, coding and the reading of features inside a box.

A box is (top, left, bottom, right): edges as shares of the picture's side, 0..1. Nothing here
depends on the side in pixels, so a detector serves every size its encoder serves.

Reference: Ren et al. 2015, arXiv:1506.01497, eq. 2 (coding); He et al. 2017, arXiv:1703.06870,
section 3 (RoIAlign).
"""

from itertools import product
from typing import Any, Final

import numpy as np
from keras import ops

ANCHOR_SIDES: Final[tuple[float, ...]] = (0.08, 0.13, 0.21, 0.34)
"""Geometric mean of height and width. Nine tenths of the training tumours lie in 0.08..0.35."""
ANCHOR_RATIOS: Final[tuple[float, ...]] = (0.67, 1.0, 1.5)
"""Height over width. Three quarters of the training tumours lie in 0.65..1.55."""
ANCHORS: Final[int] = len(ANCHOR_SIDES) * len(ANCHOR_RATIOS)
"""Anchors a grid cell."""

DELTA_SCALE: Final[tuple[float, float, float, float]] = (0.1, 0.1, 0.2, 0.2)
"""Typical size of each coded difference: networks then learn numbers around 1."""
LARGEST_LOG: Final[float] = 4.0
"""Bound of a decoded log size; keeps an untrained network from overflowing."""


def anchor_grid(rows: Any, columns: Any) -> Any:
    """Anchors of a feature map, cell by cell in row order, all shapes of a cell together.

    Args:
        rows: height of the map, a number or a scalar tensor.
        columns: width of the map.

    Returns:
        (rows · columns · `ANCHORS`, 4); anchors may reach outside the picture.
    """
    shapes = np.array(
        [(s * r**0.5, s / r**0.5) for s, r in product(ANCHOR_SIDES, ANCHOR_RATIOS)], np.float32
    )
    half = ops.convert_to_tensor(np.concatenate([-shapes, shapes], axis=1) / 2.0)  # (A, 4)
    down = (ops.cast(ops.arange(rows), "float32") + 0.5) / ops.cast(rows, "float32")
    across = (ops.cast(ops.arange(columns), "float32") + 0.5) / ops.cast(columns, "float32")
    y, x = ops.meshgrid(down, across, indexing="ij")  # (h, w) each
    centres = ops.stack([y, x, y, x], axis=-1)  # (h, w, 4)
    return ops.reshape(centres[:, :, None, :] + half, (-1, 4))  # (h·w·A, 4)


def _area(boxes: Any) -> Any:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def iou(first: Any, second: Any) -> Any:
    """Intersection over union of every pair: (…, N, 4) and (…, M, 4) → (…, N, M), 0..1."""
    one, other = first[..., :, None, :], second[..., None, :, :]
    shared = ops.minimum(one[..., 2:], other[..., 2:]) - ops.maximum(one[..., :2], other[..., :2])
    shared = ops.maximum(shared, 0.0)  # (…, N, M, 2): height and width of the common part
    common = shared[..., 0] * shared[..., 1]
    return common / ops.maximum(_area(one) + _area(other) - common, 1e-9)


def _centre_and_size(boxes: Any) -> tuple[Any, Any]:
    size = ops.maximum(boxes[..., 2:] - boxes[..., :2], 1e-4)
    return (boxes[..., :2] + boxes[..., 2:]) / 2.0, size


def encode(boxes: Any, anchors: Any) -> Any:
    """Differences (…, 4) from anchors to boxes: shift of the centre in sizes, log of the sizes."""
    centre, size = _centre_and_size(boxes)
    base, unit = _centre_and_size(anchors)
    deltas = ops.concatenate([(centre - base) / unit, ops.log(size / unit)], axis=-1)
    return deltas / ops.convert_to_tensor(np.array(DELTA_SCALE, np.float32))


def decode(deltas: Any, anchors: Any) -> Any:
    """Boxes (…, 4) from `encode`'s differences, cut at the picture's edges."""
    deltas = deltas * ops.convert_to_tensor(np.array(DELTA_SCALE, np.float32))
    base, unit = _centre_and_size(anchors)
    centre = base + deltas[..., :2] * unit
    half = unit * ops.exp(ops.clip(deltas[..., 2:], -LARGEST_LOG, LARGEST_LOG)) / 2.0
    return ops.clip(ops.concatenate([centre - half, centre + half], axis=-1), 0.0, 1.0)


def align_weights(start: Any, stop: Any, cells: Any, *, bins: int, samples: int) -> Any:
    """How much every cell of a map's axis counts in every bin of a box along that axis.

    A bin is the mean of `samples` evenly spaced points, each read by linear interpolation between
    the two nearest cell centres (the outermost cell beyond the last centre). Bilinear
    interpolation is the product of the two axes, so two small matrix products replace the
    gather: same numbers, and a gradient without scatter.

    Args:
        start: (B, K) lower edge of the boxes, 0..1.
        stop: (B, K) upper edge.
        cells: number of cells along the axis.
        bins: parts a box is divided into.
        samples: points a bin.

    Returns:
        (B, K, bins, cells); sums to 1 over the cells.
    """
    share = (np.arange(bins * samples, dtype=np.float32) + 0.5) / (bins * samples)
    points = start[..., None] + (stop - start)[..., None] * ops.convert_to_tensor(share)
    last = ops.cast(cells, "float32") - 1.0
    points = ops.clip(points * (last + 1.0) - 0.5, 0.0, last)  # (B, K, bins·samples), in cells
    centres = ops.cast(ops.arange(cells), "float32")
    tent = ops.maximum(1.0 - ops.abs(points[..., None] - centres), 0.0)
    tent = ops.reshape(tent, (-1, start.shape[1], bins, samples, cells))
    return ops.mean(tent, axis=3)
