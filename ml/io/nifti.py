"""NIfTI volume (`.nii`, `.nii.gz`) → `Volume`.

Order of steps: first bytes → header → kind of voxels → size limits → the announced number of
bytes, no more → scale → values that are no numbers → cut into slices across the acquired axis, in
radiological convention → spacing, distance, orientation.

A NIfTI file holds a block of voxels and no picture, so the slices are turned as a radiologist
hangs them: patient's right on the left of the screen, front or head up. A DICOM slice is never
turned.

Reference: NIfTI-1.1 (nifti1.h) and NIfTI-2 header definitions; "qform" and "sform" therein.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ml.errors import DamagedFile, SizeOutOfBounds, UnsupportedPixels
from ml.io.limits import MAX_LEVEL, MAX_VOLUME_BYTES, check_volume
from ml.io.nifti_axes import Cut, cut_of
from ml.io.raster import PHANTOM_SOURCE
from ml.io.stacking import one_window
from ml.results import DisplayWindow, FloatArray, Scan
from ml.volume import Volume

__all__ = ["NiftiHeader", "looks_like_nifti", "nifti_header", "read_nifti"]

_GZIP: Final = b"\x1f\x8b"
_SIZES: Final = {348: (344, b"n+1\x00"), 540: (4, b"n+2\x00")}
"""Length of the header → where its magic stands, and what it is."""
_LONGEST: Final = max(_SIZES)
_LATEST_START: Final = 2**20
"""Largest offset of the voxels: extensions before them are not read."""
NO_MODALITY: Final = "A NIfTI file does not state the modality: the networks know MR only."
_UNPLACED: Final = DisplayWindow(0.0, 1.0, "none yet")


@dataclass(frozen=True)
class NiftiHeader:
    """What is known before a voxel is read.

    Attributes:
        fields: nibabel's header.
        start: bytes before the first voxel.
        cut: how the block becomes slices.
    """

    fields: Any
    start: int
    cut: Cut


def looks_like_nifti(data: bytes) -> bool:
    """Whether the bytes, unpacked where they are gzip, begin with a NIfTI header."""
    try:
        return _size_of(_first(data, _LONGEST)) is not None
    except DamagedFile:
        return False


def nifti_header(data: bytes) -> NiftiHeader:
    """The header alone, held to all limits.

    Raises:
        DamagedFile: it is truncated or corrupt.
        UnsupportedPixels: not three dimensions, or complex or colour voxels.
        SizeOutOfBounds: too many or too few voxels.
    """
    head = _first(data, _LONGEST)
    size = _size_of(head)
    if size is None:
        raise _damaged("header")
    import nibabel  # it loads pydicom too

    kind: Any = nibabel.Nifti1Header if size == 348 else nibabel.Nifti2Header
    try:
        fields = kind(head[:size], check=False)
        shape = tuple(int(side) for side in fields.get_data_shape())
        start = int(fields["vox_offset"])
        voxel = fields.get_data_dtype()
    except Exception:  # nibabel raises nearly anything on corrupt bytes
        raise _damaged("header") from None
    _refuse(shape, voxel)
    try:
        cut = cut_of(fields, shape[:3])
    except Exception:  # as above
        raise _damaged("header") from None
    check_volume(cut.slices, *cut.shape)
    if not size <= start <= _LATEST_START:
        raise _damaged("header")
    if start + prod(shape) * voxel.itemsize > MAX_VOLUME_BYTES:
        raise SizeOutOfBounds(
            f"The volume unpacks to more than {MAX_VOLUME_BYTES // 2**20} MB, which is the most "
            "that is read. Save it with 16 bits a voxel, or a part of it."
        )
    return NiftiHeader(fields, start, cut)


def read_nifti(data: bytes, content_hash: str = "") -> Volume:
    """Decode a three-dimensional volume.

    Args:
        data: the whole file, gzip or not.
        content_hash: its SHA-256 where that is known already.

    Returns:
        Slices across the acquired axis (the one that the header names, else the one of clearly
        the largest spacing, else axial). Spacing, distance and orientation only where the header
        states them; see `ml.io.nifti_axes`.

    Raises:
        DamagedFile: it is truncated or corrupt.
        UnsupportedPixels: see `nifti_header`, or voxels of which none is a number.
        SizeOutOfBounds: see `nifti_header`.
    """
    header = nifti_header(data)
    cut = header.cut
    levels, notes = _levels(_voxels(data, header), header)
    file_hash = content_hash or hashlib.sha256(data).hexdigest()
    return Volume(
        slices=_slices(levels, header, file_hash),
        orientation=cut.orientation,
        positions_mm=cut.positions_mm,
        slice_distance_mm=cut.slice_distance_mm,
        sources=tuple((file_hash, place) for place in range(cut.slices)),
        content_hash=file_hash,
        series_key="",
        modality="",
        format="NIfTI",
        notes=(NO_MODALITY, *notes, *cut.notes),
    )


def _slices(levels: Sequence[FloatArray], header: NiftiHeader, file_hash: str) -> tuple[Scan, ...]:
    """The slices of a volume, with one window for all."""
    description = bytes(header.fields["descrip"].tobytes()).rstrip(b"\0")
    scans = [
        Scan(
            pixels=pixels,
            window=_UNPLACED,
            spacing_mm=header.cut.spacing_mm,
            format="NIfTI",
            content_hash=hashlib.sha256(f"{file_hash}:{place}".encode()).hexdigest(),
            simulated=description == PHANTOM_SOURCE.encode(),
            orientation=header.cut.orientation,
        )
        for place, pixels in enumerate(levels)
    ]
    return one_window(scans)


def _damaged(part: str) -> DamagedFile:
    return DamagedFile(
        f"The file begins as NIfTI but its {part} is truncated or corrupt and cannot be decoded. "
        "Export or copy it again."
    )


def _first(data: bytes, count: int) -> bytes:
    """The first bytes, unpacked where they are gzip; never more than `count`.

    Raises:
        DamagedFile: the gzip stream is corrupt or ends too early.
    """
    if not data.startswith(_GZIP):
        return data[:count]
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return stream.read(count)
    except (OSError, EOFError, zlib.error):
        raise _damaged("gzip stream") from None


def _size_of(head: bytes) -> int | None:
    """Length of the header that begins here, in either byte order, or None where none does."""
    for size, (at, magic) in _SIZES.items():
        stated = (size.to_bytes(4, "little"), size.to_bytes(4, "big"))
        if len(head) >= size and head[:4] in stated and head[at : at + 4] == magic:
            return size
    return None


def _refuse(shape: tuple[int, ...], voxel: npt.DTypeLike) -> None:
    """Refuse what is no three-dimensional block of grey levels."""
    if len(shape) < 3 or min(shape, default=0) < 1:
        raise UnsupportedPixels(
            f"The NIfTI file has the dimensions {' × '.join(map(str, shape)) or 'none'}. Accepted "
            "are three: export the whole volume."
        )
    if any(side > 1 for side in shape[3:]):
        raise UnsupportedPixels(
            f"The NIfTI file has {len(shape)} dimensions ({' × '.join(map(str, shape))}): several "
            "volumes in one file. Accepted is one volume: split it, for example with `fslsplit` "
            "or `mrconvert -coord 3 0`, and open the one that you want read."
        )
    kind = np.dtype(voxel)
    if kind.kind not in "iuf":
        found = "complex numbers" if kind.kind == "c" else "colour or of another structure"
        raise UnsupportedPixels(
            f"The NIfTI voxels are {found}. Accepted are whole or real numbers, one a voxel: "
            "save the magnitude or a greyscale volume."
        )


def _voxels(data: bytes, header: NiftiHeader) -> npt.NDArray[Any]:
    """The block (i, j, k) as stored, the announced bytes and no more."""
    shape = header.fields.get_data_shape()[:3]
    voxel = header.fields.get_data_dtype()
    count = prod(int(side) for side in shape)
    raw = _first(data, header.start + count * voxel.itemsize)[header.start :]
    if len(raw) < count * voxel.itemsize:
        raise _damaged("voxel data")
    return np.frombuffer(raw, voxel, count).reshape(shape, order="F")


def _scale(fields: Any) -> tuple[np.float32, np.float32] | None:
    """(slope, intercept) of the grey levels, None where the voxels are the levels.

    Raises:
        DamagedFile: they are no numbers.
    """
    from nibabel.spatialimages import HeaderDataError

    try:
        slope, intercept = fields.get_slope_inter()  # None where the slope is 0: not scaled
    except HeaderDataError:
        raise _damaged("header") from None
    if slope is None or (slope, intercept) == (1.0, 0.0):
        return None
    return np.float32(slope), np.float32(intercept)


def _levels(
    block: npt.NDArray[Any], header: NiftiHeader
) -> tuple[list[FloatArray], tuple[str, ...]]:
    """Grey levels of each slice, and a note: scaled, values that are no numbers darkened.

    Slice by slice, because the block may be as large as memory allows.

    Raises:
        DamagedFile: slope or intercept are no numbers.
        UnsupportedPixels: no voxel is a number, or one is too large.
    """
    scale = _scale(header.fields)
    slices, damaged, darkest = [], [], np.float32(np.inf)
    for place, part in enumerate(header.cut.apply(block)):
        with np.errstate(all="ignore"):  # what overflows is no number below
            levels = part.astype(np.float32)
            if scale is not None:
                levels = levels * scale[0] + scale[1]
            low, high = levels.min(), levels.max()
            if not (np.isfinite(low) and np.isfinite(high)):
                damaged.append(place)
                known = levels[np.isfinite(levels)]
                low, high = known.min(initial=np.inf), known.max(initial=-np.inf)
        if max(-low, high) > MAX_LEVEL:
            raise _no_levels()
        darkest = min(darkest, low)
        slices.append(levels)
    if darkest == np.inf:
        raise _no_levels()
    for place in damaged:
        slices[place][~np.isfinite(slices[place])] = darkest
    note = "Voxels that are no numbers (NaN, infinite) were set to the darkest level."
    return slices, (note,) if damaged else ()


def _no_levels() -> UnsupportedPixels:
    return UnsupportedPixels(
        f"The NIfTI voxels are no numbers or beyond ±{MAX_LEVEL:.0e}. Accepted are finite "
        "levels: save the volume again."
    )
