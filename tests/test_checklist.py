"""The filled checklists point at what is there, and answer every item."""

import re
from pathlib import Path

import pytest

from app import texts

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "checklist.md").read_text(encoding="utf-8")
PAGES = {value for name, value in vars(texts).items() if name.startswith("PAGE_")}
TRIPOD_AI = (
    *("1", "2", "3a", "3b", "3c", "4"),
    *("5a", "5b", "6a", "6b", "6c", "7", "8a", "8b", "8c", "9a", "9b", "9c", "10", "11"),
    *("12a", "12b", "12c", "12d", "12e", "12f", "12g", "13", "14", "15", "16", "17"),
    *("18a", "18b", "18c", "18d", "18e", "18f", "19"),
    *("20a", "20b", "20c", "21", "22", "23a", "23b", "24", "25", "26", "27a", "27b", "27c"),
)


def lines() -> list[list[str]]:
    """Cells of every line that answers something, asks-for first."""
    found = []
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if line.startswith("|") and "---" not in line and "asks for" not in line:
            found.append(cells[-3:])
    return found


def test_every_file_named_exists() -> None:
    paths = re.findall(r"`([^`]+)`", TEXT)
    assert len(paths) > 60
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_every_page_named_is_in_the_app() -> None:
    named = set(re.findall(r"page \*([^*]+)\*", TEXT))
    assert named
    assert named <= PAGES


@pytest.mark.parametrize("cells", lines(), ids=lambda cells: cells[0][:40])
def test_every_answer_is_plain_and_has_a_place(cells: list[str]) -> None:
    _, answer, place = cells
    assert re.match(r"\*{0,2}(yes|partly|no|not applicable|not ours)\b", answer)
    assert "`" in place or "page *" in place or place == "this page"
    if answer.strip("*").startswith(("no", "partly")) and not answer.startswith("not"):
        assert ":" in answer, "say why, or what is missing"


def test_no_item_of_tripod_ai_is_passed_over() -> None:
    items = re.findall(r"^\| (\d+[a-g]?) \|", TEXT, flags=re.MULTILINE)
    assert tuple(items) == TRIPOD_AI


@pytest.mark.parametrize(
    "gap", ["No external test", "No reader study", "No demographics", "reference standard is known"]
)
def test_the_large_gaps_are_said_first(gap: str) -> None:
    assert TEXT.index(gap) < TEXT.index("## CLAIM 2024")


def test_no_result_is_typed_in() -> None:
    assert re.findall(r"\b0\.\d+|\d+(?:\.\d+)? ?%", TEXT) == []
