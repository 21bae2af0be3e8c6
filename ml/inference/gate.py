"""Is this a brain MRI of a kind that the networks know? If not, no class is told.

Steps, in order:
    1. four cheap looks at the pixels (`ml.inference.pixel_checks`);
    2. the distance from the training pictures (`ml.inference.familiar`), from the classifiers' own
       pooled features, edges and texture, by the method and up to the limit that the evaluation
       chose on validation material. No pass of a network is added.

`assets/gate` holds what pictures are compared with: axes and training pictures' places on them,
no pixel. It belongs to the weights that it was fitted to and to no others.

Limits: not a check that the reading is right. A brain MRI with a broken header, mirrored, or of
another patient than it says passes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ml.errors import GateError
from ml.inference.engine import NetworkOutput
from ml.inference.familiar import AXES, METHODS, Block, FeatureSpace, scores, seen
from ml.inference.pixel_checks import PixelChecks, PixelLimits, checks_of_grey
from ml.preprocess import Framed, framed
from ml.results import Admission, Refusal, Scan

__all__ = [
    "COMMAND",
    "FIGURES_FILE",
    "REASONS",
    "SPACE_FILE",
    "UNFAMILIAR",
    "Fitted",
    "Gate",
    "load",
    "load_fitted",
    "save_fitted",
    "shipped_gate",
]

_ASSETS: Final[Path] = Path(__file__).resolve().parents[2] / "assets"

SPACE_FILE: Final[Path] = _ASSETS / "gate" / "training_space.safetensors"
"""What pictures are compared with, written by `COMMAND`."""
FIGURES_FILE: Final[Path] = _ASSETS / "metrics" / "gate.json"
"""The chosen method, its limit and its figures, written by the evaluation."""
COMMAND: Final[str] = "python -m ml.evaluation --parts gate"
MEND: Final[str] = (
    f"Restore assets/gate and assets/metrics/gate.json with git, or write them with `{COMMAND}`."
)

UNFAMILIAR: Final[str] = "unfamiliar"
REASONS: Final[tuple[str, ...]] = ("blank", "colour", "levels", "corners", UNFAMILIAR)
"""Why a picture is refused: the four looks at its pixels, then the distance."""
_NOTE: Final[str] = "gate"
_PARTS: Final[Mapping[str, type[np.floating[Any]]]] = {
    "mean": np.float16,
    "axes": np.float16,
    "spread": np.float32,
    "usual": np.float32,
}
_LIMITS: Final[tuple[str, ...]] = ("bright", "levels", "corners", "colour")


@dataclass(frozen=True)
class Fitted:
    """What was fitted on training pictures.

    Attributes:
        space: where they lie.
        pixels: what their pixels are like.
        networks: [classifier] → SHA-256 of the weights that the space belongs to.
    """

    space: FeatureSpace
    pixels: PixelLimits
    networks: Mapping[str, str]


@dataclass(frozen=True)
class Gate:
    """Tells brain MRI from other pictures.

    Attributes:
        pixels: limits of the looks at the pixels.
        space: where training pictures lie; None lets every picture pass step 2.
        method: one of `ml.inference.familiar.METHODS`.
        limit: largest score that passes.
        networks: [classifier] → SHA-256 of the weights that the space belongs to.
        digest: SHA-256 of the file.
    """

    pixels: PixelLimits
    space: FeatureSpace | None = None
    method: str = METHODS[0]
    limit: float = float("inf")
    networks: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""

    @property
    def mark(self) -> str:
        """Another one wherever a scan could be answered otherwise."""
        return f"gate:{self.digest}:{self.method}:{self.limit!r}"

    def check(self, weights: Mapping[str, str]) -> None:
        """Refuse to judge what other networks make of a picture.

        Args:
            weights: [network] → SHA-256 of the weights in use.

        Raises:
            GateError: the space belongs to other weights.
        """
        other = [name for name, digest in self.networks.items() if weights.get(name) != digest]
        if other:
            raise GateError(
                f"The gate was fitted to other weights of {', '.join(other)} than those in use, "
                f"so whether a picture is a brain MRI cannot be told. {MEND}"
            )

    def answer(
        self,
        scans: Sequence[Scan],
        outputs: Sequence[NetworkOutput],
        frames: Sequence[Framed] | None = None,
    ) -> list[Admission | Refusal]:
        """Let scans through or stop them.

        Args:
            scans: decoded slices, none of them or any number.
            outputs: what each classifier gave for all of them, in registry order.
            frames: the scans as `ml.preprocess.framed` gives them, where they were made already.
        """
        if frames is None:
            frames = [framed(scan.pixels) for scan in scans]
        if self.space is None:
            found: Sequence[float | None] = [None] * len(scans)
        else:
            known = seen(outputs, frames)
            found = scores(self.space, known)[self.method].tolist()
        looks = [
            checks_of_grey(frame.grey, scan.colour)
            for scan, frame in zip(scans, frames, strict=True)
        ]
        return [self._one(look, score) for look, score in zip(looks, found, strict=True)]

    def _one(self, look: PixelChecks, score: float | None) -> Admission | Refusal:
        broken = self.pixels.broken(look)
        if broken is not None:
            return Refusal(*broken)
        if score is not None and not score <= self.limit:  # not a number: not familiar either
            return Refusal(UNFAMILIAR, score, self.limit)
        return Admission(score, self.limit)


def save_fitted(fitted: Fitted, file: Path) -> None:
    """Write what was fitted, axes and places in half precision; the same bytes every time."""
    space = fitted.space
    note = {
        "networks": dict(fitted.networks),
        "pixels": {name: getattr(fitted.pixels, name) for name in _LIMITS},
    }
    arrays: dict[str, npt.NDArray[Any]] = {"labels": space.labels, "weights": space.weights}
    arrays["places"] = space.places.astype(np.float16)
    for name, block in space.blocks.items():
        for part, kind in _PARTS.items():
            arrays[f"{name}.{part}"] = np.ascontiguousarray(getattr(block, part).astype(kind))
    file.parent.mkdir(parents=True, exist_ok=True)
    # one entry only: the library writes several in no fixed order
    save_file(arrays, file, metadata={_NOTE: json.dumps(note, sort_keys=True)})


def load_fitted(file: Path = SPACE_FILE) -> Fitted:
    """Read it back.

    Raises:
        GateError: the file is missing or damaged.
    """
    try:
        with safe_open(file, framework="numpy") as stored:
            note = json.loads(stored.metadata()[_NOTE])
            labels = stored.get_tensor("labels")
            arrays = {
                name: stored.get_tensor(name).astype(np.float32)
                for name in stored.keys()  # noqa: SIM118  this is no dictionary
                if name != "labels"
            }
        blocks = {
            name: Block(**{part: arrays[f"{name}.{part}"] for part in _PARTS}) for name in AXES
        }
        return Fitted(
            space=FeatureSpace(blocks, arrays["places"], labels, arrays["weights"]),
            pixels=PixelLimits(**{name: float(note["pixels"][name]) for name in _LIMITS}),
            networks={str(name): str(value) for name, value in note["networks"].items()},
        )
    except FileNotFoundError:
        raise GateError(f"What pictures are compared with is missing. {MEND}") from None
    except (OSError, SafetensorError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise GateError(f"What pictures are compared with is damaged. {MEND}") from error


def load(space_file: Path = SPACE_FILE, figures_file: Path = FIGURES_FILE) -> Gate:
    """The fitted space together with the method and the limit that were chosen for it.

    Raises:
        GateError: a file is missing or damaged, or the limit was chosen for another space.
    """
    fitted = load_fitted(space_file)
    digest = hashlib.sha256(space_file.read_bytes()).hexdigest()
    try:
        figures = json.loads(figures_file.read_text(encoding="utf-8"))
        method, limit = str(figures["chosen"]["method"]), float(figures["chosen"]["limit"])
        measured = figures["space"]["sha256"]
        if method not in METHODS or not np.isfinite(limit):
            raise ValueError("no such method")
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise GateError(
            f"How the gate decides is not known: {figures_file.name} is missing or damaged. {MEND}"
        ) from error
    if measured != digest:
        raise GateError(
            "What pictures are compared with is not what was measured (its SHA-256 differs). "
            f"{MEND}"
        )
    return Gate(fitted.pixels, fitted.space, method, limit, fitted.networks, digest)


@cache
def shipped_gate() -> Gate:
    """The gate of this installation, read once for the whole process.

    Raises:
        GateError: see `load`.
    """
    return load()
