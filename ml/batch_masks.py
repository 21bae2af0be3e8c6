"""Masks of a batch: what their files are called, what is in them, and the rows that name them."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath

import cv2
import numpy as np

from ml.readings import Row, as_text, ok_row, refused_row
from ml.results import Analysis, BoolArray, Refused

__all__ = ["mask_files", "mask_png", "row_with_mask"]

LONGEST_STEM = 120
"""Characters of a mask's name before it is cut; file systems allow 255 bytes."""


def mask_files(files: Sequence[str], owned: Mapping[str, str]) -> dict[str, str]:
    """Mask path of every file, relative to the output folder: `masks/<stem>.png`.

    Of several files with the same stem the first keeps it bare; the others, and names that
    would be too long, get a piece of the digest of their own path, so the same files always get
    the same names. A name that an earlier run gave away stays with its file.
    """
    taken = {mask.casefold() for mask in owned.values()}
    names: dict[str, str] = {}
    for path in files:
        file = as_text(path)
        name = owned.get(file, "")
        if not name:
            stem = PurePath(file).stem
            digest = hashlib.sha256(file.encode()).hexdigest()
            name = f"masks/{stem[:LONGEST_STEM]}.png"
            digits = 8
            while name.casefold() in taken or (digits == 8 and len(stem) > LONGEST_STEM):
                name = f"masks/{stem[:LONGEST_STEM]}-{digest[:digits]}.png"
                digits += 8
        taken.add(name.casefold())
        names[path] = name
    return names


def row_with_mask(file: str, read: Analysis | Refused, mask_file: str) -> tuple[Row, bytes]:
    """The row of a scan, and its outline as a PNG; no bytes where the gate stopped it.

    Args:
        file: path as the caller gave it.
        read: what the networks said.
        mask_file: path of the mask, relative to the folder of the table.

    Raises:
        MetricsError: when heat maps count as elsewhere was not measured.
    """
    if isinstance(read, Refused):
        return refused_row(file, read), b""
    return ok_row(file, read, mask_file), mask_png(read.segmentation.mask)


def mask_png(mask: BoolArray) -> bytes:
    """Mask (H, W) as an 8-bit PNG with 0 and 255."""
    written, png = cv2.imencode(".png", mask.astype(np.uint8) * 255)
    if not written:
        raise RuntimeError("OpenCV could not encode a mask as PNG")
    return png.tobytes()
