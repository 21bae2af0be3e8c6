"""Words about how a picture lies in the patient; a side is named only where the file states it."""

from typing import Final

from ml.inference.side import Side
from ml.volume import Letters

UNKNOWN: Final = "orientation unknown"
SIDES: Final[dict[Side, str]] = {
    "left": "The centre of the outline lies in the patient's left half of the head as pictured.",
    "right": "The centre of the outline lies in the patient's right half of the head as pictured.",
    "middle": "The centre of the outline lies about the middle of the head as pictured: no side.",
}
NO_SIDE_ACROSS: Final = (
    "The picture does not run across the patient, so no side of the outline is named."
)
SIDE_RULE: Final = (
    "The middle is that of the head's box in the picture, not of the anatomy: a tilted or cut-off "
    "head has its midline elsewhere."
)


def hanging(letters: Letters | None) -> str:
    """How a picture hangs, or that it is not known."""
    if letters is None:
        return UNKNOWN
    return f"left of the screen: {letters.left}, top: {letters.top}"


def stated(letters: Letters) -> str:
    """What the header says of the picture's edges, as a sentence of a report."""
    return (
        "Orientation from the file's header: "
        f"left edge {letters.left}, right edge {letters.right}, "
        f"upper edge {letters.top}, lower edge {letters.bottom}."
    )


def side(found: Side | None) -> str:
    """On which side the outline lies, with how that is told; or why none is named."""
    return NO_SIDE_ACROSS if found is None else f"{SIDES[found]} {SIDE_RULE}"
