"""What holds for each frame of a DICOM object: shared and per-frame groups laid over the header.

An enhanced object keeps geometry and grey levels in nested groups. Laid flat under their plain
names, everything that reads a single-frame header reads a frame.

Reference: DICOM PS3.3 C.7.6.16 (multi-frame functional groups), A.36 (enhanced MR image).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.tag import BaseTag

from ml.errors import SizeOutOfBounds
from ml.io.dicom_header import numbers, whole
from ml.io.limits import MAX_SLICES
from ml.volume import Orientation, Vector

__all__ = ["frame_facts", "orientation_of", "position_of"]

_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "PlanePositionSequence": ("ImagePositionPatient",),  # C.7.6.16.2.3
    "PlaneOrientationSequence": ("ImageOrientationPatient",),  # C.7.6.16.2.4
    "PixelMeasuresSequence": ("PixelSpacing",),  # C.7.6.16.2.1
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),  # C.7.6.16.2.9
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth"),  # C.7.6.16.2.10
}
_LEFT_OUT: Final = ("PixelData", "SharedFunctionalGroupsSequence")
_PER_FRAME: Final = "PerFrameFunctionalGroupsSequence"
_UNIT: Final = 0.01
"""How far a direction's length, and the angle between two, may be from 1 and from 90°."""


def frame_facts(header: Dataset) -> list[Dataset]:
    """One flat header a frame, without the pixels.

    Raises:
        SizeOutOfBounds: more frames than slices are read.
    """
    frames = max(1, whole(header, "NumberOfFrames", 1))
    if frames > MAX_SLICES:
        raise SizeOutOfBounds(
            f"The DICOM object holds {frames:,} frames; at most {MAX_SLICES:,} are read. "
            "Export a part of it."
        )
    common = _copy(header, (*_LEFT_OUT, _PER_FRAME))
    _lay_over(common, _items(header, "SharedFunctionalGroupsSequence")[:1])
    groups = _items(header, _PER_FRAME)
    found = []
    for number in range(frames):
        facts = _copy(common)
        _lay_over(facts, groups[number : number + 1])
        found.append(facts)
    return found


def _copy(header: Dataset, left_out: Sequence[str] = ()) -> Dataset:
    """A header without some attributes; values stay as read, none is converted."""
    dropped = {tag_for_keyword(keyword) for keyword in left_out}
    found = Dataset()
    for tag in header.keys():  # noqa: SIM118  iterating a dataset converts its values
        if tag not in dropped:
            _carry(header, tag, found)
    found.set_original_encoding(*header.original_encoding)
    return found


def _carry(header: Dataset, tag: BaseTag | str, facts: Dataset) -> None:
    """Copy an attribute as read, not converted; one of an unknown kind is left out."""
    with suppress(Exception):  # some are converted all the same, which raises nearly anything
        facts[tag] = header.get_item(tag)


def _items(header: Dataset, keyword: str) -> Sequence[Any]:
    """Items of a sequence, none where it is absent or corrupt."""
    try:
        return list(header.get(keyword) or ())
    except Exception:  # conversion of a corrupt value raises nearly anything
        return ()


def _lay_over(facts: Dataset, groups: Sequence[Any]) -> None:
    """Copy the listed attributes of functional groups to the top of a header."""
    for group in groups:
        for name, keywords in _GROUPS.items():
            for item in _items(group, name)[:1]:
                for keyword in keywords:
                    if keyword in item:
                        _carry(item, keyword, facts)


def position_of(facts: Dataset) -> Vector | None:
    """(0020,0032) Image Position (Patient), the centre of the first pixel in mm, or None."""
    found = numbers(facts, "ImagePositionPatient")
    return (found[0], found[1], found[2]) if len(found) == 3 else None


def orientation_of(facts: Dataset) -> Orientation | None:
    """(0020,0037) Image Orientation (Patient), or None where it is absent or none.

    Two directions of length 1 at right angles are one (PS3.3 C.7.6.2.1.1); anything else says
    nothing.
    """
    found = numbers(facts, "ImageOrientationPatient")
    if len(found) != 6:
        return None
    row, column = found[:3], found[3:]
    lengths = [sum(v * v for v in one) ** 0.5 for one in (row, column)]
    across = sum(a * b for a, b in zip(row, column, strict=True))
    if any(abs(length - 1.0) > _UNIT for length in lengths) or abs(across) > _UNIT:
        return None
    return Orientation((row[0], row[1], row[2]), (column[0], column[1], column[2]))
