"""From a list of layers and the arrays of a weight file to a network that OpenVINO compiles."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset15 as ops

from ml.inference.graphs.backward import hires_cam
from ml.inference.graphs.layers import EMITTERS
from ml.models.topology import Topology
from ml.results import FloatArray

__all__ = ["fine_map", "forward"]


def forward(
    topology: Topology, arrays: Sequence[FloatArray], side: int, *, outputs: Sequence[str]
) -> Any:
    """The forward pass of a network.

    Args:
        topology: its layers.
        arrays: of its weight file, in order.
        side: of the pictures, pixels.
        outputs: what it gives, in this order; keys of `Topology.outputs`.

    Returns:
        openvino.Model: (N, 1, S, S) in 0..1 → the outputs; maps are (N, C, h, w).
    """
    image, tensors = _emitted(topology, arrays, side)
    return ov.Model([tensors[topology.outputs[one]] for one in outputs], [image])


def fine_map(topology: Topology, arrays: Sequence[FloatArray], side: int) -> Any:
    """The fine heat map of a classifier, its backward pass included.

    Returns:
        openvino.Model: (N, 1, S, S) in 0..1 and (N, classes), 1 at the class that is explained
        and 0 elsewhere → (N, h, w), negative against the class.
    """
    image, tensors = _emitted(topology, arrays, side)
    logits, fine = (tensors[topology.outputs[one]] for one in ("logits", "fine"))
    called = ops.parameter([-1, int(logits.get_partial_shape()[1].get_length())], np.float32)
    return ov.Model([hires_cam(logits, fine, called.output(0))], [image, called])


def _emitted(
    topology: Topology, arrays: Sequence[FloatArray], side: int
) -> tuple[Any, Mapping[str, Any]]:
    """The picture (N, 1, S, S), and [layer] → the tensor that it gives."""
    first, *others = topology.layers
    image = ops.parameter([-1, 1, side, side], np.float32)
    tensors = {first.name: image.output(0)}
    for layer in others:
        read = [tensors[name] for name in layer.inputs]
        found = EMITTERS[layer.kind](layer, read, [arrays[place] for place in layer.weights])
        tensors[layer.name] = found.output(0) if isinstance(found, ov.Node) else found
    return image, tensors
