"""The simulated scans that ship with the project."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from app import demo_texts as words
from app.records import Sample

FOLDER: Final[Path] = Path(__file__).resolve().parents[1] / "assets" / "samples"


def shipped() -> tuple[Sample, ...]:
    """The simulated slices to open one by one; none when the index is absent."""
    return tuple(
        Sample(words.sample_title(entry), _file(entry)) for entry in entries() if not entry["demo"]
    )


def entries() -> Sequence[Mapping[str, Any]]:
    """What was drawn in every simulated slice, those of the demo too; see `ml.phantom.samples`."""
    known: Sequence[Mapping[str, Any]] = _index().get("samples", ())
    return known


def series() -> Sample | None:
    """The simulated series, or None when the index is absent."""
    entry = _index().get("series")
    return entry and Sample(words.series_title(entry), _file(entry))


def _index() -> Mapping[str, Any]:
    file = FOLDER / "index.json"
    known: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return known


def _file(entry: Mapping[str, Any]) -> Path:
    return FOLDER / Path(str(entry["file"])).name
