"""What is stored of a series: its line on the worklist, and what the AI said of it as a whole.

Flag, class and uncertainty are those of the answer for the series, whose rule is in `ml.study`. It
has no set of classes that cannot be ruled out, so no series is flagged indeterminate.
"""

from collections import Counter
from typing import Any

from app.store.records import CLEAR, STOPPED, TUMOUR, Answer, NewScan
from ml.io.identity import Origin, keyed, origin
from ml.io.series import Series
from ml.labels import CLASSES, NO_TUMOR
from ml.results import FloatArray
from ml.study import StudyReading
from ml.volume import Volume

__all__ = ["DIGITS", "admitted", "answer_of", "shares"]

DIGITS = 6
"""Decimals of a stored probability: what a batch rounds differently is the same answer."""


def admitted(series: Series, volume: Volume, key: bytes) -> NewScan:
    """The line of a series.

    Args:
        series: what was opened; without its files (it was kept) its patient is not known.
        volume: the same, decoded.
        key: secret of the pseudonyms.

    Raises:
        ScanError: the header of its first file is damaged.
    """
    data = series.files.get(volume.sources[0][0])
    found = Origin(None, None, None) if data is None else origin(data, key)
    return NewScan(
        content_hash=series.content_hash,
        pseudonym=found.pseudonym or keyed(key, "content", series.content_hash),
        study_date=found.study_date,
        modality=found.modality or series.modality or None,
        format=series.format,
        simulated=all(one.simulated for one in volume.slices),
        slices=len(volume.slices),
    )


def answer_of(found: StudyReading, version: str) -> Answer:
    """What is stored of a series as read.

    Args:
        found: every slice, and the answer for all of them.
        version: digest of the registered weights.
    """
    answer, size = found.answer, found.size
    told = {} if answer is None else {"mean": shares(answer.probabilities)}
    clear = answer is not None and answer.label == CLASSES[NO_TUMOR]
    return Answer(
        model_version=version,
        weights=dict(found.weights),
        flag=STOPPED if answer is None else CLEAR if clear else TUMOUR,
        label=None if answer is None else answer.label,
        probabilities={} if found.calibrated else told,
        calibrated=told if found.calibrated else {},
        prediction_set=None,
        uncertainty=None if answer is None else round(1.0 - answer.confidence, DIGITS),
        refusal=_reason(found) if answer is None else None,
        gate_score=None,
        gate_limit=None,
        area_px=None,
        area_mm2=None,
        diameter_px=size.diameter_px,
        diameter_mm=size.diameter_mm,
        in_training_set=any(one.in_training_set for one in found.slices),
        seconds=found.seconds,
        series=_whole(found),
    )


def shares(values: FloatArray) -> tuple[float, ...]:
    """Probabilities of all classes, rounded."""
    return tuple(round(float(values[index]), DIGITS) for index in range(len(CLASSES)))


def _whole(found: StudyReading) -> dict[str, Any]:
    """What only a series has: slices read and refused, those averaged, the volume."""
    size = found.size
    return {
        "slices": len(found.slices),
        "refused": found.refused,
        "averaged": [] if found.answer is None else list(found.answer.numbers),
        "highest": found.highest + 1,
        "volume_ml": None if size.volume_ml is None else round(size.volume_ml, DIGITS),
        "band_ml": None if size.band_ml is None else [round(one, DIGITS) for one in size.band_ml],
    }


def _reason(found: StudyReading) -> str | None:
    """Why the gate stopped most slices."""
    reasons = Counter(one.refusal.reason for one in found.slices if one.refusal is not None)
    return max(reasons, key=lambda name: reasons[name], default=None)
