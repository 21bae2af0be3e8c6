"""Fine heat maps without Keras: the backward pass of a network as part of its OpenVINO graph.

Reverse-mode differentiation over the few operations that classifiers have between an early feature
map and the logits. Each is exact; where a derivative does not exist, TensorFlow's choice is made:
0 at the bends of a rectifier, and the first of equal values under a maximum.

Reference: Griewank and Walther 2008, doi:10.1137/1.9780898717761, chapter 3.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import openvino.opset15 as ops

from ml.inference.graphs.layers import sides

__all__ = ["gradient", "hires_cam"]

_FAR: Final = np.float32(1e9)
"""Taken from a logit, it leaves nothing of its share among the others."""


def hires_cam(logits: Any, features: Any, called: Any) -> Any:
    """HiRes-CAM of the log-odds of one class a picture; see `ml.inference.attribution`.

    Args:
        logits: (N, classes).
        features: (N, C, h, w), which the logits depend on.
        called: (N, classes), 1 at the class that is explained and 0 elsewhere.

    Returns:
        (N, h, w), negative against the class.
    """
    rivals = ops.softmax(ops.subtract(logits, ops.multiply(called, _FAR)), axis=1)
    slope = gradient(logits, ops.subtract(called, rivals), features)
    return ops.reduce_sum(ops.multiply(features, slope), np.array(1))


def gradient(of: Any, seed: Any, to: Any) -> Any:
    """What a tensor changes by, as another one that it depends on changes.

    Args:
        of: the tensor that is differentiated.
        seed: weight of each of its numbers, of its shape.
        to: the tensor whose gradient is asked for.

    Raises:
        ValueError: `of` does not depend on `to`, or through an operation that is not known here.
    """
    path = _path(of, to)
    found: dict[str, Any] = {_name(of): seed}
    for name, node in reversed(path.items()):
        kind = node.get_type_name()
        if kind not in _RULES:
            raise ValueError(f"no derivative is known of {kind}; known: {', '.join(_RULES)}")
        for place, part in _RULES[kind](node, found.pop(name)).items():
            source = _name(node.input_value(place))
            if source in path or source == _name(to):
                before = found.get(source)
                found[source] = part if before is None else ops.add(before, part).output(0)
    return found[_name(to)]


def _name(tensor: Any) -> str:
    return str(tensor.get_node().get_friendly_name())


def _path(of: Any, to: Any) -> dict[str, Any]:
    """Name → operation for all between two tensors, each after those that it reads.

    Raises:
        ValueError: there are none.
    """
    order: dict[str, Any] = {}
    if not _leads(of, {_name(to): True}, order):
        raise ValueError(f"{_name(of)} does not depend on {_name(to)}")
    return order


def _leads(tensor: Any, known: dict[str, bool], order: dict[str, Any]) -> bool:
    """Whether a tensor depends on one that is known to; notes the operations on the way."""
    name = _name(tensor)
    if name not in known:
        node, known[name] = tensor.get_node(), False
        for place in range(node.get_input_size()):
            known[name] |= _leads(node.input_value(place), known, order)
        if known[name]:
            order[name] = node
    return known[name]


Rule = Callable[[Any, Any], dict[int, Any]]
"""An operation and the gradient of what it gives → the gradients of its inputs, by place."""


def _convolution(node: Any, slope: Any) -> dict[int, Any]:
    """With stride 1 a convolution with the filters turned round, else a transposed one.

    The plain one has the faster kernels, depthwise by a factor of three.
    """
    if set(node.get_attributes()["strides"]) == {1}:
        return {0: _turned(node, slope)}
    return {0: _transposed(node, slope)}


def _turned(node: Any, slope: Any) -> Any:
    how, grouped = node.get_attributes(), node.get_type_name() == "GroupConvolution"
    filters = node.input_value(1).get_node().get_data()  # (O, I, h, w), in groups (G, O, I, h, w)
    back = np.ascontiguousarray(np.flip(np.swapaxes(filters, -4, -3), (-2, -1)))
    begin, end = (
        [width - 1 - pad for width, pad in zip(back.shape[-2:], how[key], strict=True)]
        for key in ("pads_begin", "pads_end")
    )
    forward = ops.group_convolution if grouped else ops.convolution
    return forward(slope, ops.constant(back), [1, 1], begin, end, [1, 1]).output(0)


def _transposed(node: Any, slope: Any) -> Any:
    """With the same filters, grown to the input's height and width."""
    how = node.get_attributes()
    begin, end, stride = (how[key] for key in ("pads_begin", "pads_end", "strides"))
    filters = node.input_value(1)
    grouped = node.get_type_name() == "GroupConvolution"
    window = list(filters.get_shape())[-2:]
    lost = [
        side - (step * (small - 1) + width - before - after)
        for side, small, step, width, before, after in zip(
            sides(node.input_value(0)), sides(slope), stride, window, begin, end, strict=True
        )
    ]
    back = ops.group_convolution_backprop_data if grouped else ops.convolution_backprop_data
    pads = {"pads_begin": begin, "pads_end": end, "output_padding": lost}
    return back(slope, filters, stride, **pads).output(0)


def _relu(node: Any, slope: Any) -> dict[int, Any]:
    return {0: _where(ops.greater(node.output(0), np.float32(0.0)), slope)}


def _clamp(node: Any, slope: Any) -> dict[int, Any]:
    how, given = node.get_attributes(), node.output(0)
    above = ops.greater(given, np.float32(how["min"]))
    below = ops.less(given, np.float32(how["max"]))
    return {0: _where(ops.logical_and(above, below), slope)}


def _where(open_: Any, slope: Any) -> Any:
    return ops.select(open_, slope, np.float32(0.0)).output(0)


def _largest(node: Any, slope: Any) -> dict[int, Any]:
    """Every gradient goes back to the first place of its window that has the maximum.

    OpenVINO can say where each maximum came from, and scatter to there, but only in its reference
    code, which takes longer than all the rest of a backward pass. So the windows are laid over the
    picture place by place: the stride's phases become channels, a place of all windows is one
    phase moved by whole cells, and what goes back to it is moved back by as many.

    Raises:
        ValueError: windows with gaps between them, or other strides down than across.
    """
    how, read = node.get_attributes(), node.input_value(0)
    (stride, *others), (rows, columns) = set(how["strides"]), how["kernel"]
    if others or min(rows, columns) < stride:
        raise ValueError("no derivative is known of a MaxPool with gaps or uneven strides")
    small, begin = sides(slope), how["pads_begin"]
    cells = [
        max(count + (window - 1) // stride, -(-(side + before) // stride))
        for side, before, window, count in zip(
            sides(read), begin, how["kernel"], small, strict=True
        )
    ]
    phases = _phases(read, begin, cells=cells, stride=stride)
    left = slope
    parts: list[Any] = [None] * stride**2
    for down, across in product(range(rows), range(columns)):
        phase = down % stride * stride + across % stride
        moved = (down // stride, across // stride)
        hit = ops.equal(_window(phases[phase], moved, small), node.output(0))
        part = ops.select(hit, left, np.float32(0.0))
        left = ops.select(hit, np.float32(0.0), left)
        rest = [all_ - by - own for all_, by, own in zip(cells, moved, small, strict=True)]
        part = ops.pad(part, [0, 0, *moved], [0, 0, *rest], "constant", np.float32(0.0))
        parts[phase] = part if parts[phase] is None else ops.add(parts[phase], part)
    spread = ops.depth_to_space(ops.concat(parts, axis=1), "blocks_first", stride)
    return {0: _window(spread, begin, sides(read)).output(0)}


def _phases(read: Any, begin: Sequence[int], *, cells: Sequence[int], stride: int) -> list[Any]:
    """Every stride-th row and column of a tensor, for each place to start at: stride² tensors.

    Args:
        read: (N, C, H, W).
        begin: rows and columns that are put before it; they and those after it are no maximum.
        cells: height and width of what is given back.
        stride: in both directions.
    """
    end = [
        stride * count - side - before
        for count, side, before in zip(cells, sides(read), begin, strict=True)
    ]
    lowest = np.finfo(np.float32).min
    grown = ops.pad(read, [0, 0, *begin], [0, 0, *end], "constant", lowest)
    deep = ops.space_to_depth(grown, "blocks_first", stride)
    return list(ops.split(deep, np.array(1), stride**2).outputs())


def _window(tensor: Any, start: Sequence[int], size: Sequence[int]) -> Any:
    """Rows and columns of a tensor (N, C, H, W) from a place on."""
    begin, axes = np.array(start), np.array([2, 3])
    return ops.slice(tensor, begin, begin + np.array(size), np.array([1, 1]), axes)


def _mean(node: Any, slope: Any) -> dict[int, Any]:
    """Of height and width: every place gets an equal share."""
    read = node.input_value(0)
    share = np.float32(1.0 / np.prod(sides(read)))
    alone = ops.unsqueeze(ops.multiply(slope, share), np.array([2, 3]))
    return {0: ops.broadcast(alone, ops.shape_of(read)).output(0)}


def _pad(node: Any, slope: Any) -> dict[int, Any]:
    """What was added around the picture is cut off again."""
    begin = np.asarray(node.input_value(1).get_node().get_data())[2:].tolist()
    return {0: _window(slope, begin, sides(node.input_value(0))).output(0)}


_RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "Add": lambda _, slope: {0: slope, 1: slope},
        "Clamp": _clamp,
        "Convolution": _convolution,
        "GroupConvolution": _convolution,
        "MatMul": lambda node, slope: {
            0: ops.matmul(slope, node.input_value(1), False, True).output(0)
        },
        "MaxPool": _largest,
        "Multiply": lambda node, slope: {0: ops.multiply(slope, node.input_value(1)).output(0)},
        "Pad": _pad,
        "ReduceMean": _mean,
        "Relu": _relu,
    }
)
