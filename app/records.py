"""What `app.services` hands to the screens besides the results of `ml`."""

from dataclasses import dataclass
from pathlib import Path

from ml.results import Scan
from ml.study import StudyReading
from ml.volume import Letters, Volume


@dataclass(frozen=True)
class Sample:
    """A simulated scan that ships with the project."""

    title: str
    file: Path


@dataclass(frozen=True)
class Hung:
    """How a slice of a series is put on the screen.

    Attributes:
        key: names the series, so that the zoom is kept from slice to slice.
        letters: of the picture's edges, or None where no side may be named.
        windowed: the slice whose presets and sliders set the window of all slices.
        line: format, size, spacing and orientation.
        number: the slice on screen, from 1.
        volume: the whole series.
        found: the series as read, None where nothing that the AI says may be drawn.
    """

    key: str
    letters: Letters | None
    windowed: Scan
    line: str
    number: int
    volume: Volume
    found: StudyReading | None


@dataclass(frozen=True)
class Row:
    """One line of the table of readings.

    Attributes:
        label: class identifier of the mean, or None for a file that was not read.
        confidence: probability of that class, or None.
        agreement: networks that put it first.
        networks: how many networks read it.
        size: longest diameter in words, or "".
        reason: why there is no reading, or "".
        refused: the gate stopped it, of a series every slice.
        slices: how many a series has, None for a picture of its own.
        volume_ml: of all that is outlined in a series, or None where it is not known.
        waiting: a series that was not read yet.
    """

    label: str | None = None
    confidence: float | None = None
    agreement: int = 0
    networks: int = 0
    size: str = ""
    reason: str = ""
    refused: bool = False
    slices: int | None = None
    volume_ml: float | None = None
    waiting: bool = False


@dataclass(frozen=True)
class Stressed:
    """A scan corrupted on purpose, as read.

    Attributes:
        probabilities: mean of the networks in the order of `ml.labels.CLASSES`, or None where
            the gate refuses the copy.
        picture: what the networks were given, as a PNG data URI.
    """

    probabilities: tuple[float, ...] | None
    picture: str
