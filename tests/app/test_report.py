"""The report on the page *Read a scan*: editing, signing, and the files it gives."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pydicom
import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from app import readings_texts, report_session, reporting, signed_texts, state
from app import report_texts as words
from app.archive import archive
from app.reports.draft import AI, READER
from app.store.records import NEW, SIGNED
from ml import pipeline
from ml.inference.gate import REASONS
from ml.io import read_scan
from ml.readings import COLUMNS
from ml.results import Refusal
from tests.app import fakes, readings
from tests.app.conftest import CLEAR, LESION, Opened, expected, html

Files = dict[str, Callable[[], bytes]]
DIGEST = read_scan(LESION).content_hash


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    """[label of a download] → what makes it; nothing is made before it is called."""
    given: Files = {}

    def button(label: str, data: Callable[[], bytes], **more: Any) -> None:
        given[label] = data
        assert more["file_name"].startswith(("report-", f"{readings_texts.FILE}."))

    monkeypatch.setattr("streamlit.download_button", button)
    return given


def with_report(at: AppTest) -> AppTest:
    return at.toggle(key=state.REPORT_OPEN).set_value(True).run()


def document(files: Files) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files[words.FORMS["json"]]())
    return found


def pieces(found: dict[str, Any], name: str) -> list[tuple[str, str]]:
    section = next(one for one in found["sections"] if one["name"] == name)
    return [(piece["source"], piece["text"]) for piece in section["pieces"]]


def test_no_report_is_drawn_before_it_is_asked_for(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    at = opened(("slice.png", LESION))
    assert not at.exception
    assert not at.text_area
    assert not files
    at = with_report(at)
    assert not at.exception
    assert len(at.text_area) == len(words.SECTIONS)
    assert engine.calls["mobilenet"] == 1


def test_the_draft_has_the_sentences_of_the_reading(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    at = with_report(opened(("slice.png", LESION)))
    shown = [box.label for box in at.checkbox]
    said = pieces(document(files), "findings") + pieces(document(files), "impression")
    assert {source for source, _ in said} == {AI}
    assert [words.ai_sentence(text) for _, text in said] == shown[-len(said) :]
    assert words.sizes(expected(LESION).segmentation.measurement) in dict(map(reversed, said))
    assert words.NOT_SIGNED in html(at)


def test_a_readers_words_and_a_sentence_taken_out_reach_the_files(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    at = with_report(opened(("slice.png", LESION)))
    gone = report_session.key(DIGEST, reporting.part(words.NO_SIDE))
    at.checkbox(key=gone).uncheck()
    at.text_area(key=report_session.key(DIGEST, "findings")).input("Own words.").run()
    assert not at.exception
    said = pieces(document(files), "findings")
    assert said[-1] == (READER, "Own words.")
    assert (AI, words.NO_SIDE) not in said
    text = PdfReader(io.BytesIO(files[words.FORMS["pdf"]]())).pages[0].extract_text()
    assert "Own words." in text
    assert words.DRAFT in text


def test_signing_needs_a_name_and_fixes_the_report(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    at = with_report(opened(("slice.png", LESION)))
    assert at.button(key="sign").disabled
    assert words.NAME_MISSING in [one.value for one in at.caption]
    at.text_area(key=report_session.key(DIGEST, "impression")).input("Agreed <b>.")
    at.text_input(key=state.READER).input("Dr. Ä. Reader").run()
    at.button(key="sign").click().run()
    assert not at.exception
    found = document(files)
    assert found["status"] == "signed"
    assert found["signature"]["name"] == "Dr. Ä. Reader"
    (entry,) = archive().worklist()
    assert entry.status == SIGNED
    assert pieces(found, "impression")[-1] == (READER, "Agreed <b>.")
    assert [one.label for one in at.text_area] == [signed_texts.ADD], "nothing else is written"
    page = html(at)
    assert "Signed by Dr. Ä. Reader" in page
    assert "Agreed &lt;b&gt;." in page

    at.button(key="withdraw.1").click().run()
    assert archive().worklist()[0].status == NEW
    assert document(files)["status"] == "draft"
    area = at.text_area(key=report_session.key(DIGEST, "impression"))
    assert area.value == "Agreed <b>."


def test_each_scan_has_its_own_report_and_closing_forgets_them(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    at = with_report(opened(("one.png", LESION), ("two.png", CLEAR)))
    key = report_session.key(DIGEST, "comparison")
    at.text_area(key=key).input("Of the first.").run()
    at.button(key="next").click().run()
    assert "Of the first." not in str(document(files))
    at.switch_page("views/accuracy.py").run()
    at.switch_page("views/read.py").run()
    at.button(key="previous").click().run()
    assert at.text_area(key=key).value == "Of the first."
    at.button(key="close").click().run()
    assert key not in at.session_state


def test_a_png_says_why_it_has_no_dicom_report(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    at = with_report(opened(("slice.png", LESION)))
    assert set(files) == {words.FORMS["pdf"], words.FORMS["json"]}
    off = [one.label for one in at.button if one.disabled]
    assert {words.FORMS["sr"], words.FORMS["seg"]} <= set(off)
    assert words.not_dicom("PNG") in [one.value for one in at.caption]
    text = PdfReader(io.BytesIO(files[words.FORMS["pdf"]]())).pages[0].extract_text()
    assert " mm" not in text
    assert " px" in text


def test_a_dicom_slice_gives_sr_and_seg_of_its_study(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    data = readings.source()
    at = with_report(opened(("slice.dcm", data)))
    assert not at.exception
    assert words.IDENTITY in [one.value for one in at.caption]
    original = pydicom.dcmread(io.BytesIO(data))
    for form in ("sr", "seg"):
        made = pydicom.dcmread(io.BytesIO(files[words.FORMS[form]]()))
        assert made.Modality == form.upper()
        assert made.StudyInstanceUID == original.StudyInstanceUID
        assert made.PatientID == original.PatientID


def test_a_refused_scan_has_a_report_without_a_class(
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Shut:
        def check(self, weights: object) -> None: ...

        def answer(self, scans: list[object], *_: object) -> list[Refusal]:
            return [Refusal(REASONS[0], 0.1, 0.2) for _ in scans]

    monkeypatch.setattr(pipeline, "shipped_gate", Shut)
    at = with_report(opened(("slice.dcm", readings.source())))
    assert not at.exception
    found = document(files)
    assert found["result"]["status"] == "refused"
    assert (AI, words.REFUSED) in pieces(found, "findings")
    assert words.REFUSED_NO_DICOM in [one.value for one in at.caption]
    assert set(files) == {words.FORMS["pdf"], words.FORMS["json"]}


def test_all_reports_go_into_one_zip_without_a_file_name(
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[bytes] = []
    monkeypatch.setattr(
        "streamlit.download_button",
        lambda _, data, **__: given.append(data) if isinstance(data, bytes) else None,
    )
    at = opened(("Doe^Jane.png", LESION), ("words.png", b"no picture"), ("two.png", CLEAR))
    assert not given
    at.button(key="all.reports").click().run()
    assert not at.exception
    (packed,) = given
    assert b"Doe" not in packed
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
        rows = list(csv.DictReader(io.StringIO(archive.read("readings.csv").decode())))
        found = json.loads(archive.read(f"001-{DIGEST[:12]}.json"))
        pages = PdfReader(io.BytesIO(archive.read(f"001-{DIGEST[:12]}.pdf"))).pages
    assert [name[:3] for name in names] == ["001", "001", "003", "003", "rea"]
    assert [row["status"] for row in rows] == ["ok", "failed", "ok"]
    assert list(rows[0]) == list(COLUMNS)
    assert rows[0]["prediction"] == found["result"]["suggested"] == expected(LESION).mean.label
    assert words.DRAFT in pages[0].extract_text()
    assert engine.calls["mobilenet"] == 2


def test_nothing_in_a_sentence_is_taken_for_markdown() -> None:
    assert words.ai_sentence("0.5 [0.4–0.6] *x*") == r"AI · *0.5 \[0.4–0.6\] \*x\**"
