"""What networks there are, and which weight files are theirs.

The static half is code; the half that training produces (file, SHA-256, input side, validation
figures) is `assets/weights/registry.json`, written by `python -m ml.training --publish`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from ml.errors import AlteredWeights, MissingWeights

REPOSITORY = Path(__file__).resolve().parents[2]
WEIGHTS = REPOSITORY / "assets" / "weights"
MEND = "Restore it with `git checkout -- assets/weights`, or train anew with `make train`."
"""The command that mends a missing or altered weight file."""


Kind = Literal["classifier", "segmenter", "detector"]


@dataclass(frozen=True)
class ModelSpec:
    """One network that the app runs.

    Attributes:
        name: identifier in files and columns.
        title: what a reader sees.
        kind: "classifier", "segmenter" or "detector".
        encoder: keras.applications backbone it stands on.
        feature_layer: layer that Grad-CAM explains; None but for classifiers.
        reference: where the architecture was published.
        input_size: side of the network's input, pixels.
        parameters: number of weights.
        file: weight file under assets/weights.
        sha256: its registered digest.
    """

    name: str
    title: str
    kind: Kind
    encoder: str
    feature_layer: str | None
    reference: str
    input_size: int
    parameters: int
    file: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where the weight file lies."""
        return WEIGHTS / self.file


CLASSIFIERS: tuple[str, ...] = ("mobilenet", "xception", "resnet50")
"""The three networks that are compared, in the order of every table."""
SEGMENTER = "unet"
DETECTOR = "detector"
"""Boxes a finding; the one network that a reading can do without, see `installed`."""

_STATIC: Mapping[str, tuple[str, str, str | None, str]] = MappingProxyType(
    {
        "mobilenet": ("MobileNet", "mobilenet", "conv_pw_13_relu", "Howard 2017, arXiv:1704.04861"),
        "xception": (
            "Xception",
            "xception",
            "block14_sepconv2_act",
            "Chollet 2017, arXiv:1610.02357",
        ),
        "resnet50": ("ResNet50", "resnet50", "conv5_block3_out", "He 2016, arXiv:1512.03385"),
        "unet": ("U-Net", "mobilenet", None, "Ronneberger 2015, arXiv:1505.04597"),
        "detector": ("Region-proposal detector", "mobilenet", None, "Ren 2015, arXiv:1506.01497"),
    }
)


@cache
def published() -> Mapping[str, Any]:
    """`assets/weights/registry.json` as it was when first read.

    Raises:
        MissingWeights: the file is absent or unreadable.
    """
    try:
        found: Mapping[str, Any] = json.loads((WEIGHTS / "registry.json").read_text())
    except (OSError, ValueError) as error:
        raise MissingWeights(
            f"The list of trained networks (assets/weights/registry.json) is missing. {MEND}"
        ) from error
    return found


def kind_of(name: str) -> Kind:
    """What a registered network does."""
    if name == DETECTOR:
        return "detector"
    return "segmenter" if name == SEGMENTER else "classifier"


def installed() -> tuple[str, ...]:
    """Every network that a reading runs: the three, the segmenter, the detector if published.

    Raises:
        MissingWeights: the list of networks is absent or unreadable.
    """
    listed = published()
    boxes = (DETECTOR,) if isinstance(listed, dict) and DETECTOR in listed else ()
    return (*CLASSIFIERS, SEGMENTER, *boxes)


def spec(name: str) -> ModelSpec:
    """The record of one network.

    Raises:
        KeyError: no network has that name.
        MissingWeights: it was never published.
        AlteredWeights: its entry is damaged.
    """
    title, encoder, feature_layer, reference = _STATIC[name]
    listed = published()
    entry = listed.get(name) if isinstance(listed, dict) else None
    if entry is None:
        raise MissingWeights(f"The trained weights of {title} are not installed. {MEND}")
    try:
        return ModelSpec(
            name=name,
            title=title,
            kind=kind_of(name),
            encoder=encoder,
            feature_layer=feature_layer,
            reference=reference,
            input_size=int(entry["input_size"]),
            parameters=int(entry["parameters"]),
            file=str(entry["file"]),
            sha256=str(entry["sha256"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise AlteredWeights(
            f"The entry of {title} in assets/weights/registry.json is damaged. {MEND}"
        ) from error


def title(name: str) -> str:
    """What a reader sees for a network's name ("mean" included)."""
    return "Mean of three" if name == "mean" else _STATIC[name][0]
