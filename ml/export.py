"""Lists the layers of every registered network for runtimes without Keras: `python -m ml.export`.

A list names the layers, what each reads, the settings of its forward pass, and where its arrays
lie in the weight file; it holds no weights. It lies beside the weight file and belongs to the
code of the network: new weights of the same network need no new list, another architecture
does. A layer or a setting that `ml.inference.graphs` would not honour is refused here.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from ml.errors import SulcusError, WeightsError
from ml.models import registry
from ml.models.topology import EXPORT, Layer, Topology, read, topology_path, write

__all__ = ["describe", "layers_of", "main"]

KEPT: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "InputLayer": (),
        "Activation": ("activation",),
        "Add": (),
        "AveragePooling2D": ("pool_size", "strides", "padding"),
        "BatchNormalization": ("epsilon",),
        "Concatenate": (),
        "Conv2D": ("strides", "padding"),
        "Conv2DTranspose": ("strides",),
        "CropLike": (),
        "Dense": ("activation",),
        "DepthwiseConv2D": ("strides", "padding"),
        "Dropout": (),
        "GlobalAveragePooling2D": (),
        "MaxPooling2D": ("pool_size", "strides", "padding"),
        "Proposals": ("count", "candidates"),
        "ReLU": ("max_value",),
        "Refined": (),
        "RepeatVector": ("n",),
        "Rescaling": ("scale", "offset"),
        "Reshape": ("target_shape",),
        "RoIAlign": ("bins", "samples"),
        "SeparableConv2D": ("strides", "padding"),
        "UpSampling2D": ("size",),
        "ZeroPadding2D": ("padding",),
    }
)
"""What of a layer's configuration goes into the list, by class."""

_PLAIN: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "data_format": "channels_last",
        "dilation_rate": [1, 1],
        "groups": 1,
        "depth_multiplier": 1,
        "negative_slope": 0.0,
        "threshold": 0.0,
        "center": True,
        "scale": True,
        "keepdims": False,
        "interpolation": "nearest",
    }
)
"""Settings that have to be as they are here, wherever a class of `KEPT` has and drops them."""


def describe(name: str) -> Topology:
    """The layers of a registered network as its code builds it; imports Keras.

    Raises:
        WeightsError: it was never published, or has a layer that no other runtime would honour.
    """
    from ml.inference.attribution import fine_layer
    from ml.models import weights

    found = registry.spec(name)
    model = weights.build(found)
    if found.kind == "segmenter":
        return layers_of(model, {"mask_logits": "mask_logits"})
    if found.kind == "detector":
        return layers_of(model, {"boxes": "boxes", "logits": "roi_logits"})
    fine = fine_layer(found.encoder)
    roles = {"features": str(found.feature_layer), "logits": "logits", "fine": fine}
    return layers_of(model, roles)


def layers_of(model: Any, outputs: Mapping[str, str]) -> Topology:
    """The layers of a flat Keras model.

    Args:
        model: every layer is called once.
        outputs: [what it is] → name of the layer that gives it.

    Raises:
        WeightsError: a layer or one of its settings is not known here.
    """
    places = {id(array): place for place, array in enumerate(model.weights)}
    listed = model.get_config()["layers"]
    names = {
        entry["name"]: _name(entry["name"], entry["class_name"], place)
        for place, entry in enumerate(listed)
    }
    layers = tuple(
        Layer(
            name=names[entry["name"]],
            kind=entry["class_name"],
            inputs=tuple(names[one] for one in _names(entry["inbound_nodes"])),
            settings=_settings(entry["class_name"], entry["config"]),
            weights=tuple(places[id(array)] for array in model.get_layer(entry["name"]).weights),
        )
        for entry in listed
    )
    roles = {role: names[name] for role, name in outputs.items()}
    return Topology(layers, roles, tuple(tuple(one.shape) for one in model.weights))


def _name(name: str, kind: str, place: int) -> str:
    """A layer's name; where Keras gave it and counted it in the process, its place counts it."""
    counted = re.sub(r"_\d+$", "", name).replace("_", "") == kind.lower()
    return f"{kind}_{place}" if counted else name


def _names(nodes: Any) -> Iterator[str]:
    """Layers whose outputs stand anywhere in Keras' record of a call, in order."""
    if isinstance(nodes, Mapping):
        if "keras_history" in nodes:
            yield str(nodes["keras_history"][0])
        else:
            for value in nodes.values():
                yield from _names(value)
    elif isinstance(nodes, list | tuple):
        for value in nodes:
            yield from _names(value)


def _settings(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a layer's configuration that its forward pass needs.

    Raises:
        WeightsError: the class, or a setting of it, is not known here.
    """
    if kind not in KEPT:
        raise WeightsError(
            f"a layer of class {kind} cannot be exported; known are {', '.join(sorted(KEPT))}"
        )
    kept = {key: _plain(config[key]) for key in KEPT[kind]}
    if kind in ("Proposals", "Refined"):
        kept |= _box_numbers()
    for key, needed in _PLAIN.items():
        if key in config and key not in kept and _plain(config[key]) != needed:
            raise WeightsError(f"a {kind} with {key} = {config[key]} cannot be exported")
    if "activation" not in kept and config.get("activation", "linear") != "linear":
        raise WeightsError(f"a {kind} with an activation of its own cannot be exported")
    return kept


def _box_numbers() -> dict[str, Any]:
    """Anchors and coding of the detector's boxes: constants of its code, not of its layers."""
    from ml.models import boxes, detector

    return {
        "sides": list(boxes.ANCHOR_SIDES),
        "ratios": list(boxes.ANCHOR_RATIOS),
        "delta_scale": list(boxes.DELTA_SCALE),
        "largest_log": boxes.LARGEST_LOG,
        "same_place": detector.SAME_PLACE,
    }


def _plain(value: Any) -> Any:
    """Tuples as lists, as JSON gives them back."""
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog=EXPORT, description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args(arguments).check
    differing = 0
    try:
        for name in registry.installed():
            found = registry.spec(name)
            described = describe(name)
            if check:
                same = described == read(found)
                differing += not same
                sys.stdout.write(f"{found.title}: {'as written' if same else 'differs'}\n")
            else:
                write(described, topology_path(found))
                sys.stdout.write(f"{found.title}: {len(described.layers)} layers\n")
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
