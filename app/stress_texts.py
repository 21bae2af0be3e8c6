"""Every word about scans that are made worse on purpose."""

from collections.abc import Sequence
from typing import Final

from ml.labels import TITLES

STRESS: Final = "Stress this scan"
STRESS_NOTE: Final = (
    "Makes a copy of the scan worse on purpose and reads it again. The pictures and the reading "
    "above stay those of the untouched scan."
)
STRESS_KIND: Final = "What goes wrong"
STRESS_STRENGTH: Final = "Strength"
NO_STRESS: Final = "Nothing"
STRESS_HINT: Final = "Choose what goes wrong and a strength from 1 on."
CORRUPTIONS: Final[dict[str, str]] = {
    "noise": "Noise",
    "bias": "Uneven brightness",
    "blur": "Blur",
    "contrast": "Contrast (gamma)",
    "rotation": "Rotation",
    "crop": "Cut-off head",
    "jpeg": "JPEG compression",
}


def stress_steps(labels: Sequence[str | None]) -> str:
    """Whether the mean keeps its class.

    Args:
        labels: the one it puts first at strengths 0, 1, …; None where the copy is refused.
    """
    read = [(strength, label) for strength, label in enumerate(labels) if label is not None]
    refused = [str(strength) for strength, label in enumerate(labels) if label is None]
    said = _classes(read) if read else ""
    return f"{said} Refused at strength {', '.join(refused)}.".strip() if refused else said


def _classes(read: Sequence[tuple[int, str]]) -> str:
    """Which class is first at the strengths that are read."""
    start, label = read[0]
    first = TITLES[label].lower()
    other = [f"{n} ({TITLES[found].lower()})" for n, found in read if found != label]
    if not other:
        return f"The mean puts the same class first at every strength shown: {first}."
    untouched = "Untouched" if start == 0 else f"At strength {start}"
    return (
        f"{untouched}, the mean puts {first} first; another class at strength {', '.join(other)}."
    )


def stress_picture(corruption: str, strength: int) -> str:
    """What the small picture shows."""
    return f"Corrupted copy: {CORRUPTIONS[corruption].lower()}, strength {strength}"
