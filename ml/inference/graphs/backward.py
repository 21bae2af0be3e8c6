"""Fine heat maps without Keras: the backward pass of a network as part of its OpenVINO graph.

Reverse-mode differentiation over the few operations that classifiers have between an early feature
map and the logits. Each is exact; where a derivative does not exist, TensorFlow's choice is made:
0 at the bends of a rectifier, and the first of equal values under a maximum.

Reference: Griewank and Walther 2008, doi:10.1137/1.9780898717761, chapter 3.
"""

from collections.abc import Callable, Mapping
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
                found[source] = ops.add(found[source], part) if source in found else part
    return found[_name(to)]


def _name(tensor: Any) -> str:
    return str(tensor.get_node().get_friendly_name())


def _path(of: Any, to: Any) -> dict[str, Any]:
    """Name → operation for all between two tensors, each after those that it reads.

    Raises:
        ValueError: there are none.
    """
    order: dict[str, Any] = {}
    known: dict[str, bool] = {_name(to): True}

    def leads(tensor: Any) -> bool:
        name = _name(tensor)
        if name not in known:
            node, known[name] = tensor.get_node(), False
            for place in range(node.get_input_size()):
                known[name] |= leads(node.input_value(place))
            if known[name]:
                order[name] = node
        return known[name]

    if not leads(of):
        raise ValueError(f"{_name(of)} does not depend on {_name(to)}")
    return order


Rule = Callable[[Any, Any], dict[int, Any]]
"""An operation and the gradient of what it gives → the gradients of its inputs, by place."""


def _convolution(node: Any, slope: Any) -> dict[int, Any]:
    """A transposed convolution with the same filters, grown to the input's height and width."""
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
    return {0: back(slope, filters, stride, **pads).output(0)}


def _relu(node: Any, slope: Any) -> dict[int, Any]:
    return {0: _where(ops.greater(node.output(0), np.float32(0.0)), slope)}


def _clamp(node: Any, slope: Any) -> dict[int, Any]:
    how, given = node.get_attributes(), node.output(0)
    above = ops.greater(given, np.float32(how["min"]))
    below = ops.less(given, np.float32(how["max"]))
    return {0: _where(ops.logical_and(above, below), slope)}


def _where(open_: Any, slope: Any) -> Any:
    return ops.multiply(slope, ops.convert(open_, "f32")).output(0)


def _largest(node: Any, slope: Any) -> dict[int, Any]:
    """Every gradient goes back to the place that its maximum came from."""
    read = node.input_value(0)
    rows, columns = sides(read)
    flat = np.array([0, 0, -1])
    nothing = ops.multiply(ops.reshape(read, flat, True), np.float32(0.0))
    places, parts = (ops.reshape(one, flat, True) for one in (node.output(1), slope))
    spread = ops.scatter_elements_update(nothing, places, parts, np.array(2), "sum")
    return {0: ops.reshape(spread, np.array([0, 0, rows, columns]), True).output(0)}


def _mean(node: Any, slope: Any) -> dict[int, Any]:
    """Of height and width: every place gets an equal share."""
    read = node.input_value(0)
    share = np.float32(1.0 / np.prod(sides(read)))
    alone = ops.unsqueeze(ops.multiply(slope, share), np.array([2, 3]))
    return {0: ops.broadcast(alone, ops.shape_of(read)).output(0)}


def _pad(node: Any, slope: Any) -> dict[int, Any]:
    """What was added around the picture is cut off again."""
    begin = np.asarray(node.input_value(1).get_node().get_data())[2:]
    end = begin + np.array(sides(node.input_value(0)))
    one, axes = np.array([1, 1]), np.array([2, 3])
    return {0: ops.slice(slope, begin, end, one, axes).output(0)}


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
