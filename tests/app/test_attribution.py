"""Every package that is installed is on the list of licences, and the page shows it."""

from pathlib import Path

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from app import attribution, attribution_texts
from ml.datasets.picture import SOURCES
from tests.app import fakes
from tests.app.conftest import html

FONTS = {
    "KaTeX": "KaTeX",
    "MaterialSymbols": "Material Symbols",
    "SourceSans": "Source Sans",
    "SourceSerif": "Serif",
    "SourceCode": "Code",
}
"""How a font's file begins, and how the list names it."""


def test_the_committed_list_is_that_of_the_lock_files() -> None:
    made = {(one.used, one.name, one.version) for one in attribution.collected()}
    kept = {(one.used, one.name, one.version) for one in attribution.listed()}
    assert kept == made, "run make licences"


def test_the_command_writes_the_list_and_says_what_states_no_licence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = attribution.listed()
    monkeypatch.setattr(attribution, "FILE", tmp_path / "licences.csv")
    monkeypatch.setattr(attribution, "collected", lambda: parts)
    assert attribution.main() == 0
    assert attribution.listed(tmp_path / "licences.csv") == parts
    silent = attribution.Part("app", "silent", "1", attribution.NOT_STATED)
    monkeypatch.setattr(attribution, "collected", lambda: (*parts, silent))
    assert attribution.main() == 1
    assert "No licence stated by: silent." in capsys.readouterr().out


def test_every_entry_states_a_licence() -> None:
    parts = attribution.listed()
    assert {one.used for one in parts} == set(attribution_texts.USED)
    assert [one.name for one in parts if one.licence == attribution.NOT_STATED] == []


def test_every_font_that_streamlit_brings_is_credited() -> None:
    folder = Path(streamlit.__file__).parent / "static"
    files = [
        file.name for ending in ("woff", "woff2", "ttf") for file in folder.rglob(f"*.{ending}")
    ]
    assert files
    assert [name for name in files if not name.startswith(tuple(FONTS))] == []
    credited = " ".join(one.name for one in attribution.listed() if one.used == "font")
    assert [words for words in FONTS.values() if words not in credited] == []


def test_every_data_set_is_credited_with_its_licence() -> None:
    credited = [one for one in attribution.listed() if one.used == "data set"]
    assert len(credited) == len(SOURCES)
    assert all(one.licence for one in credited)


def test_what_is_not_installed_states_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise attribution.PackageNotFoundError(name)

    monkeypatch.setattr(attribution, "distribution", absent)
    assert attribution.collected()[0].licence == attribution.NOT_STATED


def test_the_page_shows_the_list(app: AppTest, engine: fakes.FakeEngine) -> None:
    at = app.run()
    at.switch_page("views/licences.py").run()
    assert not at.exception
    said = html(at)
    assert "streamlit" in said
    assert "@niivue/niivue" in said
    assert [one.value for one in at.subheader] == list(attribution_texts.USED.values())
