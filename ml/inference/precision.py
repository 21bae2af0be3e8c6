"""Which precisions the networks may be computed in: float32, and what was measured to be as good.

`python -m ml.evaluation.precision` reads the held-out pictures in both and writes what it found to
`assets/metrics/precision.json`, with the digests of the weights that it is true of. Without such a
file, with one of other weights, or with one that says no, a reduced precision is refused.
"""

import json
from pathlib import Path
from typing import Any, Final

from ml.errors import EngineError, MetricsError
from ml.models import registry

__all__ = ["COMMAND", "FILE", "PRECISIONS", "REFERENCE", "check", "load"]

REFERENCE: Final[str] = "f32"
PRECISIONS: Final[tuple[str, ...]] = (REFERENCE, "bf16")
FILE: Path = Path(__file__).resolve().parents[2] / "assets" / "metrics" / "precision.json"
COMMAND: Final[str] = "python -m ml.evaluation.precision"


def check(precision: str, *, engine: str, variable: str) -> None:
    """Whether networks may be computed in a precision.

    Args:
        precision: one of `PRECISIONS`.
        engine: that would compute them.
        variable: of the environment, that asked for it.

    Raises:
        EngineError: they may not.
    """
    if precision not in PRECISIONS:
        known = " and ".join(PRECISIONS)
        raise EngineError(f"{variable} is {precision!r}; known are {known}. Set one, or none.")
    if precision == REFERENCE:
        return
    if engine != "openvino":
        raise EngineError(
            f"{variable} is {precision}, which {engine} does not compute in. Leave it unset."
        )
    try:
        found = load()
    except MetricsError as error:
        raise EngineError(f"{variable} is {precision}, which is refused: {error}") from error
    weights = {name: registry.spec(name).sha256 for name in registry.installed()}
    if found["precision"] != precision or found["weights"] != weights:
        raise EngineError(
            f"{variable} is {precision}, which was not measured with these networks. Measure it "
            f"with `{COMMAND}`, or leave it unset."
        )
    if not found["passed"]:
        raise EngineError(
            f"{variable} is {precision}, which changes what is read by more than is allowed "
            "(docs/performance.md). Leave it unset."
        )


def load(file: Path | None = None) -> dict[str, Any]:
    """What was measured.

    Raises:
        MetricsError: nothing was, or the file is damaged.
    """
    file = file or FILE
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found["passed"], bool):
            raise TypeError("passed is no answer")
        found["precision"], found["weights"]
    except FileNotFoundError as error:
        raise MetricsError(f"it was not measured yet. Measure it with `{COMMAND}`.") from error
    except (KeyError, OSError, TypeError, ValueError) as error:
        raise MetricsError(f"{file.name} is damaged ({error}). Run `{COMMAND}` again.") from error
    return found
