"""From a list of layers and the arrays of a weight file to a network that OpenVINO compiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset15 as ops

from ml.inference.graphs.backward import hires_cam
from ml.inference.graphs.layers import EMITTERS
from ml.models.topology import Topology
from ml.results import FloatArray

__all__ = ["Emitted", "emit"]


@dataclass(frozen=True)
class Emitted:
    """A network as tensors; the graphs made of it share its weights.

    Attributes:
        image: the picture (N, 1, S, S) in 0..1.
        outputs: [key of `Topology.outputs`] → tensor; maps are (N, C, h, w).
    """

    image: Any
    outputs: Mapping[str, Any]

    def forward(self, outputs: Sequence[str]) -> Any:
        """openvino.Model of the forward pass: the picture → these outputs, in this order."""
        return ov.Model([self.outputs[one] for one in outputs], [self.image])

    def fine_map(self) -> Any:
        """The fine heat map of a classifier, its backward pass included.

        Returns:
            openvino.Model: the picture and (N, classes), 1 at the class that is explained and 0
            elsewhere → (N, h, w), negative against the class.
        """
        logits = self.outputs["logits"]
        called = ops.parameter([-1, int(logits.get_partial_shape()[1].get_length())], np.float32)
        drawn = hires_cam(logits, self.outputs["fine"], called.output(0))
        return ov.Model([drawn], [self.image, called])


def emit(topology: Topology, arrays: Sequence[FloatArray], side: int) -> Emitted:
    """A network for pictures of one side.

    Args:
        topology: its layers.
        arrays: of its weight file, in order.
        side: of the pictures, pixels.
    """
    first, *others = topology.layers
    image = ops.parameter([-1, 1, side, side], np.float32)
    tensors = {first.name: image.output(0)}
    for layer in others:
        read = [tensors[name] for name in layer.inputs]
        found = EMITTERS[layer.kind](layer, read, [arrays[place] for place in layer.weights])
        tensors[layer.name] = found.output(0) if isinstance(found, ov.Node) else found
    return Emitted(image, {role: tensors[name] for role, name in topology.outputs.items()})
