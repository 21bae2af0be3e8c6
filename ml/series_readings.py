"""The table of series, of a batch run and of a bundle of reports: one row a series.

`series.csv` is a contract for other programs: columns may be added at the end, none is renamed.
"""

from typing import Final

from ml.labels import CLASSES
from ml.readings import Row
from ml.study import StudyReading

__all__ = ["COLUMNS", "failed_series", "series_row"]

COLUMNS: Final[tuple[str, ...]] = (
    "file",
    "status",
    "slices",
    "refused_slices",
    "prediction",
    "confidence",
    "calibrated",
    *(f"mean_{label}" for label in CLASSES),
    "averaged_slices",
    "key_slice",
    "volume_ml",
    "volume_low_ml",
    "volume_high_ml",
    "diameter_mm",
    "diameter_px",
    "diameter_slice",
    "slices_in_training_set",
    "accuracy_measured",
    "reason",
)
"""Columns of `series.csv`, in order."""


def series_row(file: str, found: StudyReading, reason: str = "") -> Row:
    """Row of a series that was read; of one that was refused as a whole, its counts only.

    Args:
        file: what the series is called in the table.
        found: the series as read.
        reason: why files beside it are in no series, or "".

    Returns:
        Probabilities with six decimals, slices from 1 joined by ";", mL and mm with three decimals
        where the series states its geometry, and "no" for an accuracy that was never measured.
    """
    size = found.size
    cells = dict.fromkeys(COLUMNS, "") | {
        "file": file,
        "status": "refused",
        "slices": str(len(found.slices)),
        "refused_slices": str(found.refused),
        "reason": reason,
    }
    if found.answer is None:
        return cells
    for label, share in zip(CLASSES, found.answer.probabilities, strict=True):
        cells[f"mean_{label}"] = f"{share:.6f}"
    low, high = size.band_ml or (None, None)
    return cells | {
        "status": "ok",
        "prediction": found.answer.label,
        "confidence": f"{found.answer.confidence:.6f}",
        "calibrated": "yes" if found.calibrated else "no",
        "averaged_slices": ";".join(map(str, found.answer.numbers)),
        "key_slice": str(found.highest + 1),
        "volume_ml": _number(size.volume_ml),
        "volume_low_ml": _number(low),
        "volume_high_ml": _number(high),
        "diameter_mm": _number(size.diameter_mm),
        "diameter_px": _number(size.diameter_px),
        "diameter_slice": "" if size.number is None else str(size.number),
        "slices_in_training_set": str(sum(one.in_training_set for one in found.slices)),
        "accuracy_measured": "no",
    }


def failed_series(file: str, reason: str) -> Row:
    """Row of files of which no series could be read; all but file, status and reason is empty."""
    said = {"file": file, "status": "failed", "reason": " ".join(reason.split())}
    return dict.fromkeys(COLUMNS, "") | said


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
