"""The detector's own layers in OpenVINO's operations; what they do stands in `ml.models.detector`.

A box is (top, left, bottom, right) in shares of the picture's side. Feature maps are
(N, C, h, w) here; everything about boxes has the axes that it has in Keras.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any, Final

import numpy as np
import openvino.opset15 as ops

from ml.results import FloatArray

__all__ = ["aligned", "decoded", "proposals"]

Settings = Mapping[str, Any]
_CHANNELS_LAST: Final = np.array([0, 2, 3, 1])
_SMALLEST_SIZE: Final = np.float32(1e-4)
_SMALLEST_UNION: Final = np.float32(1e-9)
_TWO: Final = np.float32(2.0)


def proposals(settings: Settings, scores: Any, deltas: Any) -> Any:
    """Scores (N, A, h, w) and differences (N, 4A, h, w) → the best boxes (N, K, 4)."""
    shape = scores.get_partial_shape()
    anchors = _anchors(settings, int(shape[2].get_length()), int(shape[3].get_length()))
    scores = ops.reshape(ops.transpose(scores, _CHANNELS_LAST), np.array([0, -1]), True)
    deltas = ops.reshape(ops.transpose(deltas, _CHANNELS_LAST), np.array([0, -1, 4]), True)
    candidates = settings["candidates"]
    places = _best(scores, candidates)  # (N, C), best first
    deltas = ops.gather(deltas, places, np.array(1), batch_dims=1)  # (N, C, 4)
    boxes = decoded(settings, deltas, ops.gather(anchors, places, np.array(0)))
    rank = np.arange(candidates, dtype=np.float32)
    better = (rank[None, :] < rank[:, None]).astype(np.float32)  # (C, C): column beats row
    most = ops.reduce_max(ops.multiply(_overlap(boxes), better), np.array(-1))  # (N, C)
    covered = ops.convert(ops.greater(most, np.float32(settings["same_place"])), "f32")
    order = ops.add(ops.multiply(covered, np.float32(-candidates)), -rank)
    return ops.gather(boxes, _best(order, settings["count"]), np.array(1), batch_dims=1)


def decoded(settings: Settings, deltas: Any, anchors: Any) -> Any:
    """Boxes (N, C, 4) from differences (N, C, 4) to anchors, cut at the picture's edges."""
    deltas = ops.multiply(deltas, np.array(settings["delta_scale"], np.float32))
    shift, size = ops.split(deltas, np.array(-1), 2).outputs()
    start, stop = ops.split(anchors, np.array(-1), 2).outputs()
    unit = ops.maximum(ops.subtract(stop, start), _SMALLEST_SIZE)
    centre = ops.add(ops.divide(ops.add(start, stop), _TWO), ops.multiply(shift, unit))
    most = float(settings["largest_log"])
    half = ops.divide(ops.multiply(unit, ops.exp(ops.clamp(size, -most, most))), _TWO)
    edges = ops.concat([ops.subtract(centre, half), ops.add(centre, half)], axis=-1)
    return ops.clamp(edges, 0.0, 1.0)


def aligned(settings: Settings, features: Any, boxes: Any) -> Any:
    """Map (N, C, h, w) and boxes (N, K, 4) → the map inside every box, (N, K, bins, bins, C)."""
    shape = features.get_partial_shape()
    channels, rows, columns = (int(shape[axis].get_length()) for axis in (1, 2, 3))
    count, bins = int(boxes.get_partial_shape()[1].get_length()), settings["bins"]
    top, left, bottom, right = ops.split(boxes, np.array(-1), 4).outputs()  # (N, K, 1) each
    down = _weights(settings, top, bottom, rows)  # (N, K, bins, h)
    across = _weights(settings, left, right, columns)  # (N, K, bins, w)
    flat = ops.transpose(features, np.array([0, 2, 3, 1]))
    flat = ops.reshape(flat, np.array([0, rows, columns * channels]), True)
    down = ops.reshape(down, np.array([0, count * bins, rows]), True)
    strips = ops.matmul(down, flat, False, False)  # (N, K·bins, w·C)
    strips = ops.reshape(strips, np.array([0, count, bins, columns, channels]), True)
    across = ops.unsqueeze(across, np.array(2))  # (N, K, 1, bins, w)
    return ops.matmul(across, strips, False, False)  # (N, K, bins, bins, C)


def _anchors(settings: Settings, rows: int, columns: int) -> FloatArray:
    """(rows · columns · A, 4) as `ml.models.boxes.anchor_grid` makes them."""
    shapes = np.array(
        [(s * r**0.5, s / r**0.5) for s, r in product(settings["sides"], settings["ratios"])],
        np.float32,
    )
    half = np.concatenate([-shapes, shapes], axis=1) / np.float32(2.0)
    down = (np.arange(rows, dtype=np.float32) + 0.5) / np.float32(rows)
    across = (np.arange(columns, dtype=np.float32) + 0.5) / np.float32(columns)
    y, x = np.meshgrid(down, across, indexing="ij")
    centres = np.stack([y, x, y, x], axis=-1)[:, :, None, :]
    return (centres + half).reshape(-1, 4).astype(np.float32)


def _best(values: Any, count: int) -> Any:
    """Places of the largest values (N, M) → (N, count), the first of equals before the others."""
    found = ops.topk(values, np.array(count), 1, "max", "value", "i32", True)
    return found.output(1)


def _overlap(boxes: Any) -> Any:
    """Intersection over union of every pair of boxes (N, C, 4): (N, C, C), 0..1."""
    start, stop = ops.split(boxes, np.array(-1), 2).outputs()  # (N, C, 2) each
    size = ops.subtract(stop, start)
    area = ops.reduce_prod(size, np.array(-1))  # (N, C)
    one, other = np.array(2), np.array(1)
    inner = ops.minimum(ops.unsqueeze(stop, one), ops.unsqueeze(stop, other))
    outer = ops.maximum(ops.unsqueeze(start, one), ops.unsqueeze(start, other))
    shared = ops.maximum(ops.subtract(inner, outer), np.float32(0.0))  # (N, C, C, 2)
    common = ops.reduce_prod(shared, np.array(-1))
    areas = ops.add(ops.unsqueeze(area, one), ops.unsqueeze(area, other))
    return ops.divide(common, ops.maximum(ops.subtract(areas, common), _SMALLEST_UNION))


def _weights(settings: Settings, start: Any, stop: Any, cells: int) -> Any:
    """How much every cell counts in every bin, from edges (N, K, 1): (N, K, bins, cells)."""
    bins, samples = settings["bins"], settings["samples"]
    share = (np.arange(bins * samples, dtype=np.float32) + 0.5) / np.float32(bins * samples)
    points = ops.add(start, ops.multiply(ops.subtract(stop, start), share))
    points = ops.subtract(ops.multiply(points, np.float32(cells)), np.float32(0.5))
    points = ops.unsqueeze(ops.clamp(points, 0.0, cells - 1.0), np.array(-1))
    far = ops.abs(ops.subtract(points, np.arange(cells, dtype=np.float32)))
    tent = ops.maximum(ops.subtract(np.float32(1.0), far), np.float32(0.0))
    tent = ops.reshape(tent, np.array([0, 0, bins, samples, cells]), True)
    return ops.reduce_mean(tent, np.array(3))
