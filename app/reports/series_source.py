"""The headers of the files of a series, made fit to be the source of a new object.

Single slices are one header each, in the order of the slices; one file with all frames is one
header, whose frames may stand in another order.
"""

from dataclasses import dataclass

from pydicom import Dataset

from app import report_texts
from app import series_texts as words
from app.reports.dicom_source import IN_GROUPS, header
from app.reports.series_result import SeriesResult
from ml.errors import ReportError

__all__ = ["Sources", "sources", "why_not"]


@dataclass(frozen=True)
class Sources:
    """Where the slices of a series come from.

    Attributes:
        images: one header a slice in their order, or that of one file with all frames.
        places: where each slice belongs among the pictures or frames, from 0.
        depth: how many pictures or frames there are.
    """

    images: tuple[Dataset, ...]
    places: tuple[int, ...]
    depth: int

    @property
    def framed(self) -> bool:
        """Whether all slices are frames of one file."""
        return self.depth > len(self.images)

    def of_slice(self, number: int) -> tuple[Dataset, list[int] | None]:
        """The header of a slice (from 1), and its frame (from 1) in a file with several."""
        place = self.places[number - 1]
        return (self.images[0], [place + 1]) if self.framed else (self.images[place], None)


def why_not(read: SeriesResult) -> str:
    """Why no DICOM object can be written about a series, or ""."""
    if read.volume.format != "DICOM":
        return report_texts.not_dicom(read.volume.format)
    if not read.series.files:
        return words.NO_HEADER
    if read.found.answer is None:
        return report_texts.REFUSED_NO_DICOM
    try:
        sources(read)
    except ReportError as error:
        return str(error)
    return ""


def sources(read: SeriesResult) -> Sources:
    """The headers of a series for which nothing else stands against a DICOM object.

    Raises:
        ReportError: an attribute without which nothing can refer to the pictures is absent, or
            the slices lie in several files of many frames.
    """
    where = read.volume.sources
    names = tuple(dict.fromkeys(name for name, _ in where))
    files = read.series.files
    if len(names) == len(where):
        found = tuple(header(files[name]) for name in names)
        if all(_frames(one) == 1 for one in found):
            return Sources(found, tuple(range(len(where))), len(where))
    if len(names) > 1:
        raise ReportError(words.SEVERAL_FILES)
    framed = header(files[names[0]], elsewhere=IN_GROUPS)
    return Sources((framed,), tuple(frame for _, frame in where), _frames(framed))


def _frames(source: Dataset) -> int:
    return int(source.get("NumberOfFrames") or 1)
