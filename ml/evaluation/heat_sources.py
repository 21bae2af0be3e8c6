"""Where the scored heat maps come from: a registered classifier, or one drawn anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ml.inference.attribution import Draw
from ml.inference.engine import Engine, NetworkOutput
from ml.inference.explain import BACKWARD, evidence
from ml.results import FloatArray


class Source(Protocol):
    """A classifier whose heat maps are scored: `Trained`, or a `Drawn` one."""

    @property
    def kernel(self) -> FloatArray:
        """(C, 4) of its logits layer."""
        ...

    def read(self, batch: FloatArray) -> NetworkOutput:
        """One forward pass on (N, S, S, 1)."""
        ...

    @property
    def attribute(self) -> Draw:
        """Its fine maps."""
        ...


@dataclass(frozen=True)
class Trained:
    """A registered classifier in an engine.

    Attributes:
        name: registry name.
        engine: what runs it.
    """

    name: str
    engine: Engine

    @property
    def kernel(self) -> FloatArray:
        """See `Engine.head`."""
        return self.engine.head(self.name)

    def read(self, batch: FloatArray) -> NetworkOutput:
        """See `Engine.classify`."""
        return self.engine.classify(self.name, batch)

    @property
    def attribute(self) -> Draw:
        """See `Engine.attribute`."""
        return partial(self.engine.attribute, self.name)


def maps_of(
    method: str,
    network: Source,
    read: tuple[FloatArray, NetworkOutput],
    called: Sequence[int],
) -> list[FloatArray]:
    """The small map (h, w) of one class for every picture of a batch.

    Args:
        method: one of `ml.inference.explain.METHODS`.
        network: whose maps.
        read: the batch (N, S, S, 1), and what the network gave for it.
        called: class index for each picture.
    """
    batch, output = read
    if method in BACKWARD:
        return list(network.attribute(batch, called))
    kernel = network.kernel
    return [
        evidence(method, output.features[at], kernel, output.logits[at])[..., label]
        for at, label in enumerate(called)
    ]
