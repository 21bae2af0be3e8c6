"""How a picture lies in the patient, and the letters at its edges.

Directions are those of DICOM: x grows to the patient's left, y to the back, z to the head
(PS3.3 C.7.6.2.1.1).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Letters", "Orientation", "Vector", "vector"]

Vector = tuple[float, float, float]
"""(x, y, z) in the patient."""

_LETTERS: Final = (("R", "L"), ("A", "P"), ("F", "H"))
"""Of each axis the letter against it and the one along it."""
_PLANES: Final = ("sagittal", "coronal", "axial")
_SECOND_LETTER: Final = 0.1
"""Share of an axis in a direction, about 6°, from which it is named too."""
_ALONG: Final = 0.8
"""Share of an axis in a direction, within about 37° of it, that counts as lying along it."""
_SAME_DIRECTION: Final = 0.99996
"""Cosine of half a degree: slices that differ by less belong to one stack."""


def vector(found: npt.NDArray[np.float64]) -> Vector:
    """Three numbers (3,) as plain values."""
    x, y, z = (float(value) for value in found)
    return (x, y, z)


@dataclass(frozen=True)
class Letters:
    """Where the edges of a picture point to: R, L, A, P, H, F, two of them where it is oblique.

    Attributes:
        left: left edge of the picture on screen.
        right: right edge.
        top: upper edge.
        bottom: lower edge.
    """

    left: str
    right: str
    top: str
    bottom: str


@dataclass(frozen=True)
class Orientation:
    """How a picture lies in the patient.

    Attributes:
        row: unit direction in which a row runs, from the left edge of the picture to the right.
        column: unit direction in which a column runs, from the upper edge to the lower.
    """

    row: Vector
    column: Vector

    @property
    def normal(self) -> Vector:
        """Unit direction across the slices: the one in which they are put in order."""
        across = np.cross(self.row, self.column)
        x, y, z = (float(v) for v in across / np.linalg.norm(across))
        return (x, y, z)

    @property
    def plane(self) -> str:
        """ "axial", "coronal", "sagittal", or "oblique" where none of them is near."""
        shares = np.abs(self.normal)
        nearest = int(np.argmax(shares))
        return _PLANES[nearest] if shares[nearest] >= _ALONG else "oblique"

    @property
    def letters(self) -> Letters:
        """Letters of the four edges."""
        back = (tuple(-v for v in self.row), tuple(-v for v in self.column))
        return Letters(_letter(back[0]), _letter(self.row), _letter(back[1]), _letter(self.column))

    @property
    def towards_left(self) -> tuple[int, int] | None:
        """Which axis of the picture (0 rows, 1 columns) runs across the patient, and its sign.

        The sign is 1 where the patient's left grows with the index. None where neither axis lies
        near enough to that direction, as in a sagittal picture.
        """
        for axis, direction in ((1, self.row), (0, self.column)):
            if abs(direction[0]) >= _ALONG:
                return axis, 1 if direction[0] > 0 else -1
        return None

    def offset_mm(self, position_mm: Vector) -> float:
        """Place of a slice along the normal, from its first pixel's position."""
        return float(np.dot(position_mm, self.normal))

    def agrees(self, other: "Orientation") -> bool:
        """Whether two pictures lie parallel, their rows and columns too."""
        pairs = ((self.row, other.row), (self.column, other.column))
        return all(float(np.dot(one, two)) > _SAME_DIRECTION for one, two in pairs)


def _letter(direction: tuple[float, ...]) -> str:
    """Letter of the largest share of a direction, and of the second where it is oblique."""
    order = sorted(range(3), key=lambda axis: -abs(direction[axis]))
    named = [axis for axis in order[:2] if abs(direction[axis]) >= _SECOND_LETTER]
    return "".join(_LETTERS[axis][direction[axis] > 0] for axis in named)
