"""Rules of the house that a reader of one file cannot see broken elsewhere."""

import json
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
    frontend = APP / "frontend"
    own = [*frontend.glob("viewer.*"), *frontend.glob("*.js"), *(frontend / "src").iterdir()]
    assert len(own) > 2
    pattern = re.compile(r"https?://(?!www\.w3\.org/2000/svg|\{address\})|@import\b|url\(")
    files = [*SOURCES, *own]
    assert [file.name for file in files if pattern.search(file.read_text(encoding="utf-8"))] == []


def test_the_bundle_is_shipped_with_the_licences_of_what_is_in_it() -> None:
    """Addresses in it stand in comments of shaders; the browser test watches every request."""
    bundle = APP / "frontend" / "bundle"
    code = (bundle / "viewer.js").read_text(encoding="utf-8")
    assert not re.search(r"""(fetch|import|src=|Worker)\(?["'`]https?:""", code)
    names = json.loads((APP / "frontend" / "package.json").read_text())["dependencies"]
    licences = (bundle / "LICENSES.txt").read_text(encoding="utf-8")
    assert [name for name, version in names.items() if f"{name} {version} (" not in licences] == []


def test_no_markup_out_of_markdown() -> None:
    assert sources_with(r"unsafe_allow_html") == []


def test_browser_tests_wait_for_what_they_open() -> None:
    """By `go` and `settle` of tests/e2e/conftest.py; before the sign-in there is no bar."""
    unwaited = re.compile(r"\.goto\(|\.reload\(\)(?!.*\n +settle\()")
    sources = (APP.parent / "tests" / "e2e").glob("test_*.py")
    found = [file.name for file in sources if unwaited.search(file.read_text(encoding="utf-8"))]
    assert found == ["test_behind_the_door.py"]
