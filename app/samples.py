"""The simulated scans that ship with the project."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.records import Sample
from ml.labels import TITLES

FOLDER: Final[Path] = Path(__file__).resolve().parents[1] / "assets" / "samples"


def shipped() -> tuple[Sample, ...]:
    """The simulated scans that ship with the project; none when the index is absent."""
    index = FOLDER / "index.json"
    if not index.exists():
        return ()
    entries: list[Mapping[str, object]] = json.loads(index.read_text(encoding="utf-8"))["samples"]
    return tuple(Sample(_title(entry), FOLDER / Path(str(entry["file"])).name) for entry in entries)


def _title(entry: Mapping[str, object]) -> str:
    label = TITLES.get(str(entry.get("label")), "slice").lower()
    plane = str(entry.get("plane") or "")
    kind = Path(str(entry["file"])).suffix.lstrip(".").upper().replace("DCM", "DICOM")
    details = ", ".join(part for part in (plane, kind) if part)
    return f"Simulated: {label} ({details})"
