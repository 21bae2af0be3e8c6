"""Frames of DICOM files → stacks of parallel slices → one `Volume` a stack.

A stack shares series, size, spacing and orientation. Where a series has several pictures at one
place (two echoes, two points in time), each round of places is a stack of its own.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import isclose
from typing import Final

from pydicom import Dataset

from ml.errors import ScanError, SizeOutOfBounds, TakesTooLong
from ml.io.dicom import MONOCHROME1, frame_scan, parse
from ml.io.dicom_frames import frame_facts, orientation_of, position_of
from ml.io.dicom_header import (
    SERIES_ATTRIBUTES,
    is_enhanced,
    modality,
    number,
    refuse_series_object,
    spacing,
    text,
    whole,
)
from ml.io.dicom_pixels import stored_frame
from ml.io.limits import MAX_STACKS, check_size, check_volume
from ml.io.stacking import distance_between, one_inversion, one_window
from ml.results import Scan
from ml.volume import Orientation, Vector, Volume

__all__ = ["Frame", "frames_of", "read_stack", "stacks_of"]

_SAME_PLACE_MM: Final = 0.01
_SAME_SPACING: Final = 1e-3
_LAST: Final = float("inf")

NO_POSITION: Final = (
    "The files do not state where the slices lie: they are in the order of their Instance Number, "
    "which need not be that in the patient. No slice distance is used and no volume is given."
)
NO_ORIENTATION: Final = "The orientation of the slices is not stated: no side is named."


@dataclass(frozen=True)
class Frame:
    """One slice, found but not decoded.

    Attributes:
        data: the whole file.
        file_hash: SHA-256 of it.
        place: number of the frame in it, from 0.
        alone: the file has no other frame.
        plain: alone, and not in an enhanced object: `ml.io.read_scan` reads the file too.
        series_key: digest of the Series Instance UID, "" without one.
        modality: its code, "" where it is no known one.
        shape: (rows, columns).
        spacing_mm: (row, column), or None.
        orientation: how it lies in the patient, or None.
        position_mm: centre of the first pixel, or None.
        instance: Instance Number, infinite without one.
    """

    data: bytes = field(repr=False)
    file_hash: str
    place: int
    alone: bool
    plain: bool
    series_key: str
    modality: str
    shape: tuple[int, int]
    spacing_mm: tuple[float, float] | None
    orientation: Orientation | None
    position_mm: Vector | None
    instance: float

    @property
    def content_hash(self) -> str:
        """The file's digest, or where it has several frames one of its own for each."""
        if self.alone:
            return self.file_hash
        return hashlib.sha256(f"{self.file_hash}:{self.place}".encode()).hexdigest()

    @property
    def offset_mm(self) -> float | None:
        """Place along the normal, or None where it is not stated."""
        if self.orientation is None or self.position_mm is None:
            return None
        return self.orientation.offset_mm(self.position_mm)


def frames_of(data: bytes, content_hash: str = "") -> list[Frame]:
    """The frames of one DICOM file, by its header alone.

    Args:
        data: the whole file.
        content_hash: its SHA-256 where that is known already.

    Raises:
        ScanError: it is no greyscale image of one or several frames, or damaged, or too large.
    """
    header = parse(data, SERIES_ATTRIBUTES)
    refuse_series_object(header)
    shape = (whole(header, "Rows", 0), whole(header, "Columns", 0))
    check_size(*shape)
    uid = text(header, "SeriesInstanceUID")
    file_hash = content_hash or hashlib.sha256(data).hexdigest()
    facts = frame_facts(header)
    instance = number(header, "InstanceNumber")
    return [
        Frame(
            data=data,
            file_hash=file_hash,
            place=place,
            alone=len(facts) == 1,
            plain=len(facts) == 1 and not is_enhanced(header),
            series_key=hashlib.sha256(f"series {uid}".encode()).hexdigest() if uid else "",
            modality=modality(header),
            shape=shape,
            spacing_mm=spacing(one)[0],
            orientation=orientation_of(one),
            position_mm=position_of(one),
            instance=_LAST if instance is None else instance,
        )
        for place, one in enumerate(facts)
    ]


def stacks_of(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Frames sorted into stacks, each in its order; stacks in the order of their first frame.

    Raises:
        SizeOutOfBounds: too many stacks.
    """
    alike: dict[tuple[object, ...], list[list[Frame]]] = {}
    groups: list[list[Frame]] = []
    for frame in frames:
        near = alike.setdefault((frame.series_key, frame.shape, frame.modality), [])
        for group in near:
            if _belongs(frame, group[0]):
                group.append(frame)
                break
        else:
            near.append([frame])
            groups.append(near[-1])
            _check_stacks(len(groups))
    return [stack for group in groups for stack in _in_order(group)]


def _check_stacks(count: int) -> None:
    """Hold the stacks of an upload to a number that can be compared with one another.

    Raises:
        SizeOutOfBounds: there are more.
    """
    if count > MAX_STACKS:
        raise SizeOutOfBounds(
            f"The files belong to more than {MAX_STACKS} series, sizes or orientations, which is "
            "the most that is read at once. Upload one series at a time."
        )


def _belongs(one: Frame, other: Frame) -> bool:
    """Whether two frames of one series and size share spacing and orientation."""
    if (one.offset_mm is None) != (other.offset_mm is None):
        return False
    if (one.spacing_mm is None) != (other.spacing_mm is None):
        return False
    pairs = zip(one.spacing_mm or (), other.spacing_mm or (), strict=True)
    if not all(isclose(a, b, rel_tol=_SAME_SPACING) for a, b in pairs):
        return False
    if one.orientation is None or other.orientation is None:
        return one.orientation is other.orientation
    return one.orientation.agrees(other.orientation)


def _in_order(group: Sequence[Frame]) -> list[list[Frame]]:
    """One stack in order; several where a place comes more than once."""
    normal = group[0].orientation  # one for all: no two of them differ by rounding
    placed = [
        (normal.offset_mm(frame.position_mm), frame)
        for frame in group
        if normal is not None and frame.position_mm is not None
    ]
    if len(placed) < len(group):
        return [sorted(group, key=lambda frame: (frame.instance, frame.place))]
    placed.sort(key=lambda pair: pair[0])
    stacks: list[list[Frame]] = []
    for same in _places(placed):
        for depth, frame in enumerate(sorted(same, key=lambda f: (f.instance, f.place))):
            if depth == len(stacks):
                stacks.append([])
            stacks[depth].append(frame)
    return stacks


def _places(placed: Sequence[tuple[float, Frame]]) -> Iterator[list[Frame]]:
    """Frames at the same place, along the normal."""
    place, last = 0, placed[0][0]
    numbered = []
    for offset, frame in placed:
        place += offset - last > _SAME_PLACE_MM
        numbered.append((place, frame))
        last = offset
    for _, same in groupby(numbered, key=lambda pair: pair[0]):
        yield [frame for _, frame in same]


def read_stack(frames: Sequence[Frame]) -> Volume:
    """Decode one stack.

    Args:
        frames: at least one, in order; see `stacks_of`.

    Raises:
        SizeOutOfBounds: too many slices or pixels.
        ScanError: no slice can be decoded; a damaged one among others is left out, with a note.
    """
    check_volume(len(frames), *frames[0].shape)
    scans, kept, white, failed = [], [], [], []
    for frame, header, facts in _parsed(frames):
        try:
            scans.append(frame_scan(facts, stored_frame(header, frame.place), frame.content_hash))
        except TakesTooLong:
            raise  # each further slice might take as long
        except ScanError as error:
            failed.append(error)
            continue
        kept.append(frame)
        white.append(text(facts, "PhotometricInterpretation") == MONOCHROME1)
    if not scans:
        raise failed[0]
    slices = one_window(one_inversion(scans) if all(white) else scans)
    distance, notes = _distance(kept)
    digest = hashlib.sha256("\n".join(frame.content_hash for frame in kept).encode())
    return Volume(
        slices=slices,
        orientation=kept[0].orientation,
        positions_mm=_positions(kept),
        slice_distance_mm=distance,
        sources=tuple((frame.file_hash, frame.place) for frame in kept),
        content_hash=digest.hexdigest(),
        series_key=kept[0].series_key,
        modality=kept[0].modality,
        format="DICOM",
        notes=(*_left_out(len(failed), len(frames)), *notes, *_common_notes(slices)),
    )


def _parsed(frames: Sequence[Frame]) -> Iterator[tuple[Frame, Dataset, Dataset]]:
    """Each frame with its file's header and its own facts; a file is parsed once in a row."""
    last, header, facts = "", Dataset(), [Dataset()]
    for frame in frames:
        if frame.file_hash != last:
            header = parse(frame.data, SERIES_ATTRIBUTES)
            facts, last = frame_facts(header), frame.file_hash
        yield frame, header, facts[frame.place]


def _positions(frames: Sequence[Frame]) -> tuple[Vector, ...] | None:
    found = tuple(frame.position_mm for frame in frames if frame.position_mm is not None)
    return found if len(found) == len(frames) else None


def _distance(frames: Sequence[Frame]) -> tuple[float | None, tuple[str, ...]]:
    """Distance between the slices of a stack, and sentences about what is not known."""
    normal, positions = frames[0].orientation, _positions(frames)
    nameless = () if normal is not None else (NO_ORIENTATION,)
    if normal is None or positions is None:
        return None, (NO_POSITION, *nameless)
    return distance_between([normal.offset_mm(position) for position in positions])


def _left_out(failed: int, total: int) -> tuple[str, ...]:
    if not failed:
        return ()
    return (f"{failed} of {total} slices cannot be decoded and are left out.",)


def _common_notes(slices: Sequence[Scan]) -> tuple[str, ...]:
    """What the slices' own notes say, each sentence once."""
    notes = tuple(dict.fromkeys(note for scan in slices for note in scan.notes))
    spacing_mm = slices[0].spacing_mm
    if spacing_mm is None or isclose(*spacing_mm, rel_tol=0.01):
        return notes
    row, column = spacing_mm
    return (
        *notes,
        f"The pixels are not square ({row:g} × {column:g} mm): the picture is drawn in its true "
        "shape and measured right, but the networks see it as stored.",
    )
