"""What this machine could do: the multiply-adds of a reading over the speed of a matrix product.

Counted are the multiplications of convolutions and matrix products in the graphs that run, for one
picture; everything else in them is cheap beside these and left out.

Reference: Williams et al. 2009, doi:10.1145/1498765.1498785 (roofline model).
"""

import math
import time
from typing import Any, Final

import numpy as np

from ml.inference.graphs.networks import emit
from ml.inference.openvino_engine import FINE, FORWARD
from ml.models import registry, topology
from ml.models.registry import CLASSIFIERS, SEGMENTER

__all__ = ["multiply_adds", "of_graph", "peak_per_second", "roofline"]

SIDE: Final[int] = 4096
ROUNDS: Final[int] = 5
MIRRORED: Final[int] = 2
"""The segmenter sees every picture and its mirror image."""


def roofline(side: int = SIDE) -> dict[str, Any]:
    """Multiply-adds of a reading, the machine's peak, and the least milliseconds of a reading.

    Args:
        side: of the matrices of the large product.
    """
    counted = multiply_adds()
    peak = peak_per_second(side)
    forward = sum(one["forward"] for one in counted.values())
    whole = forward + sum(one.get(FINE, 0) for one in counted.values())
    return {
        "multiply_adds": counted,
        "peak_giga_per_s": round(peak / 1e9, 2),
        "least_ms": round(whole / peak * 1000.0, 3),
        "least_without_maps_ms": round(forward / peak * 1000.0, 3),
    }


def multiply_adds() -> dict[str, dict[str, int]]:
    """[network][forward, fine] → multiply-adds for one picture, as a reading runs them."""
    counted: dict[str, dict[str, int]] = {}
    for name in registry.installed():
        found = registry.spec(name)
        layers = topology.read(found)
        arrays = [np.zeros(shape, np.float32) for shape in layers.shapes]
        emitted = emit(layers, arrays, found.input_size)
        times = MIRRORED if name == SEGMENTER else 1
        counted[name] = {"forward": times * of_graph(emitted.forward(FORWARD[found.kind]))}
        if name in CLASSIFIERS:
            counted[name][FINE] = of_graph(emitted.fine_map())
    return counted


def of_graph(model: Any) -> int:
    """Multiply-adds of an openvino.Model for a batch of one."""
    for one in model.inputs:
        shape = one.get_partial_shape()
        shape[0] = 1
        one.get_node().set_partial_shape(shape)
    model.validate_nodes_and_infer_types()
    return sum(_of_node(node) for node in model.get_ops())


def _of_node(node: Any) -> int:
    kind = node.get_type_name()
    if kind == "MatMul":
        first = [int(side) for side in node.input_value(0).get_shape()]
        shared = first[-2] if node.get_attributes()["transpose_a"] else first[-1]
        return int(math.prod(node.output(0).get_shape())) * shared
    back = kind.endswith("ConvolutionBackpropData")
    if not back and kind not in ("Convolution", "GroupConvolution"):
        return 0
    # a convolution: every number of the output takes a filter's; backwards, every one of the input
    filters = [int(side) for side in node.input_value(1).get_shape()]
    each = math.prod(filters[2:] if "Group" in kind else filters[1:])
    places = node.input_value(0) if back else node.output(0)
    return int(math.prod(places.get_shape())) * each


def peak_per_second(side: int = SIDE) -> float:
    """Multiply-adds a second of the best of a few products of large float32 matrices."""
    random = np.random.default_rng(0)
    one, other = (random.random((side, side), np.float32) for _ in range(2))
    best = math.inf
    for _ in range(ROUNDS):
        start = time.perf_counter()
        one @ other
        best = min(best, time.perf_counter() - start)
    return float(side**3 / best)
