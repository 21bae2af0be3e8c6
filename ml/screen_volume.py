"""Slices → NIfTI-1 bytes for the viewer on screen, and the mask of a series. For display only.

No network sees anything of this: the browser windows what it is sent, and `Scan.pixels` stay as
they were decoded.

Two headers go with the same voxels. In the frame of the picture a slice hangs as it is stored:
columns run to the right and rows down, whatever that is in the patient. In the frame of the patient
each voxel axis runs along the axis of the patient that it is nearest to, so that the three planes
hang by radiological convention; the letters of their edges tell the true directions.

Reference: NIfTI-1 (nifti1.h); its x and y run against those of DICOM (PS3.3 C.7.6.2.1.1).
"""

import gzip
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ml import display
from ml.orientation import vector
from ml.results import BoolArray, FloatArray, Scan
from ml.volume import Letters, Orientation, Volume

__all__ = ["HEADER_BYTES", "InPatient", "ScreenVolume", "mask_of", "volume_of"]

HEADER_BYTES: Final = 352
"""Length of a header with the four bytes that say that no extension follows."""
MAX_SIDE: Final = 1280
"""Longest side of a slice as it is sent; a larger one is averaged down."""
MOST_VOXELS: Final = 64_000_000
"""Of more, every slice is averaged down, so that a browser can hold them twice."""
_LEAST_PLANES: Final = 3
"""Slices from which planes across them show anything."""
_INT16: Final = np.iinfo(np.int16)
_TO_NIFTI: Final = (-1.0, -1.0, 1.0)
"""Signs of DICOM's axes in NIfTI: its x runs to the right, its y to the front."""
INSIDE: Final = 1
BORDER: Final = 2
_CROSS: Final = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))

Voxels = npt.NDArray[np.int16] | npt.NDArray[np.uint8] | FloatArray
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class InPatient:
    """How the voxels lie in the patient.

    Attributes:
        header: the first `HEADER_BYTES` of the file in the frame of the patient.
        axis: of the patient, that the slices lie along: 0 to the right, 1 to the front, 2 to the
            head, as NIfTI counts.
        forward: the last slice is the one at the end of that axis.
        letters: of the edges of the three planes, by their names.
    """

    header: bytes
    axis: int
    forward: bool
    letters: dict[str, Letters]


@dataclass(frozen=True)
class ScreenVolume:
    """What the browser draws.

    Attributes:
        nifti: an uncompressed NIfTI-1 file in the frame of the picture.
        shape: (slices, rows, columns) as sent.
        in_patient: None where the geometry is not known or there are too few slices.
    """

    nifti: bytes
    shape: tuple[int, int, int]
    in_patient: InPatient | None


def volume_of(decoded: Scan | Volume) -> ScreenVolume:
    """A slice or a series for the screen: int16 where that loses nothing, else float32."""
    slices = decoded.slices if isinstance(decoded, Volume) else (decoded,)
    side = _side(slices[0].shape, len(slices))
    voxels = _integers(np.stack([display.reduce(one.pixels, side) for one in slices]))
    affine = _picture_affine(decoded, voxels.shape)
    header = _header(voxels, affine, slices[0])
    orientation = _known_orientation(decoded)
    return ScreenVolume(
        nifti=_bytes(header) + voxels.tobytes(),
        shape=(int(voxels.shape[0]), int(voxels.shape[1]), int(voxels.shape[2])),
        in_patient=None if orientation is None else _in_patient(orientation, affine, header),
    )


def mask_of(masks: Sequence[BoolArray | None], volume: ScreenVolume) -> bytes:
    """What is outlined in a series, as a gzipped NIfTI-1 file on the volume's voxels.

    Args:
        masks: (H, W) of each slice, None where nothing is outlined.
        volume: what it lies on.

    Returns:
        uint8: 0 outside, `INSIDE` within, `BORDER` on the pixels along the edge of each slice.
    """
    voxels = np.zeros(volume.shape, np.uint8)
    for place, mask in enumerate(masks):
        if mask is not None:
            whole = display.reduce_mask(mask, max(volume.shape[1:])).astype(np.uint8)
            voxels[place] = np.where(cv2.erode(whole, _CROSS) > 0, INSIDE, BORDER * whole)
    header = _nibabel().Nifti1Header(volume.nifti[: HEADER_BYTES - 4])
    header.set_data_dtype(np.uint8)
    header["cal_min"], header["cal_max"] = 0, BORDER
    return gzip.compress(_bytes(header) + voxels.tobytes(), compresslevel=1, mtime=0)


def _side(shape: tuple[int, int], slices: int) -> int:
    """Longest side of a slice so that all of them together stay below `MOST_VOXELS`."""
    share = math.sqrt(min(1.0, MOST_VOXELS / (shape[0] * shape[1] * slices)))
    return min(MAX_SIDE, math.floor(max(shape) * share))


def _integers(stack: FloatArray) -> Voxels:
    """The same levels as int16 where all of them are such numbers."""
    low, high = float(stack.min()), float(stack.max())
    if low < _INT16.min or high > _INT16.max:
        return stack
    whole = stack.astype(np.int16)
    return whole if np.array_equal(whole, stack) else stack


def _picture_affine(decoded: Scan | Volume, shape: tuple[int, ...]) -> Matrix:
    """Columns to the right, rows down, slices along; (0, 0, 0) in the middle.

    Where the spacing is not known pixels are square, and where the distance is not, one pixel; no
    length is told of either.
    """
    scan = decoded.slices[0] if isinstance(decoded, Volume) else decoded
    row, column = scan.spacing_mm or (1.0, 1.0)
    row, column = row * scan.shape[0] / shape[1], column * scan.shape[1] / shape[2]
    distance = decoded.slice_distance_mm if isinstance(decoded, Volume) else None
    steps = np.array([column, -row, distance or column])
    affine = np.diag([*steps, 1.0])
    affine[:3, 3] = -steps * (np.array(shape[::-1]) - 1) / 2
    return affine


def _known_orientation(decoded: Scan | Volume) -> Orientation | None:
    """Where planes across the slices can be drawn true to size and side; else None."""
    if isinstance(decoded, Scan) or len(decoded.slices) < _LEAST_PLANES:
        return None
    if decoded.spacing_mm is None or decoded.slice_distance_mm is None:
        return None
    return decoded.orientation


def _in_patient(orientation: Orientation, picture: Matrix, header: Any) -> InPatient:
    """Each voxel axis along the axis of the patient that it is nearest to, as NIfTI counts."""
    directions = np.array([orientation.row, orientation.column, orientation.normal])
    nearest = _nibabel().io_orientation(np.vstack([np.c_[directions.T, np.zeros(3)], [0, 0, 0, 1]]))
    axes = [int(axis) for axis in nearest[:, 0]]
    signs = nearest[:, 1]
    affine = np.diag([0.0, 0.0, 0.0, 1.0])
    steps = np.abs(np.diag(picture)[:3]) * signs * np.array(_TO_NIFTI)[axes]
    affine[axes, range(3)] = steps
    affine[axes, 3] = -np.abs(picture[:3, 3]) * np.sign(steps)
    placed = header.copy()
    placed.set_sform(affine, code=1)
    placed.set_zooms(np.abs(steps))
    along = dict(zip(axes, signs[:, None] * directions, strict=True))
    return InPatient(_bytes(placed), axes[2], bool(steps[2] > 0), _letters(along))


def _letters(along: dict[int, Matrix]) -> dict[str, Letters]:
    """Letters of the three planes as they hang: right on the left, front or head up, nose left.

    Args:
        along: of each axis of the patient the direction of the voxels nearest to it.
    """
    left, back, down = vector(along[0]), vector(along[1]), vector(-along[2])
    return {
        "axial": Orientation(left, back).letters,
        "coronal": Orientation(left, down).letters,
        "sagittal": Orientation(back, down).letters,
    }


def _nibabel() -> Any:
    """The library; it types its methods in part only, and loads pydicom with its decoders."""
    import nibabel

    return nibabel


def _header(voxels: Voxels, affine: Matrix, scan: Scan) -> Any:
    header = _nibabel().Nifti1Header()
    header.set_data_dtype(voxels.dtype)
    header.set_data_shape(voxels.shape[::-1])
    header.set_sform(affine, code=1)
    header.set_zooms(np.abs(np.diag(affine)[:3]))
    header["scl_slope"], header["scl_inter"] = 1, 0
    half = scan.window.width / 2
    header["cal_min"], header["cal_max"] = scan.window.center - half, scan.window.center + half
    header["magic"], header["vox_offset"] = b"n+1", HEADER_BYTES
    return header


def _bytes(header: Any) -> bytes:
    block: bytes = header.binaryblock
    return block + bytes(HEADER_BYTES - len(block))
