"""A whole series of slices in the order in which they lie in the patient.

Directions are those of DICOM: x grows to the patient's left, y to the back, z to the head
(PS3.3 C.7.6.2.1.1).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.results import Scan

__all__ = ["Letters", "Orientation", "Vector", "Volume"]

Vector = tuple[float, float, float]
"""(x, y, z) in the patient."""

_LETTERS: Final = (("R", "L"), ("A", "P"), ("F", "H"))
"""Of each axis the letter against it and the one along it."""
_PLANES: Final = ("sagittal", "coronal", "axial")
_SECOND_LETTER: Final = 0.1
"""Share of an axis in a direction, about 6°, from which it is named too."""
_ALONG: Final = 0.8
"""Share of an axis in the normal, within about 37° of it, from which it names the plane."""
_SAME_DIRECTION: Final = 0.99996
"""Cosine of half a degree: slices that differ by less belong to one stack."""


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


@dataclass(frozen=True)
class Volume:
    """One stack of parallel slices of the same size; nothing in it identifies a patient.

    Attributes:
        slices: in the order of their places along the normal; where those are not known, in that
            of the file. `Scan.content_hash` is the file's, or for a frame of a file with several
            the digest of that and the frame's number.
        orientation: how each slice lies in the patient, or None where the file does not say.
        positions_mm: centre of each slice's first pixel, or None where the file does not say.
        slice_distance_mm: distance between neighbouring slices' centres, out of their positions,
            or None where these are unknown or uneven. Never the slice thickness.
        sources: (SHA-256 of the file, frame from 0) of each slice, to find it in the upload.
        content_hash: digest of the slices in their order; names the volume.
        series_key: digest of the Series Instance UID, "" where there is none.
        modality: DICOM code such as "MR", "" where it is not stated or not a known one.
        format: "DICOM" or "NIfTI".
        notes: sentences for the reader about what was done or not known.
    """

    slices: tuple[Scan, ...]
    orientation: Orientation | None
    positions_mm: tuple[Vector, ...] | None
    slice_distance_mm: float | None
    sources: tuple[tuple[str, int], ...]
    content_hash: str
    series_key: str
    modality: str
    format: str
    notes: tuple[str, ...] = ()

    @property
    def letters(self) -> Letters | None:
        """Letters of the edges of every slice, or None: then no side is named."""
        return None if self.orientation is None else self.orientation.letters

    @property
    def spacing_mm(self) -> tuple[float, float] | None:
        """(row, column) distance of pixel centres, the same in all slices, or None."""
        return self.slices[0].spacing_mm
