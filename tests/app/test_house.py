"""Rules of the house that a reader of one file cannot see broken elsewhere."""

import re
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "app"
SOURCES = sorted(APP.rglob("*.py"))


def sources_with(pattern: str, *allowed: str) -> list[str]:
    found = [file for file in SOURCES if re.search(pattern, file.read_text(encoding="utf-8"))]
    return [str(file.relative_to(APP)) for file in found if file.name not in allowed]


def test_session_state_is_touched_in_one_place() -> None:
    assert sources_with(r"session_state\b[\[.]", "state.py") == []


def test_caches_live_in_two_places() -> None:
    """Of single slices, and of whole series: these are large and tell their progress."""
    assert sources_with(r"st\.cache_", "services.py", "study_services.py") == []


@pytest.mark.parametrize("library", ["numpy", "cv2", "tensorflow", "keras", "PIL", "scipy"])
def test_screens_do_no_arithmetic_on_arrays(library: str) -> None:
    assert sources_with(rf"(?m)^\s*(import|from) {library}\b") == []


def test_nothing_on_screen_is_loaded_from_elsewhere() -> None:
    files = [*SOURCES, *(APP / "frontend").iterdir()]
    pattern = re.compile(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(")
    assert [file.name for file in files if pattern.search(file.read_text(encoding="utf-8"))] == []


def test_no_markup_out_of_markdown() -> None:
    assert sources_with(r"unsafe_allow_html") == []
