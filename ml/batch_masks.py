"""Masks of a batch: what their files are called, and what is in them."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath

import cv2
import numpy as np

from ml.readings import as_text
from ml.results import BoolArray

__all__ = ["mask_files", "mask_png"]

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


def mask_png(mask: BoolArray) -> bytes:
    """Mask (H, W) as an 8-bit PNG with 0 and 255."""
    written, png = cv2.imencode(".png", mask.astype(np.uint8) * 255)
    if not written:
        raise RuntimeError("OpenCV could not encode a mask as PNG")
    return png.tobytes()
