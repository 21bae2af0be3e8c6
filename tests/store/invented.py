"""Scans, answers and words for the tests of the store, and a clock that was set back."""

from datetime import date, datetime, tzinfo

from app.store.records import CLEAR, STOPPED, TUMOUR, Answer, NewScan
from app.store.signed import NewReport
from ml.labels import CLASSES

REPORT = NewReport("A. Reader", "1.1", {"mobilenet": "b" * 64}, '{"said": "größer"}\n')


class SetBack(datetime):
    """In place of `datetime` in a module whose computer's clock was set back."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime(2020, 1, 1, tzinfo=tz)


def scan(number: int = 1) -> NewScan:
    return NewScan(
        content_hash=f"{number:064x}",
        pseudonym=f"{number:x}".rjust(64, "a"),
        study_date=date(2026, 1, 1 + number % 28),
        modality="MR",
        format="DICOM",
        simulated=False,
    )


def answer(label: str | None = "glioma", *, version: str = "1") -> Answer:
    """An answer; without a label it is a refusal."""
    stopped = label is None
    shares = tuple(0.7 if name == label else 0.1 for name in CLASSES)
    return Answer(
        model_version=version.rjust(64, "0"),
        weights={"mobilenet": version.rjust(64, "b")},
        flag=STOPPED if stopped else CLEAR if label == "no_tumor" else TUMOUR,
        label=label,
        probabilities={} if stopped else {"mean": shares, "mobilenet": shares},
        calibrated={},
        prediction_set=None,
        uncertainty=None if stopped else 0.3,
        refusal="blank" if stopped else None,
        gate_score=0.5,
        gate_limit=0.4,
        area_px=None if stopped else 321,
        area_mm2=None,
        diameter_px=None if stopped else 22.5,
        diameter_mm=None,
        in_training_set=False,
        seconds=0.25,
    )
