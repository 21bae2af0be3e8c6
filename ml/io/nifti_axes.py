"""Axes of a NIfTI block → how it is cut into slices, and what is known of their geometry.

The header's world is x to the patient's right, y to the front, z to the head; DICOM's, used
everywhere else here, has x and y the other way round.

Reference: NIfTI-1.1 (nifti1.h): "3D IMAGE (VOLUME) ORIENTATION AND LOCATION IN SPACE", xyzt_units,
dim_info.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ml.io.stacking import ALONE
from ml.orientation import vector
from ml.volume import Orientation, Vector

__all__ = ["Cut", "cut_of"]

Matrix = npt.NDArray[np.float64]

_TO_DICOM: Final = np.diag([-1.0, -1.0, 1.0, 1.0])
_HUNG: Final = {
    # slice axis in the patient → (axis, sign) of the rows' and of the columns' direction: the
    # patient's right on the left of the screen (sagittal: front), front or head up.
    2: ((0, 1), (1, 1)),
    1: ((0, 1), (2, -1)),
    0: ((1, 1), (2, -1)),
}
_MM: Final = {1: 1000.0, 2: 1.0, 3: 0.001}
"""Code of the unit of length in xyzt_units → mm: metre, millimetre, micrometre."""
_UNIT_OF_LENGTH: Final = 8
"""xyzt_units modulo this is that code."""
_CLEARLY: Final = 1.5
"""How much larger than the others the spacing across slices is that were acquired as such."""
_AGREES: Final = 0.01
_RIGHT_ANGLE: Final = 0.01

UNKNOWN: Final = (
    "The file does not say how the volume lies in the patient (qform and sform codes 0): slices "
    "are cut along its third axis as stored and no side is named."
)
UNUSABLE: Final = (
    "The header's orientation cannot be used: slices are cut along the third axis as stored and no "
    "side is named."
)
NO_UNIT: Final = "The header does not state the unit of the voxel size: sizes are in pixels."
NO_SIZE: Final = "The header states no positive voxel size: sizes are in pixels."
CONTRADICTION: Final = (
    "The header states two voxel sizes that contradict each other: sizes are in pixels."
)
SHEARED: Final = "The header's axes are not at right angles: sizes are in pixels."


@dataclass(frozen=True)
class Cut:
    """How a block (i, j, k) becomes slices.

    Attributes:
        axes: array axes of the slices, of a slice's rows and of its columns.
        reversed_axes: for each of these, whether it runs backwards.
        slices: how many there are.
        shape: (rows, columns) of each.
        spacing_mm: (row, column) distance, or None.
        slice_distance_mm: distance of neighbouring slices, or None.
        orientation: how they lie in the patient, or None.
        positions_mm: of each slice's first pixel, or None.
        notes: sentences about what is not known.
    """

    axes: tuple[int, int, int]
    reversed_axes: tuple[bool, bool, bool]
    slices: int
    shape: tuple[int, int]
    spacing_mm: tuple[float, float] | None
    slice_distance_mm: float | None
    orientation: Orientation | None
    positions_mm: tuple[Vector, ...] | None
    notes: tuple[str, ...]

    def apply(self, block: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
        """The slices (rows, columns) of a block, in order, each an array of its own."""
        steps = tuple(slice(None, None, -1 if back else 1) for back in self.reversed_axes)
        for one in block.transpose(self.axes)[steps]:
            yield np.ascontiguousarray(one)


def cut_of(fields: Any, shape: tuple[int, ...]) -> Cut:
    """How to cut the volume of a header.

    Args:
        fields: nibabel's header; its methods raise nearly anything on corrupt numbers.
        shape: (i, j, k).
    """
    affine = _affine(fields)
    sizes, notes = _sizes_mm(fields, affine)
    if affine is None or not _usable(affine):
        why = UNKNOWN if affine is None else UNUSABLE
        back = (False, False, False)
        return _cut(shape, (2, 1, 0), back=back, sizes=sizes, notes=(*notes, why))
    import nibabel

    nearest_axes: Any = nibabel.io_orientation  # nibabel states no types
    places = [int(axis) for axis in nearest_axes(affine)[:, 0]]  # array axis → patient axis
    axes, back = _hung(affine, places, _acquired(fields, affine, places))
    return _placed(_cut(shape, axes, back=back, sizes=sizes, notes=notes), affine, shape)


def _affine(fields: Any) -> Matrix | None:
    """Voxel → mm in the header's world (4, 4): sform, else qform, else None."""
    for found, code in (fields.get_sform(coded=True), fields.get_qform(coded=True)):
        if code and found is not None:
            return np.asarray(found, np.float64)
    return None


def _usable(affine: Matrix) -> bool:
    """Whether it turns the block into a block."""
    if not np.isfinite(affine).all():
        return False
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    return bool((lengths > 0).all() and abs(np.linalg.det(affine[:3, :3] / lengths)) > 0.5)


def _sizes_mm(fields: Any, affine: Matrix | None) -> tuple[Matrix | None, tuple[str, ...]]:
    """Voxel sizes (3,) in mm along i, j, k, or None and why."""
    sizes = np.asarray(fields["pixdim"][1:4], np.float64)
    if not (np.isfinite(sizes).all() and (sizes > 0).all()):
        return None, (NO_SIZE,)
    factor = _MM.get(int(fields["xyzt_units"]) % _UNIT_OF_LENGTH)
    if factor is None:
        return None, (NO_UNIT,)
    if affine is not None and _usable(affine):
        lengths = np.linalg.norm(affine[:3, :3], axis=0)
        if not np.allclose(lengths, sizes, rtol=_AGREES):
            return None, (CONTRADICTION,)
        angles = (affine[:3, :3] / lengths).T @ (affine[:3, :3] / lengths)
        if np.abs(angles - np.eye(3)).max() > _RIGHT_ANGLE:
            return None, (SHEARED,)
    return sizes * factor, ()


def _acquired(fields: Any, affine: Matrix, places: list[int]) -> int:
    """Array axis across the slices."""
    stated = fields.get_dim_info()[2]
    if stated is not None:
        return int(stated)
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    order = np.argsort(lengths)
    if lengths[order[2]] >= _CLEARLY * lengths[order[1]]:
        return int(order[2])
    return places.index(2)


def _hung(
    affine: Matrix, places: list[int], across: int
) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Array axes of slices, rows and columns in radiological convention, and which run back."""
    directions = (_TO_DICOM @ affine)[:3, :3]
    (row_place, row_sign), (column_place, column_sign) = _HUNG[places[across]]
    # Down a picture one goes along its columns' direction, so rows are counted along that.
    down, along = places.index(column_place), places.index(row_place)
    back_down = bool(directions[column_place, down] * column_sign < 0)
    back_along = bool(directions[row_place, along] * row_sign < 0)
    normal = np.cross(
        directions[:, along] * (-1 if back_along else 1),
        directions[:, down] * (-1 if back_down else 1),
    )
    back_across = bool(directions[:, across] @ normal < 0)
    return (across, down, along), (back_across, back_down, back_along)


def _cut(
    shape: tuple[int, ...],
    axes: tuple[int, int, int],
    *,
    back: tuple[bool, bool, bool],
    sizes: Matrix | None,
    notes: tuple[str, ...],
) -> Cut:
    """A cut whose place in the patient is not told."""
    across, down, along = axes
    single = shape[across] == 1
    return Cut(
        axes=axes,
        reversed_axes=back,
        slices=shape[across],
        shape=(shape[down], shape[along]),
        spacing_mm=None if sizes is None else (float(sizes[down]), float(sizes[along])),
        slice_distance_mm=None if sizes is None or single else float(sizes[across]),
        orientation=None,
        positions_mm=None,
        notes=(*notes, ALONE) if single else notes,
    )


def _placed(cut: Cut, affine: Matrix, shape: tuple[int, ...]) -> Cut:
    """The same cut with its place in the patient."""
    matrix = _TO_DICOM @ affine
    start = np.array([0.0, 0.0, 0.0, 1.0])
    steps = []
    for axis, back in zip(cut.axes, cut.reversed_axes, strict=True):
        start[axis] = shape[axis] - 1 if back else 0
        steps.append(matrix[:3, axis] * (-1.0 if back else 1.0))
    found = replace(cut, orientation=Orientation(_unit(steps[2]), _unit(steps[1])))
    if cut.spacing_mm is None:
        return found
    # The affine's own unit need not be mm; the spacing is.
    scale = cut.spacing_mm[0] / float(np.linalg.norm(steps[1]))
    first = (matrix @ start)[:3]
    places = (vector((first + place * steps[0]) * scale) for place in range(cut.slices))
    return replace(found, positions_mm=tuple(places))


def _unit(step: npt.NDArray[np.float64]) -> Vector:
    return vector(step / np.linalg.norm(step))
