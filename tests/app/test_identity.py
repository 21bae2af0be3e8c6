"""No identifying attribute in what is written, exported, logged or shown.

A marker stands in every attribute of the basic profile (PS3.15 Annex E), in private and nested
ones and in the files' names; then everything that the app wrote and sent is searched for it.
"""

import io
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom.datadict import dictionary_has_tag, tag_for_keyword
from streamlit.testing.v1 import AppTest

from app import report_texts as words
from app import state
from app.archive import archive
from ml.io import read_scan
from ml.io.series import find_series
from tests.app import fakes
from tests.app.conftest import Opened
from tests.app.planted import (
    FILE_MARK,
    MARK,
    keywords,
    marked,
    marks_in,
    planted,
    shown,
    written,
)
from tests.app.planted import (
    opened as readable,
)
from tests.app.series_readings import complete_series
from tests.app.test_report import with_report
from tests.ml.io.series_files import zipped

NAME = f"{FILE_MARK}.dcm"
"""A reader sees it on the screen, to tell the files apart; it is written nowhere."""
Files = dict[str, Callable[[], bytes] | bytes]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    """[label of a download] → what it gives."""
    given: Files = {}

    def button(label: str, data: Any, **more: Any) -> None:
        given[label] = data
        assert not marks_in(more["file_name"])
        assert FILE_MARK not in more["file_name"]

    monkeypatch.setattr("streamlit.download_button", button)
    return given


def content(given: Callable[[], bytes] | bytes | str) -> bytes:
    data = given() if callable(given) else given
    return readable(data.encode() if isinstance(data, str) else data)


def signed(at: AppTest) -> AppTest:
    at = with_report(at)
    assert not at.exception
    at.text_input(key=state.READER).input("Dr. Reader").run()
    return at.button(key="sign").click().run()


def test_the_list_names_attributes_that_exist() -> None:
    known = keywords()
    assert len(known) > 600
    assert all(dictionary_has_tag(tag_for_keyword(name) or 0) for name in known)
    for name in ("PatientName", "AccessionNumber", "OtherPatientIDs", "StudyInstanceUID"):
        assert name in known


def uploads(kind: str) -> list[tuple[str, bytes]]:
    """Marked files as they are opened: names and bytes."""
    series = [planted(one) for one in complete_series()]
    if kind == "slice":
        return [(f"{NAME}.png", fakes.png(fakes.head())), (NAME, series[0])]
    if kind == "series":
        return [(f"{number} {NAME}", one) for number, one in enumerate(series)]
    return [(f"{NAME}.zip", zipped(series, f"{MARK}/{{}}.dcm")), ("b.dcm", series[0])]


@pytest.mark.usefixtures("engine", "metrics", "open_gate")
@pytest.mark.parametrize("kind", ["slice", "series", "zip"])
def test_a_marker_is_found_nowhere_after_reading_signing_and_exporting(
    kind: str, opened: Opened, files: Files, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    at = signed(opened(*uploads(kind)))
    assert not at.exception
    assert FILE_MARK in shown(at) or kind == "series"
    assert "signed" in [entry.status for entry in archive().worklist()]
    if len(at.session_state[state.OPENED]) > 1:
        at.button(key="all.reports").click().run()
        assert words.SAVE_ALL in files
    pages = [shown(at)]
    for page in ("worklist", "followup", "monitoring"):
        at = at.switch_page(f"views/{page}.py").run()
        assert not at.exception
        pages.append(shown(at))
    plain = {label: content(made) for label, made in files.items() if "identity" not in label}
    assert {words.FORMS["pdf"], words.FORMS["json"]} <= set(plain)
    home = tmp_path / "home"
    assert (home / "sulcus.sqlite").exists()
    stays = (*plain.values(), written(home), caplog.text.encode())
    assert [marks_in(found) for found in (*pages, *stays)] == [[]] * (len(pages) + len(stays))
    assert [found.count(FILE_MARK.encode()) for found in stays] == [0] * len(stays)


@pytest.mark.usefixtures("engine", "metrics", "open_gate")
def test_only_what_says_so_on_its_button_keeps_the_identity(opened: Opened, files: Files) -> None:
    at = with_report(opened((NAME, planted(complete_series()[0]))))
    assert not at.exception
    for form in ("sr", "seg"):
        assert words.FORMS[form].endswith("with the patient's identity")
    reasons = [one.value for one in at.caption]
    made = [words.FORMS[form] for form in ("sr", "seg") if words.FORMS[form] in files]
    assert made or words.UNUSABLE_HEADER in reasons
    for label in made:
        assert marks_in(content(files[label]))
        assert FILE_MARK.encode() not in content(files[label])
        assert words.IDENTITY in reasons


def test_a_kept_picture_has_no_marker(tmp_path: Path) -> None:
    series = [planted(one) for one in complete_series()]
    kept = archive()
    kept.pictures.keep(read_scan(series[0]))
    (found,) = find_series(series).series
    kept.pictures.keep_series(found.content_hash, found.read())
    kept.admit(read_scan(series[0]), series[0])
    kept.admit_series(found, found.read())
    assert len(list((tmp_path / "home" / "pictures").iterdir())) == 2
    assert marks_in(written(tmp_path / "home")) == []


def damaged_files() -> list[bytes]:
    """The marked slice, refused for one reason after another."""
    whole = planted(complete_series()[0])
    pixels = whole.rindex(b"\xe0\x7f\x10\x00")
    colour = whole.replace(b"MONOCHROME2", b"RGB" + b" " * 8)
    syntax = whole.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.6\0", 1)
    cuts = [whole[:end] for end in (200, 400, pixels // 2, pixels, pixels + 40)]
    packed = zipped([whole], f"../{MARK}{{}}")
    return [*cuts, colour, syntax, packed, packed[:-30], whole[:pixels] + whole[pixels + 8 :]]


@pytest.mark.usefixtures("engine", "no_metrics", "open_gate")
def test_no_refusal_of_a_damaged_file_quotes_it(opened: Opened) -> None:
    at = opened(*((f"{n}", data) for n, data in enumerate(damaged_files())))
    refused = 0
    for digest in list(at.selectbox(key=state.ACTIVE).options):
        assert not marks_in(digest)
    for file in at.session_state[state.OPENED]:
        at.selectbox(key=state.ACTIVE).set_value(file.content_hash).run()
        assert not at.exception
        refused += len(at.error)
        assert marks_in(shown(at)) == []
    assert refused >= 5


def test_the_search_itself_finds_a_marker(tmp_path: Path) -> None:
    data = planted(complete_series()[0])
    assert marks_in(data)
    assert len(set(keywords()) - set(marked(data))) < 30, "most attributes hold it"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive_:
        archive_.writestr("inside", data)
    (tmp_path / "a").write_bytes(stream.getvalue())
    assert marks_in(written(tmp_path)) == marks_in(data)
