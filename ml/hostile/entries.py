"""Where bytes from outside come in: valid ones, how they are damaged, and what reads them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final

from ml.datasets.archive import unpacked_zip
from ml.hostile import bombs, dicom, pictures, seeds, volumes
from ml.hostile.damage import damaged
from ml.io import kept, kept_series, read_scan
from ml.io.series import find_series

__all__ = ["FILES", "Entry"]

Change = Callable[[bytes, Random], bytes]


@dataclass(frozen=True)
class Entry:
    """One way in.

    Attributes:
        title: what it is, for the document.
        valid: gives files that are read.
        change: gives a damaged file out of a valid one.
        read: what the app does with the bytes; raises a `SulcusError` where it refuses them.
        bombs: give files that are tried before the damaged ones.
    """

    title: str
    valid: Callable[[], Sequence[bytes]]
    change: Change
    read: Callable[[bytes], object]
    bombs: Sequence[Callable[[], bytes]] = ()

    def made(self, seed: int, place: int) -> bytes:
        """One input; the same seed and place give the same bytes.

        Args:
            seed: of the campaign.
            place: number of the input, from 0.
        """
        if place < len(self.bombs):
            return self.bombs[place]()
        chance = Random(f"{self.title}/{seed}/{place}")
        data = chance.choice(self.valid())
        return damaged(data, chance) if chance.random() < 0.3 else self.change(data, chance)


_OPENED: Final = 3
"""Series of an upload that are decoded; a page decodes the one on screen."""


def _series(data: bytes) -> None:
    """As `app.uploads` does and the page after it: look, then decode what is opened first."""
    for one in find_series([data]).series[:_OPENED]:
        one.read()


def _slice_and_series(data: bytes) -> None:
    """A DICOM file is looked at as a series first, then read as a slice."""
    _series(data)
    read_scan(data)


def _set(data: bytes) -> None:
    with unpacked_zip(data):
        pass


_DIGEST: Final = "0" * 64


def _kept() -> tuple[bytes, ...]:
    return (kept.pack(read_scan(seeds.pngs()[0])),)


def _kept_series() -> tuple[bytes, ...]:
    (series,) = find_series(list(seeds.series_zip())).series
    return (kept_series.pack_series(series.read()),)


def _reopened(data: bytes) -> None:
    kept_series.reopened(data, _DIGEST).read()


FILES: Final[dict[str, Entry]] = {
    "png": Entry("PNG", seeds.pngs, pictures.png, read_scan, bombs.PNG),
    "jpeg": Entry("JPEG", seeds.jpegs, pictures.jpeg, read_scan, bombs.JPEG),
    "tiff": Entry("TIFF", seeds.tiffs, pictures.tiff, read_scan, bombs.TIFF),
    "dicom": Entry(
        "DICOM, one frame", lambda: (seeds.dicom(),), dicom.dicom, _slice_and_series, bombs.DICOM
    ),
    "dicom_compressed": Entry(
        "DICOM, compressed", seeds.compressed, dicom.dicom, _slice_and_series
    ),
    "dicom_frames": Entry(
        "DICOM, several frames in nested sequences",
        seeds.frames,
        dicom.dicom,
        _series,
        bombs.FRAMES,
    ),
    "nifti": Entry("NIfTI", seeds.nifti, volumes.nifti, _series),
    "nifti_gz": Entry("NIfTI, gzip", seeds.nifti_gz, volumes.nifti_gz, _series, bombs.NIFTI_GZ),
    "zip": Entry("Zip of a series", seeds.series_zip, volumes.archive, _series, bombs.SERIES_ZIP),
    "set": Entry("Zip of a set to audit", seeds.set_zip, volumes.archive, _set, bombs.SET_ZIP),
    "kept": Entry("Kept picture", _kept, damaged, partial(kept.unpack, content_hash=_DIGEST)),
    "kept_series": Entry("Kept series", _kept_series, volumes.archive, _reopened),
}
"""Everything that is read from a file."""
