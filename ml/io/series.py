"""Files of an upload → the series in them, ready to be decoded one at a time.

Looking at headers is cheap, so a reader can be asked which series to read before any pixel is
decoded: `Series.read` does that.

Order of steps: bounds on the files → zip archives unpacked → what each file is, by its content →
headers → stacks by series, orientation, size and spacing (`ml.io.dicom_stack`).

Slices are put in order by Image Position (Patient), never by Instance Number, which scanners and
archives number anew.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from ml.errors import EmptyFile, ScanError, SetRefused, SizeOutOfBounds, UnknownFormat
from ml.io.archive import check_ratio, entries_of, hidden, is_zip
from ml.io.dicom_signature import looks_like_dicom
from ml.io.limits import MAX_ARCHIVE_BYTES, MAX_SERIES_FILES, MAX_VOLUME_BYTES
from ml.io.nifti import looks_like_nifti, nifti_header, read_nifti
from ml.volume import Volume

if TYPE_CHECKING:
    from ml.io.dicom_stack import Frame

__all__ = ["Found", "Series", "find_series", "may_hold_series"]

_MB: Final = 2**20
Digest = Callable[[bytes], str]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Series:
    """One stack of slices, found but not decoded.

    Attributes:
        content_hash: digest of its slices; the same files give the same one.
        slices: how many there are.
        shape: (rows, columns) of each.
        plane: see `ml.volume.Orientation.plane`, "" where it is not known.
        modality: DICOM code, "" where it is not stated.
        format: "DICOM" or "NIfTI".
        files: [SHA-256] → bytes of each file that a slice comes from, as `Volume.sources` names it.
        plain: a single slice of a file that `ml.io.read_scan` reads too.
        read: decodes it; raises a `ScanError` where nothing of it can be decoded.
    """

    content_hash: str
    slices: int
    shape: tuple[int, int]
    plane: str
    modality: str
    format: str
    files: Mapping[str, bytes] = field(repr=False)
    plain: bool
    read: Callable[[], Volume]


@dataclass(frozen=True)
class Found:
    """What an upload holds.

    Attributes:
        series: at least one, in the order of the files.
        left_out: why a file is in none of them, a sentence each; no name of a file.
    """

    series: tuple[Series, ...]
    left_out: tuple[str, ...]


def may_hold_series(data: bytes) -> bool:
    """Whether a file is of a kind that `find_series` looks into."""
    return is_zip(data) or looks_like_dicom(data) or looks_like_nifti(data)


def find_series(files: Sequence[bytes], digest_of: Digest = _sha256) -> Found:
    """The series in DICOM files, NIfTI files and zip archives of these.

    Args:
        files: the whole files; one that comes twice counts once.
        digest_of: SHA-256 of a file in hex digits; who knows some need not have them made again.

    Raises:
        SetRefused: an archive is damaged, unsafe or over a limit.
        SizeOutOfBounds: too many files or bytes.
        ScanError: nothing of it can be read; the reason of the first file.
    """
    if not files:
        raise EmptyFile("No file was given. Give the files of a series, or a zip of them.")
    frames: list[Frame] = []
    volumes: list[Series] = []
    problems: list[ScanError] = []
    seen: set[str] = set()
    for data in _unpacked(files):
        digest = digest_of(data)
        if digest in seen:
            continue
        seen.add(digest)
        try:
            if looks_like_dicom(data):
                frames += _frames(data, digest)
            elif looks_like_nifti(data):
                volumes.append(_nifti(data, digest))
            else:
                raise UnknownFormat(
                    "A file is neither DICOM nor NIfTI. Accepted in a series are these two, or a "
                    "zip of them: open other pictures one by one."
                )
        except ScanError as error:
            problems.append(error)
        _check_frames(len(frames))
    series = (*_stacks(frames), *volumes)
    if not series:
        raise problems[0]
    return Found(series, tuple(str(problem) for problem in problems))


def _check_frames(count: int) -> None:
    """Hold the frames of all files to what one upload may hold.

    Raises:
        SizeOutOfBounds: there are more.
    """
    if count > MAX_SERIES_FILES:
        raise SizeOutOfBounds(
            f"The files hold more than {MAX_SERIES_FILES:,} slices together, which is the most "
            "that is read. Upload one series at a time."
        )


def _unpacked(files: Sequence[bytes]) -> Iterator[bytes]:
    """The files, those of a zip archive in its place, within bounds on number and bytes."""
    count = total = 0
    for data in files:
        for one in _members(data) if is_zip(data) else (data,):
            count, total = count + 1, total + len(one)
            if count > MAX_SERIES_FILES or total > MAX_VOLUME_BYTES:
                raise SizeOutOfBounds(
                    f"The files are more than {MAX_SERIES_FILES:,}, or have more than "
                    f"{MAX_VOLUME_BYTES // _MB} MB together, which is the most that is read. "
                    "Upload one series at a time."
                )
            yield one


def _members(data: bytes) -> Iterator[bytes]:
    """Files of a zip archive; whatever has a hidden name is passed over."""
    if len(data) > MAX_ARCHIVE_BYTES:
        raise SetRefused(
            f"The archive has {len(data) / _MB:.0f} MB; at most {MAX_ARCHIVE_BYTES // _MB} MB are "
            "read. Upload one series at a time."
        )
    with entries_of(data, lambda parts: not hidden(parts), most=MAX_VOLUME_BYTES) as entries:
        if not entries:
            raise SetRefused("The archive holds no file. Make one of the files of a series.")
        if sum(entry.size for entry in entries) > MAX_VOLUME_BYTES:
            raise SetRefused(
                f"The archive unpacks to more than {MAX_VOLUME_BYTES // _MB} MB, which is the most "
                "that is read. Upload one series at a time."
            )
        check_ratio(entries, len(data))
        for entry in entries:
            yield entry.read()


def _frames(data: bytes, digest: str) -> "list[Frame]":
    from ml.io.dicom_stack import frames_of

    return frames_of(data, digest)


def _stacks(frames: "list[Frame]") -> "list[Series]":
    if not frames:
        return []
    from ml.io.dicom_stack import stacks_of

    return [_stack(one) for one in stacks_of(frames)]


def _stack(frames: "list[Frame]") -> Series:
    from ml.io.dicom_stack import read_stack

    first = frames[0]
    digest = hashlib.sha256("\n".join(frame.content_hash for frame in frames).encode())
    return Series(
        content_hash=digest.hexdigest(),
        slices=len(frames),
        shape=first.shape,
        plane="" if first.orientation is None else first.orientation.plane,
        modality=first.modality,
        format="DICOM",
        files={frame.file_hash: frame.data for frame in frames},
        plain=len(frames) == 1 and first.plain,
        read=partial(read_stack, frames),
    )


def _nifti(data: bytes, digest: str) -> Series:
    cut = nifti_header(data).cut
    return Series(
        content_hash=digest,
        slices=cut.slices,
        shape=cut.shape,
        plane="" if cut.orientation is None else cut.orientation.plane,
        modality="",
        format="NIfTI",
        files={digest: data},
        plain=False,
        read=partial(read_nifti, data, digest),
    )
