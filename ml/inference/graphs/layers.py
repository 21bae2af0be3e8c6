"""Keras layers in OpenVINO's operations: what each reads and gives, exactly.

Tensors of rank 4 are (N, C, H, W) here, where Keras has (N, H, W, C); height and width are fixed
when a graph is built, N is not. Tensors of other ranks are as in Keras.

Reference: https://docs.openvino.ai (operation set 15); Keras 3 layers of the same names.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import openvino.opset15 as ops

from ml.inference.graphs import boxes
from ml.models.topology import Layer
from ml.results import FloatArray

__all__ = ["EMITTERS", "Emit", "rank", "sides"]

Emit = Callable[[Layer, Sequence[Any], Sequence[FloatArray]], Any]
"""A layer, the tensors that it reads and its arrays → the tensor that it gives."""


def rank(tensor: Any) -> int:
    """Number of a tensor's axes."""
    return int(tensor.get_partial_shape().rank.get_length())


def sides(tensor: Any) -> tuple[int, int]:
    """Height and width of a tensor (N, C, H, W)."""
    shape = tensor.get_partial_shape()
    return int(shape[2].get_length()), int(shape[3].get_length())


def _padding(layer: Layer, tensor: Any, window: Sequence[int]) -> tuple[list[int], list[int]]:
    """Rows and columns that Keras adds before and after: "same" puts the odd one after."""
    if layer.settings["padding"] == "valid":
        return [0, 0], [0, 0]
    both = [
        max((-(-side // stride) - 1) * stride + width - side, 0)
        for side, stride, width in zip(
            sides(tensor), layer.settings["strides"], window, strict=True
        )
    ]
    return [one // 2 for one in both], [one - one // 2 for one in both]


def _weights(array: FloatArray, axes: Sequence[int] | None = None) -> Any:
    """Weights as a constant, with their axes in another order; NumPy arrays go number by number."""
    return ops.constant(np.ascontiguousarray(array if axes is None else array.transpose(axes)))


def _shifted(tensor: Any, bias: Sequence[FloatArray]) -> Any:
    """A tensor (N, C, H, W) with a number added to each channel, where there is one."""
    return ops.add(tensor, bias[0].reshape(1, -1, 1, 1)) if bias else tensor


def _convolution(layer: Layer, inputs: Sequence[Any], arrays: Sequence[FloatArray]) -> Any:
    kernel, *bias = arrays  # (h, w, in, out)
    begin, end = _padding(layer, inputs[0], kernel.shape[:2])
    filters = _weights(kernel, (3, 2, 0, 1))
    stride = layer.settings["strides"]
    return _shifted(ops.convolution(inputs[0], filters, stride, begin, end, [1, 1]), bias)


def _depthwise(layer: Layer, inputs: Sequence[Any], arrays: Sequence[FloatArray]) -> Any:
    kernel, *bias = arrays  # (h, w, C, 1)
    begin, end = _padding(layer, inputs[0], kernel.shape[:2])
    filters = _weights(kernel[..., None], (2, 3, 4, 0, 1))  # (C, 1, 1, h, w)
    stride = layer.settings["strides"]
    return _shifted(ops.group_convolution(inputs[0], filters, stride, begin, end, [1, 1]), bias)


def _separable(layer: Layer, inputs: Sequence[Any], arrays: Sequence[FloatArray]) -> Any:
    depthwise, pointwise, *bias = arrays
    found = _depthwise(layer, inputs, [depthwise]).output(0)
    filters = _weights(pointwise, (3, 2, 0, 1))
    return _shifted(ops.convolution(found, filters, [1, 1], [0, 0], [0, 0], [1, 1]), bias)


def _transposed(layer: Layer, inputs: Sequence[Any], arrays: Sequence[FloatArray]) -> Any:
    kernel, *bias = arrays  # (h, w, out, in)
    filters = _weights(kernel, (3, 2, 0, 1))
    found = ops.convolution_backprop_data(inputs[0], filters, layer.settings["strides"])
    return _shifted(found, bias)


def _normalised(layer: Layer, inputs: Sequence[Any], arrays: Sequence[FloatArray]) -> Any:
    gamma, beta, mean, variance = (array.astype(np.float64) for array in arrays)
    scale = gamma / np.sqrt(variance + layer.settings["epsilon"])
    shift = beta - mean * scale
    scaled = ops.multiply(inputs[0], scale.astype(np.float32).reshape(1, -1, 1, 1))
    return ops.add(scaled, shift.astype(np.float32).reshape(1, -1, 1, 1))


def _rectified(layer: Layer, inputs: Sequence[Any], _: Sequence[FloatArray]) -> Any:
    most = layer.settings.get("max_value")
    return ops.relu(inputs[0]) if most is None else ops.clamp(inputs[0], 0.0, float(most))


def _activated(tensor: Any, name: str) -> Any:
    """What an activation makes of a tensor.

    Raises:
        ValueError: it is not one of those that the networks have.
    """
    if name == "linear":
        return tensor
    if name != "relu":
        raise ValueError(f"unknown activation {name!r}; known are linear and relu")
    return ops.relu(tensor)


def _activation(layer: Layer, inputs: Sequence[Any], _: Sequence[FloatArray]) -> Any:
    return _activated(inputs[0], layer.settings["activation"])


def _dense(layer: Layer, inputs: Sequence[Any], arrays: Sequence[FloatArray]) -> Any:
    kernel, *bias = arrays  # (in, out)
    found = ops.matmul(inputs[0], _weights(kernel), False, False)
    return _activated(ops.add(found, bias[0]) if bias else found, layer.settings["activation"])


def _rescaled(layer: Layer, inputs: Sequence[Any], _: Sequence[FloatArray]) -> Any:
    scale, offset = (
        np.asarray(layer.settings[key], np.float32).reshape(1, -1, 1, 1)
        for key in ("scale", "offset")
    )
    return ops.add(ops.multiply(inputs[0], scale), offset)


def _padded(layer: Layer, inputs: Sequence[Any], _: Sequence[FloatArray]) -> Any:
    (top, bottom), (left, right) = layer.settings["padding"]
    begin, end = [0, 0, top, left], [0, 0, bottom, right]
    return ops.pad(inputs[0], begin, end, "constant", np.float32(0.0))


def _largest(layer: Layer, inputs: Sequence[Any], _: Sequence[FloatArray]) -> Any:
    window, stride = layer.settings["pool_size"], layer.settings["strides"]
    begin, end = _padding(layer, inputs[0], window)
    return ops.max_pool(inputs[0], stride, [1, 1], begin, end, window)


def _averaged(layer: Layer, inputs: Sequence[Any], _: Sequence[FloatArray]) -> Any:
    window, stride = layer.settings["pool_size"], layer.settings["strides"]
    begin, end = _padding(layer, inputs[0], window)
    return ops.avg_pool(inputs[0], stride, begin, end, window, exclude_pad=True)


def _pooled(_: Layer, inputs: Sequence[Any], __: Sequence[FloatArray]) -> Any:
    return ops.reduce_mean(inputs[0], np.array([2, 3]), keep_dims=False)


def _sum(_: Layer, inputs: Sequence[Any], __: Sequence[FloatArray]) -> Any:
    found = inputs[0]
    for other in inputs[1:]:
        found = ops.add(found, other)
    return found


def _joined(_: Layer, inputs: Sequence[Any], __: Sequence[FloatArray]) -> Any:
    return ops.concat(list(inputs), axis=1 if rank(inputs[0]) == 4 else -1)


def _repeated(layer: Layer, inputs: Sequence[Any], _: Sequence[FloatArray]) -> Any:
    """Every cell of the grid as often as the size says, in both directions."""
    rows, columns = sides(inputs[0])
    down, across = layer.settings["size"]
    grown = np.array([rows * down, columns * across])
    how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return ops.interpolate(inputs[0], grown, "nearest", "sizes", axes=np.array([2, 3]), **how)


def _cropped(_: Layer, inputs: Sequence[Any], __: Sequence[FloatArray]) -> Any:
    large, like = inputs
    if sides(large) == sides(like):
        return large
    zero, one, axes = np.array([0, 0]), np.array([1, 1]), np.array([2, 3])
    return ops.slice(large, zero, np.array(sides(like)), one, axes)


def _reshaped(layer: Layer, inputs: Sequence[Any], _: Sequence[FloatArray]) -> Any:
    return ops.reshape(inputs[0], np.array([0, *layer.settings["target_shape"]]), True)


def _each(layer: Layer, inputs: Sequence[Any], _: Sequence[FloatArray]) -> Any:
    return ops.tile(ops.unsqueeze(inputs[0], np.array(1)), np.array([1, layer.settings["n"], 1]))


def _as_it_is(_: Layer, inputs: Sequence[Any], __: Sequence[FloatArray]) -> Any:
    return inputs[0]


EMITTERS: Final[Mapping[str, Emit]] = MappingProxyType(
    {
        "Activation": _activation,
        "Add": _sum,
        "AveragePooling2D": _averaged,
        "BatchNormalization": _normalised,
        "Concatenate": _joined,
        "Conv2D": _convolution,
        "Conv2DTranspose": _transposed,
        "CropLike": _cropped,
        "Dense": _dense,
        "DepthwiseConv2D": _depthwise,
        "Dropout": _as_it_is,
        "GlobalAveragePooling2D": _pooled,
        "MaxPooling2D": _largest,
        "Proposals": lambda layer, inputs, _: boxes.proposals(layer.settings, *inputs),
        "ReLU": _rectified,
        "Refined": lambda layer, inputs, _: boxes.decoded(layer.settings, *inputs),
        "RepeatVector": _each,
        "Rescaling": _rescaled,
        "Reshape": _reshaped,
        "RoIAlign": lambda layer, inputs, _: boxes.aligned(layer.settings, *inputs),
        "SeparableConv2D": _separable,
        "UpSampling2D": _repeated,
        "ZeroPadding2D": _padded,
    }
)
"""How each class of layer is computed."""
