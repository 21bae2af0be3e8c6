"""The engine that a reading takes where OpenVINO is installed: no TensorFlow, float32 throughout.

Networks are built from the layers that `python -m ml.export` listed and the checked weight
files, so the fingerprints are those of the reference. Precision is pinned to float32: left
alone, OpenVINO takes bfloat16 on processors that have it, and probabilities move. Another one is
taken only where it is asked for (`ml.inference.chosen` says when it may be), and only for classes
and outlines: heat maps and boxes stay in float32, because they do change (docs/experiments.md).
"""

import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import openvino as ov

from ml.inference.engine import BoxOutput, NetworkOutput, mirrored_mean
from ml.inference.graphs.networks import emit
from ml.inference.precision import REFERENCE
from ml.inference.shelf import Kept, Shelf, network_key
from ml.labels import CLASSES
from ml.models import registry, topology
from ml.models.topology import Topology
from ml.models.weight_files import check_digest, check_shapes, checked_arrays
from ml.results import FloatArray

__all__ = ["OpenVinoEngine"]

FORWARD: Final[dict[registry.Kind, tuple[str, ...]]] = {
    "classifier": ("features", "logits"),
    "segmenter": ("mask_logits",),
    "detector": ("boxes", "logits"),
}
"""What the forward pass of each kind of network gives, in this order."""
FINE: Final[str] = "fine"
"""The graph of a classifier's fine heat map, beside its forward pass."""


class _Graph:
    """A compiled network, which any number of threads may call at once."""

    def __init__(self, kept: Kept) -> None:
        """Run it once on nothing, so that its weights are packed when it is first called.

        What that run took besides is let go of: a network that nobody calls need not hold it.
        """
        self._kept = kept
        self._idle: deque[Any] = deque()
        self._sizes: set[int] = set()
        shapes = [one.get_partial_shape() for one in kept.compiled.inputs]
        self(
            *(
                np.zeros([1, *(int(side.get_length()) for side in list(shape)[1:])], np.float32)
                for shape in shapes
            )
        )
        self._idle.clear()
        kept.compiled.release_memory()

    def __call__(self, *inputs: FloatArray) -> list[FloatArray]:
        """What it gives for its inputs, copied out of the runtime's memory."""
        try:
            request = self._idle.pop()
        except IndexError:  # every request is taken: one more thread calls than ever before
            request = self._kept.compiled.create_infer_request()
        try:
            return list(request.infer(inputs).to_tuple())
        finally:
            self._idle.append(request)
            if len(inputs[0]) not in self._sizes:  # then the weights were read, for this size
                self._sizes.add(len(inputs[0]))
                self._kept.give_back()


class OpenVinoEngine:
    """Registered networks compiled by OpenVINO for this processor; see `Engine` for its methods.

    A network is built when it is first needed, once for each side of picture, whichever thread
    asks; one that is there already answers meanwhile.
    """

    def __init__(
        self, threads: int | None = None, *, precision: str = REFERENCE, folder: Path | None = None
    ) -> None:
        """Create an engine with nothing built yet.

        Args:
            threads: processor cores that a forward pass may use; None leaves it to OpenVINO.
            precision: that classes and outlines are computed in, f32 or bf16.
            folder: where compiled networks are kept, see `ml.inference.shelf`; None: nowhere.
        """
        self.precision = precision
        self._settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "ENABLE_CPU_PINNING": False,
        }
        if threads is not None:
            self._settings["INFERENCE_NUM_THREADS"] = threads
        self._core = ov.Core()
        self._shelf = Shelf(self._core, folder)
        self._graphs: dict[tuple[str, str, int], _Graph] = {}
        self._kernels: dict[str, FloatArray] = {}
        self._lock = threading.Lock()

    def classify(self, name: str, batch: FloatArray) -> NetworkOutput:
        """See `Engine.classify`."""
        features, logits = self._graph(name, side=batch.shape[1])(_planes(batch))
        return NetworkOutput(logits, np.ascontiguousarray(features.transpose(0, 2, 3, 1)))

    def head(self, name: str) -> FloatArray:
        """See `Engine.head`.

        Raises:
            ValueError: `name` is not a classifier.
        """
        if registry.kind_of(name) != "classifier":
            raise ValueError(f"{name} is not a classifier; it has no logits layer")
        if name not in self._kernels:
            found = registry.spec(name)
            self._kernels[name] = _kernel(topology.read(found), checked_arrays(found))
        return self._kernels[name]

    def attribute(self, name: str, batch: FloatArray, labels: Sequence[int]) -> FloatArray:
        """See `Engine.attribute`.

        Raises:
            ValueError: `name` is not a classifier.
        """
        if registry.kind_of(name) != "classifier":
            raise ValueError(f"{name} is not a classifier; it has no classes to explain")
        called = np.eye(len(CLASSES), dtype=np.float32)[list(labels)]
        (found,) = self._graph(name, FINE, batch.shape[1])(_planes(batch), called)
        return found

    def segment(self, batch: FloatArray) -> FloatArray:
        """See `Engine.segment`."""
        graph = self._graph(registry.SEGMENTER, side=batch.shape[1])
        return mirrored_mean(batch, lambda both: graph(_planes(both))[0][:, 0])

    def detect(self, batch: FloatArray) -> BoxOutput:
        """See `Engine.detect`."""
        boxes, logits = self._graph(registry.DETECTOR, side=batch.shape[1])(_planes(batch))
        return BoxOutput(boxes, logits)

    def fingerprint(self, name: str) -> str:
        """See `Engine.fingerprint`; building has compared the file with the registered digest."""
        self._graph(name)
        return registry.spec(name).sha256

    def _graph(self, name: str, part: str = "forward", side: int | None = None) -> _Graph:
        """A part of a network for pictures of a side, by default of the registered one.

        Raises:
            WeightsError: its weights or its list of layers are missing or altered.
        """
        key = (name, part, side or registry.spec(name).input_size)
        if key not in self._graphs:
            with self._lock:
                if key not in self._graphs:
                    self._graphs[key] = self._build(*key)
        return self._graphs[key]

    def _build(self, name: str, part: str, side: int) -> _Graph:
        found = registry.spec(name)
        layers = topology.read(found)
        check_digest(found)

        def model() -> Any:
            arrays = checked_arrays(found)
            check_shapes(arrays, list(layers.shapes), found.title)
            emitted = emit(layers, arrays, side)
            return emitted.fine_map() if part == FINE else emitted.forward(FORWARD[found.kind])

        exact = part == FINE or found.kind == "detector"
        precision = REFERENCE if exact else self.precision
        key = network_key(found, self._core, part, side, precision)
        settings = {**self._settings, "INFERENCE_PRECISION_HINT": precision}
        title = f"{name}-{part}-{side}-{precision}"
        return _Graph(self._shelf.get(title, key, settings, model))


def _planes(batch: FloatArray) -> FloatArray:
    """(N, S, S, 1) → (N, 1, S, S), the same numbers in the same order."""
    return np.ascontiguousarray(batch, np.float32).reshape(len(batch), 1, *batch.shape[1:3])


def _kernel(layers: Topology, arrays: Sequence[FloatArray]) -> FloatArray:
    """Kernel (C, classes) of the dense layer that gives a classifier's logits."""
    (last,) = (one for one in layers.layers if one.name == layers.outputs["logits"])
    return np.asarray(arrays[last.weights[0]], np.float32)
