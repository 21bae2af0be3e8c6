"""What a network is made of, without its weights and without Keras: a list of layers.

`python -m ml.export` writes one for every registered network beside its weight file, a few
kilobytes each; with the two of them a runtime builds the network without TensorFlow.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ml.errors import AlteredWeights, MissingWeights
from ml.models.registry import MEND, ModelSpec

__all__ = ["EXPORT", "Layer", "Topology", "read", "topology_path", "write"]

EXPORT: Final[str] = "python -m ml.export"


@dataclass(frozen=True)
class Layer:
    """One layer of a network, as Keras calls and configures it.

    Attributes:
        name: its name in the Keras model.
        kind: its Keras class.
        inputs: names of the layers that it reads, in order.
        settings: the part of its configuration that a forward pass needs.
        weights: places of its arrays in `model.weights`, in the order of the layer.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    settings: Mapping[str, Any]
    weights: tuple[int, ...]


@dataclass(frozen=True)
class Topology:
    """The layers of a network, each after those that it reads.

    Attributes:
        layers: all of them; the first is the input (N, S, S, 1).
        outputs: [what it is] → name of the layer that gives it.
        shapes: of the arrays of the weight file, in order.
    """

    layers: tuple[Layer, ...]
    outputs: Mapping[str, str]
    shapes: tuple[tuple[int, ...], ...]


def topology_path(found: ModelSpec) -> Path:
    """Where the layers of a registered network are listed: beside its weights."""
    return found.path.with_name(f"{found.name}.layers.json")


def write(topology: Topology, path: Path) -> None:
    """Write a network's layers, one a line."""
    layers = ",\n".join(f"  {json.dumps(asdict(layer))}" for layer in topology.layers)
    path.write_text(
        f'{{\n"outputs": {json.dumps(dict(topology.outputs))},\n'
        f'"layers": [\n{layers}\n],\n"shapes": {json.dumps(topology.shapes)}\n}}\n',
        encoding="utf-8",
    )


def read(found: ModelSpec) -> Topology:
    """The layers of a registered network.

    Raises:
        MissingWeights: they were not exported.
        AlteredWeights: the list is damaged.
    """
    path = topology_path(found)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Topology(
            layers=tuple(
                Layer(
                    name=str(entry["name"]),
                    kind=str(entry["kind"]),
                    inputs=tuple(entry["inputs"]),
                    settings=dict(entry["settings"]),
                    weights=tuple(entry["weights"]),
                )
                for entry in content["layers"]
            ),
            outputs=dict(content["outputs"]),
            shapes=tuple(tuple(shape) for shape in content["shapes"]),
        )
    except FileNotFoundError as error:
        raise MissingWeights(
            f"The list of layers of {found.title} is missing. {MEND} Or write it with `{EXPORT}`."
        ) from error
    except (KeyError, OSError, TypeError, ValueError) as error:
        raise AlteredWeights(f"The list of layers of {found.title} is damaged. {MEND}") from error
