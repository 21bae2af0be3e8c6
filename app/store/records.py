"""What goes into the store and what comes out of it, as frozen dataclasses."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

AGREE: Final = "agree"
DISAGREE: Final = "disagree"
UNSURE: Final = "unsure"
VERDICTS: Final = (AGREE, DISAGREE, UNSURE)
UNDONE: Final = "undone"
"""Verdict of a row that takes an earlier one back."""

NEW: Final = "new"
READ: Final = "read"
SIGNED: Final = "signed"
REFUSED: Final = "refused"
STATUSES: Final = (NEW, READ, SIGNED, REFUSED)

TUMOUR: Final = "tumour"
INDETERMINATE: Final = "indeterminate"
STOPPED: Final = "stopped"
CLEAR: Final = "clear"
WAITING: Final = "waiting"
FLAGS: Final = (TUMOUR, INDETERMINATE, WAITING, STOPPED, CLEAR)
"""What the AI says of a scan in one word, the most pressing first: stopped by the gate, or waiting
for its first reading."""


@dataclass(frozen=True)
class NewScan:
    """One line of the worklist, with nothing that identifies a patient.

    Attributes:
        content_hash: SHA-256 hex digest of the file's bytes, or that of a series; the same scan is
            one line.
        pseudonym: keyed digest of the patient's identifier, or of the content hash.
        study_date: from the header, or None.
        modality: a DICOM modality such as "MR", or None.
        format: "PNG", "JPEG", "TIFF", "DICOM" or "NIfTI".
        simulated: drawn by this project.
        slices: how many a series has; None for a picture of its own.
    """

    content_hash: str
    pseudonym: str
    study_date: date | None
    modality: str | None
    format: str
    simulated: bool
    slices: int | None = None


@dataclass(frozen=True)
class Answer:
    """What the AI said of one scan.

    Attributes:
        model_version: digest of the registered weights.
        weights: [network] → SHA-256 of the weight file that ran.
        flag: one of `FLAGS`.
        label: class that the mean puts first, None where the gate stopped the scan.
        probabilities: [network or "mean"] → in the order of `ml.labels.CLASSES`, uncalibrated.
        calibrated: likewise after calibration, empty where nothing was fitted.
        prediction_set: classes that cannot be ruled out, None where nothing was fitted.
        uncertainty: 1 − the probability of `label` as shown, or None.
        refusal: why the gate stopped it, or None.
        gate_score: what the gate measured, or None.
        gate_limit: where it stops, or None.
        area_px: outlined pixels, or None.
        area_mm2: outlined area in mm², or None without spacing.
        diameter_px: longest diameter in pixels, or None.
        diameter_mm: longest diameter in mm, or None without spacing.
        in_training_set: a copy of the scan is in the training set.
        seconds: wall time of all steps.
        series: of a series what else was said, see `app.series_records`; None for a picture.
    """

    model_version: str
    weights: Mapping[str, str]
    flag: str
    label: str | None
    probabilities: Mapping[str, tuple[float, ...]]
    calibrated: Mapping[str, tuple[float, ...]]
    prediction_set: tuple[str, ...] | None
    uncertainty: float | None
    refusal: str | None
    gate_score: float | None
    gate_limit: float | None
    area_px: int | None
    area_mm2: float | None
    diameter_px: float | None
    diameter_mm: float | None
    in_training_set: bool
    seconds: float
    series: Mapping[str, object] | None = None

    @property
    def weights_hash(self) -> str:
        """SHA-256 hex digest of all weight digests by name."""
        return _digest(dict(self.weights))

    @property
    def digest(self) -> str:
        """SHA-256 hex digest of everything but the time it took: the same answer is one row."""
        found = {**asdict(self), "seconds": None}
        if self.series is None:
            del found["series"]  # as before there were series: an answer keeps its digest
        return _digest(found)


@dataclass(frozen=True)
class Word:
    """What a reader says of an AI answer.

    Attributes:
        reader: name.
        verdict: one of `VERDICTS`.
        reason: in the reader's words, or "".
        corrected_label: the reader's class where the verdict is "disagree", or None.
        blind_label: class that the reader named before the AI's was shown, or None.
        seconds: from the picture's first sight to the word, or None.
    """

    reader: str
    verdict: str
    reason: str = ""
    corrected_label: str | None = None
    blind_label: str | None = None
    seconds: float | None = None

    def changed_from_blind(self, ai_label: str | None) -> bool | None:
        """Whether the last class differs from the blind one; None where either is unknown."""
        final = {AGREE: ai_label, DISAGREE: self.corrected_label}.get(self.verdict)
        if final is None or self.blind_label is None:
            return None
        return final != self.blind_label


@dataclass(frozen=True)
class Reading:
    """One row of the readings, as stored.

    Attributes:
        id: number of the row.
        content_hash: the scan.
        word: what was said; its verdict is `UNDONE` in a row that takes another back.
        at: time in UTC.
        model_version: of the answer it is about.
        weights_hash: likewise.
        ai_label: class of that answer, None for a refusal.
        changed_by_ai: the class after the AI's answer differs from the blind one; None where
            either is unknown.
        takes_back: the row that this one takes back, or None.
        standing: no later row takes it back, and it takes back none.
    """

    id: int
    content_hash: str
    word: Word
    at: datetime
    model_version: str
    weights_hash: str
    ai_label: str | None
    changed_by_ai: bool | None
    takes_back: int | None
    standing: bool


@dataclass(frozen=True)
class Entry:
    """One line of the worklist with what is known of it.

    Attributes:
        scan: as it was admitted.
        added_at: time in UTC.
        status: one of `STATUSES`.
        flag: one of `FLAGS`, by the last answer; `WAITING` where there is none.
        label: class of the last answer, or None.
        uncertainty: of the last answer, or None.
        refusal: why the gate stopped it, or None.
    """

    scan: NewScan
    added_at: datetime
    status: str
    flag: str
    label: str | None
    uncertainty: float | None
    refusal: str | None


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
