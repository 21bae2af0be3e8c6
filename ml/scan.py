"""One slice as everything else sees it, and the window it is shown with.

Arrays are read-only by convention: copy before you change one.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.orientation import Letters, Orientation

__all__ = ["WRITING_STATED", "DisplayWindow", "FloatArray", "Scan"]

FloatArray = npt.NDArray[np.float32]

WRITING_STATED: Final = (
    "The header says that text is burned into the picture: it may name a patient."
)
"""The note of a scan whose header says so."""


@dataclass(frozen=True)
class DisplayWindow:
    """Window of grey levels for the screen only; no network ever sees it.

    Attributes:
        center: window centre, in the units of `Scan.pixels`.
        width: window width, > 0, same units.
        source: where it comes from, shown on screen ("DICOM header (VOI LUT)",
            "1–99 percentile", "full range of an 8-bit picture").
    """

    center: float
    width: float
    source: str


@dataclass(frozen=True)
class Scan:
    """One slice, decoded, upright as stored, with nothing that identifies a patient.

    Attributes:
        pixels: (H, W) float32 grey levels, bright = more signal (MONOCHROME1 is inverted),
            after the modality LUT; the picture's own range, not normalised.
        window: default display window.
        spacing_mm: (row, column) distance between pixel centres in mm from the header, or
            None when the file does not say (every PNG and JPEG). Never a default.
        format: "PNG", "JPEG", "TIFF", "DICOM" or "NIfTI".
        content_hash: SHA-256 of the uploaded bytes; of a slice of many see `ml.volume.Volume`.
        notes: sentences for the reader about what was done or not known (16-bit depth
            kept, colour averaged, orientation unknown …).
        simulated: the file says itself that the project's own generator drew it.
        colour: share of strongly coloured pixels, 0..1, before they were made grey.
        orientation: how it lies in the patient, or None where the file does not say (every PNG
            and JPEG). Never a guess.
    """

    pixels: FloatArray
    window: DisplayWindow
    spacing_mm: tuple[float, float] | None
    format: str
    content_hash: str
    notes: tuple[str, ...] = ()
    simulated: bool = False
    colour: float = 0.0
    orientation: Orientation | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return (int(self.pixels.shape[0]), int(self.pixels.shape[1]))

    @property
    def letters(self) -> Letters | None:
        """Letters of its edges, or None: then no side is named."""
        return None if self.orientation is None else self.orientation.letters
