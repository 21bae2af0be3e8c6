"""The store as the screens use it: what was read is noted, what a reader says is kept.

One for each place in a process, opened when it is first asked for; it holds no Streamlit state.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Final

from sqlalchemy import Engine

from app import series_records
from app.series_records import DIGITS, shares
from app.store.drawings import Drawings
from app.store.inputs import Inputs
from app.store.opening import open_store
from app.store.outlines import Outlines
from app.store.pictures import Pictures
from app.store.places import Places, places, secret
from app.store.records import (
    CLEAR,
    INDETERMINATE,
    STOPPED,
    TUMOUR,
    Answer,
    Entry,
    NewScan,
    Reading,
    Word,
)
from app.store.repository import Repository
from app.store.signed import Reports
from app.store.trail import Trail
from ml.errors import StoreError
from ml.io.identity import keyed, origin
from ml.io.series import Series
from ml.labels import NO_TUMOR
from ml.results import Analysis, Refused, Scan
from ml.study import StudyReading
from ml.volume import Volume

MOST_NOTED: Final = 10_000
"""Answers that a process remembers to have noted; of the others it asks the store."""


class Archive:
    """Worklist, readings and kept pictures of one place.

    Args:
        engine: of the database.
        pictures: the folder of kept pictures.
        key: secret of the pseudonyms.
    """

    def __init__(self, engine: Engine, pictures: Pictures, *, key: bytes) -> None:
        self.pictures = pictures
        self.outlines = Outlines(engine)
        self.drawings = Drawings(engine)
        self.inputs = Inputs(engine)
        self.reports = Reports(engine)
        self.trail = Trail(engine)
        self._repository = Repository(engine)
        self._key = key
        self._noted: dict[tuple[str, str], int] = {}

    def noted(self, content_hash: str, version: str) -> bool:
        """Whether this process has noted the answer of these networks to this scan."""
        return (content_hash, version) in self._noted

    def note(self, data: bytes, answer: Analysis | Refused, version: str) -> int:
        """Put a picture on the worklist with what the AI said of it; once for the same answer.

        Args:
            data: bytes that the scan was decoded from.
            answer: what came of reading it.
            version: the networks, as `app.services.model_version`.

        Returns:
            Number of the answer, for `say`.

        Raises:
            StoreError: it cannot be written.
        """
        scan = answer.scan

        def both(digest: str) -> tuple[NewScan, Answer]:
            return self._admitted(scan, data), answer_of(answer, digest)

        return self._note(scan.content_hash, version, both)

    def note_series(
        self, series: Series, volume: Volume, *, found: StudyReading, version: str
    ) -> int:
        """The same for a series that was read as a whole.

        Raises:
            StoreError: it cannot be written.
            ScanError: the header of its first file is damaged.
        """

        def both(digest: str) -> tuple[NewScan, Answer]:
            line = series_records.admitted(series, volume, self._key)
            return line, series_records.answer_of(found, digest)

        return self._note(series.content_hash, version, both)

    def admit(self, scan: Scan, data: bytes) -> None:
        """Put a scan that was received and not read yet on the worklist.

        Raises:
            StoreError: it cannot be written.
        """
        self._repository.add_scan(self._admitted(scan, data))

    def admit_series(self, series: Series, volume: Volume) -> None:
        """The same for a series.

        Raises:
            StoreError: it cannot be written.
            ScanError: the header of its first file is damaged.
        """
        self._repository.add_scan(series_records.admitted(series, volume, self._key))

    @staticmethod
    def version_digest(version: str) -> str:
        """What is stored of the networks' version, see `app.services.model_version`."""
        return hashlib.sha256(version.encode()).hexdigest()

    def say(self, answer_id: int, word: Word) -> int:
        """Keep what a reader says of an answer; it is on the disk when this returns.

        Raises:
            StoreError: it is not complete or cannot be written.
        """
        try:
            return self._repository.add_word(answer_id, word)
        except StoreError:
            self._noted.clear()  # the answer may be gone with its database: note it again
            raise

    def take_back(self, reading: Reading) -> int:
        """Take a word back by a new row.

        Raises:
            StoreError: it was taken back before, or the row cannot be written.
        """
        return self._repository.take_back(reading.id, reading.word.reader)

    def readings(self, content_hash: str | None = None) -> tuple[Reading, ...]:
        """All words about one scan, or about all, the oldest first.

        Raises:
            StoreError: they cannot be read.
        """
        return self._repository.readings(content_hash)

    def worklist(self) -> tuple[Entry, ...]:
        """Every scan, in the order of coming; pictures whose days are over are removed first.

        Raises:
            StoreError: it cannot be read.
        """
        self.pictures.remove_old()
        return self._repository.worklist()

    def _note(
        self, content_hash: str, version: str, make: Callable[[str], tuple[NewScan, Answer]]
    ) -> int:
        """Number of the answer; what `make` gives for the version's digest is written once."""
        key = (content_hash, version)
        number = self._noted.get(key)
        if number is None:
            number = self._repository.add_answer(*make(self.version_digest(version)))
            if len(self._noted) >= MOST_NOTED:
                self._noted.clear()
            self._noted[key] = number
        return number

    def _admitted(self, scan: Scan, data: bytes) -> NewScan:
        found = origin(data, self._key)
        return NewScan(
            content_hash=scan.content_hash,
            pseudonym=found.pseudonym or keyed(self._key, "content", scan.content_hash),
            study_date=found.study_date,
            modality=found.modality,
            format=scan.format,
            simulated=scan.simulated,
        )


def archive() -> Archive:
    """The archive at the place that the environment names.

    Raises:
        StoreError: it cannot be opened.
    """
    return _opened(places())


def open_archive(found: Places) -> Archive:
    """The archive at a place, opened anew.

    Raises:
        StoreError: it cannot be opened.
    """
    return Archive(open_store(found), Pictures(found.pictures, found.keep_days), key=secret(found))


_opened = cache(open_archive)


def answer_of(answer: Analysis | Refused, version: str) -> Answer:
    """What is stored of an answer.

    Args:
        answer: what came of reading a scan.
        version: digest of the registered weights.
    """
    if isinstance(answer, Refused):
        return _refused(answer, version)
    clear = answer.mean.index == NO_TUMOR
    said = (*answer.classifications, answer.mean)
    sizes = answer.segmentation.measurement
    return Answer(
        model_version=version,
        weights=dict(answer.weights),
        flag=INDETERMINATE if answer.indeterminate else CLEAR if clear else TUMOUR,
        label=answer.mean.label,
        probabilities={one.model: shares(one.probabilities) for one in said},
        calibrated={
            one.model: shares(one.calibrated) for one in said if one.calibrated is not None
        },
        prediction_set=answer.prediction_set,
        uncertainty=round(1.0 - answer.mean.confidence, DIGITS),
        refusal=None,
        gate_score=None if answer.admission is None else answer.admission.score,
        gate_limit=None if answer.admission is None else answer.admission.limit,
        area_px=sizes.area_px,
        area_mm2=sizes.area_mm2,
        diameter_px=sizes.diameter_px,
        diameter_mm=sizes.diameter_mm,
        in_training_set=answer.membership is not None,
        seconds=sum(answer.seconds.values()),
    )


def _refused(answer: Refused, version: str) -> Answer:
    """What is stored of a scan that the gate stopped: no class and no size."""
    return Answer(
        model_version=version,
        weights=dict(answer.weights),
        flag=STOPPED,
        label=None,
        probabilities={},
        calibrated={},
        prediction_set=None,
        uncertainty=None,
        refusal=answer.refusal.reason,
        gate_score=answer.refusal.score,
        gate_limit=answer.refusal.limit,
        area_px=None,
        area_mm2=None,
        diameter_px=None,
        diameter_mm=None,
        in_training_set=False,
        seconds=sum(answer.seconds.values()),
    )
