"""Caches of whole series, apart from those of single slices: they are large, so few are kept.

A reading is kept by hand and not by a decorator, because it tells its progress while it runs.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

import streamlit as st

from app import access_session, readings_texts, services, study_texts, texts
from app.records import Row
from app.reports.series_result import SeriesResult
from ml import screen_volume, study
from ml.inference.writing import Third, in_slices, shipped_detector
from ml.io.series import Series
from ml.results import Scan
from ml.screen_volume import ScreenVolume
from ml.study import Progress, SliceReading, StudyReading
from ml.volume import Volume

_KEPT: Final = 8
"""Readings kept, and as many begun: an outline is one byte a pixel."""
_NAMES: Final = 256
"""Opened series whose decoded ones are known."""


class _Readings:
    """The last readings, by series and weights; one series is read at a time.

    A click while a series is read stops the page's run; the next one goes on where it stopped.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, str], StudyReading] = OrderedDict()
        self._begun: OrderedDict[tuple[str, str], list[SliceReading]] = OrderedDict()
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    def name(self, opened: str, decoded: str) -> None:
        """Note which decoded series an opened one is."""
        self._names.pop(opened, None)
        self._names[opened] = decoded
        while len(self._names) > _NAMES:
            self._names.pop(next(iter(self._names)), None)

    def of(self, opened: str) -> StudyReading | None:
        return self._found.get((self._names.get(opened, ""), services.model_version()))

    def get(self, volume: Volume, progress: Progress) -> StudyReading:
        key = (volume.content_hash, services.model_version())
        with self._lock:
            if key not in self._found:
                done = self._begun.setdefault(key, [])
                self._trim()
                self._found[key] = study.read_study(
                    volume, services.engine(), progress=progress, done=done
                )
                del self._begun[key]
            self._found.move_to_end(key)
            self._trim()
            return self._found[key]

    def known(self, volume: Volume) -> StudyReading | None:
        return self._found.get((volume.content_hash, services.model_version()))

    def _trim(self) -> None:
        """Let go of what has not been looked at for longest."""
        while len(self._found) > _KEPT:
            self._found.popitem(last=False)
        while len(self._begun) > _KEPT:
            self._begun.popitem(last=False)


def volume(series: Series) -> Volume:
    """The decoded series.

    Raises:
        ScanError: nothing of it can be decoded.
    """
    decoded = _volume(series.content_hash, series)
    _readings().name(series.content_hash, decoded.content_hash)
    return decoded


def reading(decoded: Volume, progress: Progress) -> StudyReading:
    """What the networks say about every slice; each is read once for the same weights.

    Args:
        decoded: the series.
        progress: told how many slices are done, of how many; not called where it is known.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MembershipError: the index of training pictures is missing or altered.
        GateError: what pictures are compared with is missing or altered.
        AccessError: this reader had too many read within the last hour.
    """
    access_session.count(decoded.content_hash, len(decoded.slices))
    return _readings().get(decoded, progress)


def known(decoded: Volume) -> StudyReading | None:
    """The series as it was read, or None where it was not; no network runs."""
    return _readings().known(decoded)


def row(series: Series) -> Row:
    """The line of a series in the table of readings; nothing is decoded and no network runs."""
    found = _readings().of(series.content_hash)
    if found is None:
        return Row(reason=readings_texts.NOT_READ, slices=series.slices, waiting=True)
    answer, size = found.answer, found.size
    if answer is None:
        return Row(reason=study_texts.NO_ANSWER, refused=True, slices=len(found.slices))
    outlined = size.number is not None
    return Row(
        label=answer.label,
        confidence=answer.confidence,
        size=texts.length(size.diameter_mm, size.diameter_px) if outlined else "",
        slices=len(found.slices),
        volume_ml=size.volume_ml if outlined else None,
    )


def no_dicom(read: SeriesResult) -> str:
    """Why no DICOM object can be written about a series, or ""; every header is looked at."""
    kept = "kept" if not read.series.files else "files"
    return _no_dicom(read.content_hash, kept, services.model_version(), read)


@st.cache_data(show_spinner=False, max_entries=64)
def _no_dicom(content_hash: str, kept: str, version: str, _read: SeriesResult) -> str:  # noqa: ARG001
    from app.reports import series_dicom  # highdicom, which no screen needs before a reading

    return series_dicom.why_not(_read)


def on_screen(decoded: Scan | Volume) -> ScreenVolume:
    """A slice or a series as the browser draws it."""
    return _on_screen(decoded.content_hash, decoded)


def masks_on_screen(found: StudyReading, volume: Volume) -> bytes:
    """What is outlined in a series, on the voxels of `on_screen`; see `ml.screen_volume`."""
    return _masks(":".join((found.content_hash, *sorted(found.weights.values()))), found, volume)


def writing(decoded: Scan | Volume) -> Mapping[int, tuple[Third, ...]]:
    """Where writing seems to be, by number of the slice; see `ml.inference.writing.in_slices`.

    Raises:
        WritingError: what letters look like is missing or altered.
    """
    return _writing(decoded.content_hash, decoded)


@st.cache_data(show_spinner=False, max_entries=256)
def _writing(content_hash: str, _decoded: Scan | Volume) -> Mapping[int, tuple[Third, ...]]:  # noqa: ARG001
    slices = (_decoded,) if isinstance(_decoded, Scan) else _decoded.slices
    return in_slices(slices, shipped_detector())


@st.cache_resource(show_spinner=False, max_entries=4)
def _on_screen(content_hash: str, _decoded: Scan | Volume) -> ScreenVolume:  # noqa: ARG001
    return screen_volume.volume_of(_decoded)


@st.cache_resource(show_spinner=False, max_entries=4)
def _masks(key: str, _found: StudyReading, _volume: Volume) -> bytes:  # noqa: ARG001
    return screen_volume.mask_of([one.mask for one in _found.slices], on_screen(_volume))


@st.cache_resource(show_spinner=False, max_entries=2)
def _volume(content_hash: str, _series: Series) -> Volume:  # noqa: ARG001  the hash is the key
    return _series.read()


@st.cache_resource(show_spinner=False)
def _readings() -> _Readings:
    return _Readings()
