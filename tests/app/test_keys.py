"""Keys and gestures: one table, from which the buttons and the help are made."""

import ast
import re
from itertools import chain
from pathlib import Path

import pytest

from app import shortcuts
from app.components import look
from app.shortcuts import PLACES, Shortcut

APP = Path(__file__).resolve().parents[2] / "app"
LISTED = tuple(chain.from_iterable(PLACES.values()))
TOGETHER = ("Read a scan", "On the picture")
"""Places that are on screen at once."""


def named() -> dict[str, Shortcut]:
    return {name: one for name, one in vars(shortcuts).items() if isinstance(one, Shortcut)}


def given() -> list[tuple[str, str]]:
    """(file, source) of every shortcut that a Streamlit button is given."""
    found = []
    for file in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "shortcut":
                found.append((file.name, ast.unparse(node.value)))
    return found


def test_every_named_shortcut_is_in_the_help() -> None:
    assert [name for name, one in named().items() if one not in LISTED] == []


def test_no_key_means_two_things_in_one_place() -> None:
    everywhere = [key for one in PLACES["On every page"] for key in one.keys]
    on_reading = [key for place in TOGETHER for one in PLACES[place] for key in one.keys]
    assert len(set(everywhere + on_reading)) == len(everywhere + on_reading)
    for place, rows in PLACES.items():
        keys = [key for one in rows for key in one.keys]
        assert len(keys) == len(set(keys)), place
        assert place == "On every page" or not set(keys) & set(everywhere), place


def test_buttons_take_their_key_from_the_table() -> None:
    sources = [source for _, source in given()]
    assert sources
    for file, source in given():
        assert re.fullmatch(r"shortcuts\.[A-Z_]+\.key|shortcut", source), f"{file}: {source}"


@pytest.mark.parametrize("name", [name for name, one in named().items() if one.key])
def test_every_key_of_a_button_has_its_button(name: str) -> None:
    views = [file for file in APP.rglob("*.py") if file.name != "shortcuts.py"]
    assert any(f"shortcuts.{name}.key" in file.read_text(encoding="utf-8") for file in views)


def test_keys_that_the_viewer_listens_to_are_in_the_help() -> None:
    script = (APP / "frontend" / "src" / "gestures.ts").read_text(encoding="utf-8")
    heard = set(re.findall(r'^ +"?(.)"?: (?:\(\) =>|zoom\()', script, re.MULTILINE))
    assert {"h", "0"} < heard
    assert heard == {key for one in PLACES["On the picture"] for key in one.keys if len(key) == 1}


def test_keys_that_hold_a_picture_are_in_the_help() -> None:
    script = (APP / "frontend" / "src" / "held.ts").read_text(encoding="utf-8")
    heard = {
        *re.findall(r"^ +(Arrow)\w+: \[", script, re.MULTILINE),
        *re.findall(r'[ {]"?(\w+| )"?: (?:enter|\(\) =>)', script),
    }
    signs = {"Arrow": "Arrows", " ": "Space", "Escape": "Esc", "Enter": "Enter"}
    assert heard == set(signs)
    assert set(signs.values()) <= {key for one in LISTED for key in one.keys}


def test_the_help_holds_the_whole_table() -> None:
    drawn = look.drawing()
    told = {place["title"]: [row["does"] for row in place["rows"]] for place in drawn["places"]}
    assert told == {place: [one.does for one in rows] for place, rows in PLACES.items()}
    assert drawn["key"] == "?"
