"""A whole series read slice by slice, and what that says of the series together.

Every slice goes through the one door (`ml.pipeline.analyse_many`), a few at a time while the next
few are prepared, and only its numbers and its outline are kept: a slice that is looked at is read
again with everything.

The answer for the series is the mean of the calibrated probabilities over `ADJACENT` neighbouring
slices: those whose mean probability of any tumour is highest.

Limits: no accuracy has been measured for whole series; the public sets hold single slices. The
highest of many slices is high by chance more often than one slice is: a series without a tumour is
called tumour more often than a slice without one.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.inference.engine import Engine
from ml.io.ahead import ahead
from ml.labels import CLASSES, NO_TUMOR
from ml.models.registry import installed
from ml.pipeline import analyse_many
from ml.preprocess import framed
from ml.results import Analysis, BoolArray, FloatArray, Refusal, Refused
from ml.volume import Volume

__all__ = [
    "ADJACENT",
    "BAND",
    "SliceReading",
    "StudyAnswer",
    "StudyReading",
    "StudySize",
    "answer_of",
    "read_study",
    "size_of",
]

ADJACENT: Final = 3
"""Neighbouring slices that the answer for a series is the mean of."""
BAND: Final = (0.3, 0.7)
"""Mask thresholds between which the volume is told."""
_BATCH_SLICES: Final = 8
_BATCH_PIXELS: Final = 8_000_000
"""Most pixels that go through the networks together, unless one slice has more."""
_ML: Final = 1000.0  # mm³

Progress = Callable[[int, int], None]
"""Called with the slices done and all of them."""


@dataclass(frozen=True)
class SliceReading:
    """What is kept of one slice.

    Attributes:
        number: its place in the series, from 1.
        refusal: why the gate stopped it, or None; then everything below is empty.
        probabilities: (4,) of the networks' mean as a reader sees them, or None.
        area_px: pixels outlined.
        area_mm2: the same in mm², or None without spacing.
        diameter_px: longest diameter in pixels, or None; see `ml.results.Measurement`.
        diameter_mm: longest diameter in mm, or None.
        band_px: pixels above the two thresholds of `BAND`; none where the outline is withheld.
        mask: (H, W) bool, what is outlined; None where nothing is.
        calibrated: the probabilities are calibrated.
        in_training_set: the slice is a copy of a training picture.
    """

    number: int
    refusal: Refusal | None = None
    probabilities: FloatArray | None = None
    area_px: int = 0
    area_mm2: float | None = None
    diameter_px: float | None = None
    diameter_mm: float | None = None
    band_px: tuple[int, int] = (0, 0)
    mask: BoolArray | None = None
    calibrated: bool = False
    in_training_set: bool = False

    @property
    def tumour(self) -> float | None:
        """Probability of any tumour, 0..1, or None where the slice was refused."""
        return None if self.probabilities is None else 1.0 - float(self.probabilities[NO_TUMOR])


@dataclass(frozen=True)
class StudyAnswer:
    """What the series says as a whole.

    Attributes:
        numbers: slices that were averaged, from 1.
        probabilities: (4,) in the order of `ml.labels.CLASSES`.
    """

    numbers: tuple[int, ...]
    probabilities: FloatArray

    @property
    def label(self) -> str:
        """Identifier of the most probable class."""
        return CLASSES[int(np.argmax(self.probabilities))]

    @property
    def confidence(self) -> float:
        """Its probability, 0..1."""
        return float(self.probabilities.max())

    @property
    def tumour(self) -> float:
        """Probability of any tumour, 0..1."""
        return 1.0 - float(self.probabilities[NO_TUMOR])


@dataclass(frozen=True)
class StudySize:
    """Size of all that is outlined.

    Attributes:
        volume_ml: outlined areas times the distance between slices, or None where the series
            states no spacing or no even distance.
        band_ml: (smallest, largest) over the mask thresholds of `BAND`, or None likewise.
        diameter_mm: longest diameter within one slice, or None without spacing or outline.
        diameter_px: the same in pixels where there is no spacing, or None.
        number: slice that has it, from 1, or None without outline.
    """

    volume_ml: float | None
    band_ml: tuple[float, float] | None
    diameter_mm: float | None
    diameter_px: float | None
    number: int | None


@dataclass(frozen=True)
class StudyReading:
    """A series as read.

    Attributes:
        content_hash: names the volume.
        slices: one reading a slice, in order.
        answer: for the series, or None where the gate stopped every slice.
        size: of all that is outlined.
        weights: [network name] → SHA-256 of the weights in use.
        seconds: wall time of the call that finished it.
    """

    content_hash: str
    slices: tuple[SliceReading, ...]
    answer: StudyAnswer | None
    size: StudySize
    weights: Mapping[str, str]
    seconds: float = 0.0

    @property
    def calibrated(self) -> bool:
        """Whether all probabilities are calibrated."""
        return all(one.calibrated for one in self.slices if one.refusal is None)

    @property
    def refused(self) -> int:
        """How many slices the gate stopped."""
        return sum(one.refusal is not None for one in self.slices)

    @property
    def highest(self) -> int:
        """Place (from 0) of the slice with the highest probability of a tumour, to open first.

        The middle one where every slice was refused.
        """
        told = [(one.tumour, -place) for place, one in enumerate(self.slices) if one.tumour]
        return -max(told)[1] if told else len(self.slices) // 2


def read_study(
    volume: Volume,
    engine: Engine,
    *,
    progress: Progress | None = None,
    done: list[SliceReading] | None = None,
    each: Callable[[int, Sequence[Analysis | Refused]], None] | None = None,
) -> StudyReading:
    """Read every slice of a series.

    Args:
        volume: decoded series.
        engine: what runs the networks.
        progress: told after each batch how many slices are done.
        done: slices that an interrupted call has read already, with the same weights; what is
            read is added to it, so that the next call goes on from there.
        each: told after each batch the number of its first slice (from 1) and all that was read
            of its slices.

    Raises:
        WeightsError: a network's weights are missing or altered; no other answer replaces it.
        MetricsError: the file with the mask threshold cannot be used.
        MembershipError: the index of training pictures is missing or altered.
        GateError: what pictures are compared with is missing, altered or of other networks.
    """
    start_s = time.perf_counter()
    slices = [] if done is None else done
    for first, batch in _batches(volume, engine, len(slices)):
        if each is not None:
            each(first, batch)
        slices += [_kept(read, number) for number, read in enumerate(batch, start=first)]
        if progress is not None:
            progress(len(slices), len(volume.slices))
    return StudyReading(
        content_hash=volume.content_hash,
        slices=tuple(slices),
        answer=answer_of(slices),
        size=size_of(slices, volume),
        weights={name: engine.fingerprint(name) for name in installed()},
        seconds=time.perf_counter() - start_s,
    )


def _batches(
    volume: Volume, engine: Engine, begin: int
) -> Iterator[tuple[int, Sequence[Analysis | Refused]]]:
    """The slices from a place (from 0) on, a few at a time: number of the first, what was read."""
    step = max(1, min(_BATCH_SLICES, _BATCH_PIXELS // volume.slices[0].pixels.size))
    parts = [(at, volume.slices[at : at + step]) for at in range(begin, len(volume.slices), step)]
    prepared = ahead([framed(one.pixels) for one in part] for _, part in parts)
    for (at, part), frames in zip(parts, prepared, strict=True):
        yield at + 1, analyse_many(part, engine, boxes=False, frames=frames)


def _kept(read: Analysis | Refused, number: int) -> SliceReading:
    """The numbers of one slice."""
    if isinstance(read, Refused):
        return SliceReading(number, read.refusal)
    found = read.segmentation
    sizes = found.measurement
    low, high = (
        0 if found.withheld else int(np.count_nonzero(found.probability >= threshold))
        for threshold in BAND
    )
    return SliceReading(
        number=number,
        probabilities=read.mean.shown,
        area_px=sizes.area_px,
        area_mm2=sizes.area_mm2,
        diameter_px=sizes.diameter_px,
        diameter_mm=sizes.diameter_mm,
        band_px=(low, high),
        mask=found.mask if sizes.area_px else None,
        calibrated=read.mean.calibrated is not None,
        in_training_set=read.membership is not None,
    )


def answer_of(slices: Sequence[SliceReading]) -> StudyAnswer | None:
    """The answer for a series by the rule of this module.

    Neighbours are slices without a refused one between them. Where no `ADJACENT` of them are, the
    longest run there is decides; None where every slice was refused.
    """
    shown = [one.probabilities for one in slices]
    for width in range(min(ADJACENT, len(shown)), 0, -1):
        windows = [
            (start, np.stack(part))
            for start in range(len(shown) - width + 1)
            if len(part := [p for p in shown[start : start + width] if p is not None]) == width
        ]
        if windows:
            start, chosen = max(windows, key=lambda window: -float(window[1][:, NO_TUMOR].mean()))
            numbers = tuple(one.number for one in slices[start : start + width])
            return StudyAnswer(numbers, np.asarray(chosen.mean(axis=0, dtype=np.float64), "f4"))
    return None


def size_of(slices: Sequence[SliceReading], volume: Volume) -> StudySize:
    """Volume and longest diameter of what is outlined."""
    outlined = [one for one in slices if one.area_px]
    longest = max(outlined, key=lambda one: one.diameter_mm or one.diameter_px or 0.0, default=None)
    known = longest is not None and longest.diameter_mm is not None
    voxel = _voxel_ml(volume)
    bounds: npt.NDArray[np.int64] = np.array([one.band_px for one in slices]).sum(axis=0)
    pixels = sum(one.area_px for one in slices)
    return StudySize(
        volume_ml=None if voxel is None else pixels * voxel,
        band_ml=None if voxel is None else (float(bounds[1]) * voxel, float(bounds[0]) * voxel),
        diameter_mm=longest.diameter_mm if longest is not None else None,
        diameter_px=longest.diameter_px if longest is not None and not known else None,
        number=longest.number if longest is not None else None,
    )


def _voxel_ml(volume: Volume) -> float | None:
    """What one outlined pixel stands for, or None where the geometry is not stated."""
    if volume.spacing_mm is None or volume.slice_distance_mm is None:
        return None
    return float(np.prod(volume.spacing_mm)) * volume.slice_distance_mm / _ML
