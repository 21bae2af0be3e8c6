"""What a series adds to a report as JSON: what was read, and the result; see `as_json`."""

from dataclasses import asdict
from typing import Any

from app import study_texts
from app.reports.result import whole_percent
from app.reports.series_compose import mean
from app.reports.series_result import SeriesResult
from app.texts import percent
from ml.labels import CLASSES
from ml.study import SliceReading
from ml.volume import Volume

__all__ = ["result", "scan"]


def scan(read: SeriesResult) -> dict[str, Any]:
    """The series in the form of "scan" of `report.schema.json`."""
    volume = read.volume
    rows, columns = volume.slices[0].shape
    spacing = volume.spacing_mm
    return {
        "sha256": read.content_hash,
        "format": volume.format,
        "rows": rows,
        "columns": columns,
        "spacing_mm": None if spacing is None else list(spacing),
        "simulated": all(one.simulated for one in volume.slices),
        "series": _series(volume),
    }


def result(read: SeriesResult) -> dict[str, Any]:
    """The AI's answer in the form of "result"; none where every slice was refused."""
    answer, reading = read.found.answer, mean(read)
    if answer is None or reading is None:
        return {"status": "series_refused", "slices": [_slice(one) for one in read.found.slices]}
    shares = {label: float(reading.shown[index]) for index, label in enumerate(CLASSES)}
    size = read.found.size
    return {
        "status": "series_read",
        "suggested": answer.label,
        "calibrated": read.found.calibrated,
        "percent": {label: whole_percent(share) for label, share in shares.items()},
        "shown": {label: percent(share) for label, share in shares.items()},
        "rule": study_texts.rule(read.found),
        "averaged_slices": list(answer.numbers),
        "key_slice": read.key_number,
        "accuracy_measured": False,
        "outline": {
            "volume_ml": size.volume_ml,
            "volume_band_ml": None if size.band_ml is None else list(size.band_ml),
            "diameter_mm": size.diameter_mm,
            "diameter_px": size.diameter_px,
            "diameter_slice": size.number,
        },
        "slices": [_slice(one) for one in read.found.slices],
    }


def _series(volume: Volume) -> dict[str, Any]:
    letters = volume.letters
    return {
        "slices": len(volume.slices),
        "slice_distance_mm": volume.slice_distance_mm,
        "modality": volume.modality or None,
        "edges": None if letters is None else asdict(letters),
    }


def _slice(one: SliceReading) -> dict[str, Any]:
    """One slice; a refused one has neither a probability nor a size."""
    refused = one.refusal is not None
    return {
        "number": one.number,
        "refused": None if one.refusal is None else one.refusal.reason,
        "tumour_percent": None if one.tumour is None else whole_percent(one.tumour),
        "area_px": None if refused else one.area_px,
        "area_mm2": one.area_mm2,
        "diameter_px": one.diameter_px,
        "diameter_mm": one.diameter_mm,
        "training_copy": one.in_training_set,
    }
