"""On which side of the head an outline lies, where the file says which side is which."""

from typing import Final, Literal

from ml.preprocess import head_box, normalise
from ml.results import Analysis

__all__ = ["MIDDLE_SHARE", "Side", "side_of"]

Side = Literal["left", "right", "middle"]
"""The patient's."""
MIDDLE_SHARE: Final = 0.05
"""Share of the head's width on either side of its middle in which no side is named."""


def side_of(read: Analysis) -> Side | None:
    """Side of the centre of all that is outlined.

    The middle is that of the head's box in the picture, the same box that the networks see.

    Returns:
        None where the file does not state the orientation, nothing is outlined, or neither axis
        of the picture runs across the patient (sagittal pictures).

    Limits: a head that is tilted or cut off has its midline elsewhere than in the middle of its
        box; an outline in parts on both sides has its centre between them.
    """
    scan, centre = read.scan, read.segmentation.measurement.centroid
    across = None if scan.orientation is None else scan.orientation.towards_left
    if across is None or centre is None:
        return None
    axis, sign = across
    box = head_box(normalise(scan.pixels))
    middle = (box.top, box.left)[axis] + (box.side - 1) / 2
    leftwards = sign * (centre[axis] - middle)
    if abs(leftwards) <= MIDDLE_SHARE * box.side:
        return "middle"
    return "left" if leftwards > 0 else "right"
