"""Bounds that every upload is held to before anything is decoded."""

from typing import Final

from ml.errors import EmptyFile, SizeOutOfBounds

MAX_BYTES: Final = 50 * 1024 * 1024
"""Largest file read, in bytes."""
MIN_SIDE: Final = 32
"""Shortest side read, in pixels: below it no anatomy is left."""
MAX_SIDE: Final = 8192
"""Longest side read, in pixels."""
MAX_PIXELS: Final = 40_000_000
"""Most pixels decoded: 160 MB as float32."""
MAX_ASPECT: Final = 4.0
"""Largest ratio of the sides: beyond it the picture is a strip, not a slice."""
MAX_SCANNED: Final = 600_000_000
"""Most pixels that the scans of a JPEG pass over: a progressive one is passed over many times."""
MAX_LEVEL: Final = 1e9
"""Largest grey level kept: squares of it still fit float32."""

MAX_ARCHIVE_BYTES: Final = 256 * 1024 * 1024
"""Largest zip of a whole set, in bytes."""
MAX_MEMBERS: Final = 20_000
"""Most files and folders in a set, pictures or not."""
MAX_SET_PICTURES: Final = 5_000
"""Most pictures of a set: 190 MB of fingerprints."""
MAX_SET_BYTES: Final = 1024 * 1024 * 1024
"""Most bytes that the pictures of a set unpack to."""
MAX_SET_PIXELS: Final = 4_000_000_000
"""Most pixels of all pictures of a set together: 800,000 each in the largest set."""
MAX_RATIO: Final = 100
"""Largest ratio of unpacked to packed bytes: pictures are compressed already."""

MAX_VOLUME_BYTES: Final = 384 * 1024 * 1024
"""Most bytes of a file with several slices, unpacked: with the slices out of them under 1 GB."""
MAX_SERIES_FILES: Final = 4_000
"""Most files of an upload of series."""
MAX_STACKS: Final = 200
"""Most series, sizes and orientations in one upload: each frame is compared with each of them."""
MAX_SLICES: Final = 1_000
"""Most slices of one series."""
MAX_VOLUME_PIXELS: Final = 120_000_000
"""Most pixels of all slices of a series together: 480 MB as float32."""

ACCEPTED: Final = "Accepted are PNG, JPEG, TIFF and single-frame DICOM."
"""The sentence that every refusal of a format ends with."""


def check_bytes(data: bytes) -> None:
    """Hold a file to the bounds on its length.

    Raises:
        EmptyFile: no bytes.
        SizeOutOfBounds: more than `MAX_BYTES`.
    """
    if not data:
        raise EmptyFile(f"The file is empty (0 bytes). {ACCEPTED} Export the slice again.")
    if len(data) > MAX_BYTES:
        raise SizeOutOfBounds(
            f"The file has {len(data) / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read. "
            "Upload one slice at a time."
        )


def check_size(rows: int, columns: int) -> None:
    """Hold a picture to the bounds on its sides, before its pixels are decoded.

    Args:
        rows: height the header states, in pixels.
        columns: width the header states, in pixels.

    Raises:
        SizeOutOfBounds: a side outside `MIN_SIDE`..`MAX_SIDE`, more than `MAX_PIXELS`, or
            sides further apart than `MAX_ASPECT`.
    """
    found = f"The picture is {columns} × {rows} pixels"
    if min(rows, columns) < MIN_SIDE:
        raise SizeOutOfBounds(
            f"{found}; each side must have at least {MIN_SIDE}. Upload the slice in its own size."
        )
    if max(rows, columns) > MAX_SIDE or rows * columns > MAX_PIXELS:
        raise SizeOutOfBounds(
            f"{found}; at most {MAX_SIDE} on a side and {MAX_PIXELS // 10**6} million in all are "
            "read. Upload the slice in its own size, not an enlargement."
        )
    if max(rows, columns) > MAX_ASPECT * min(rows, columns):
        raise SizeOutOfBounds(
            f"{found}; one side may be at most {MAX_ASPECT:.0f} times the other. "
            "Upload a whole slice, not a strip."
        )


def check_volume(slices: int, rows: int, columns: int) -> None:
    """Hold a series to the bounds on its slices, before any is decoded.

    Args:
        slices: how many there are.
        rows: height of each, in pixels.
        columns: width of each, in pixels.

    Raises:
        SizeOutOfBounds: too many slices or pixels, or slices outside `check_size`.
    """
    check_size(rows, columns)
    if slices > MAX_SLICES or slices * rows * columns > MAX_VOLUME_PIXELS:
        raise SizeOutOfBounds(
            f"The series has {slices:,} slices of {columns} × {rows} pixels; at most "
            f"{MAX_SLICES:,} slices and {MAX_VOLUME_PIXELS // 10**6} million pixels in all are "
            "read. Upload a part of it."
        )
