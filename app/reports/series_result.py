"""A series as a report knows it: what was opened, what was read, and its key picture."""

from collections.abc import Mapping
from dataclasses import dataclass

from ml.io.series import Series
from ml.results import Analysis, BoolArray, Refused
from ml.study import StudyReading
from ml.volume import Volume

__all__ = ["Reported", "SeriesResult", "named"]


@dataclass(frozen=True)
class SeriesResult:
    """A series that was read as a whole.

    Attributes:
        series: as it was opened, with its files unless it was kept without them.
        volume: the same, decoded.
        found: what was read.
        key: the slice with the highest probability of a tumour, read with everything.
    """

    series: Series
    volume: Volume
    found: StudyReading
    key: Analysis | Refused

    @property
    def content_hash(self) -> str:
        """The name of the series."""
        return self.series.content_hash

    @property
    def weights(self) -> Mapping[str, str]:
        """[network name] → SHA-256 of its weights."""
        return self.found.weights

    @property
    def key_number(self) -> int:
        """The slice of the key picture, from 1."""
        return self.found.highest + 1

    @property
    def masks(self) -> Mapping[int, BoolArray]:
        """[slice from 1] → (H, W) bool of what the AI outlines, where that is anything."""
        return {one.number: one.mask for one in self.found.slices if one.mask is not None}


Reported = Analysis | Refused | SeriesResult
"""What a report may be on."""


def named(answer: Reported) -> str:
    """The content hash of what a report is on."""
    return answer.content_hash if isinstance(answer, SeriesResult) else answer.scan.content_hash
