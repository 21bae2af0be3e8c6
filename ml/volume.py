"""A whole series of slices in the order in which they lie in the patient."""

from dataclasses import dataclass

from ml.orientation import Letters, Orientation, Vector
from ml.results import Scan

__all__ = ["Letters", "Orientation", "Vector", "Volume"]


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
