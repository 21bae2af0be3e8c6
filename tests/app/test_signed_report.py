"""Signed reports after a restart: on the worklist, on the page that reads, with addenda."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from jsonschema import Draft202012Validator
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from app import reader_session, report_session, report_texts, reporting, services, state
from app import signed_texts as words
from app.archive import archive
from app.reports import addendum, as_json
from app.reports.addendum import addition
from app.reports.bundle import Entry, zipped
from app.reports.draft import sign
from app.reports.own_drawing import with_drawing
from app.reports.restored import restored
from app.store.signed import NewReport, SignedReport
from ml.errors import ReportError
from ml.io import read_scan
from ml.results import Analysis
from tests.app import fakes
from tests.app.conftest import LESION, Opened, html, restarted
from tests.app.drawings import kept, new
from tests.app.readings import drafted, reading, refused, source
from tests.app.test_report import Files, document, files, with_report
from tests.app.test_worklist import lines, said, worklist

__all__ = ["files"]

DIGEST = read_scan(LESION).content_hash
READER = "A. Reader"
NOON = datetime(2026, 11, 22, 12, 30, 15, tzinfo=UTC)


def signed(at: AppTest) -> AppTest:
    at = with_report(at)
    at.text_area(key=report_session.key(DIGEST, "impression")).input("Agreed <b>.")
    at.text_input(key=state.READER).input(READER).run()
    at.button(key="sign").click().run()
    assert not at.exception
    return at


def uploaded(at: AppTest) -> AppTest:
    at.run().file_uploader[0].set_value([("one.png", LESION, "image/png")])
    return with_report(at.run())


def stored(draft: Any, answer: Any, number: int = 1) -> SignedReport:
    """A row of a report that was signed now."""
    done = sign(draft, READER, NOON)
    text = as_json.render(done, answer).decode()
    report = NewReport(READER, as_json.VERSION, dict(done.footer.weights), text)
    return SignedReport(number, done.content_hash, report, NOON, report.digest, None, True)


def test_the_signed_text_is_stored_with_reader_form_weights_and_digest(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    at = signed(opened(("one.png", LESION)))
    (row,) = archive().reports.of_scan(DIGEST)
    text = files[report_texts.FORMS["json"]]()
    assert row.report.document.encode() == text == files[words.JSON]()
    assert (row.report.reader, row.report.form_version) == (READER, as_json.VERSION)
    assert dict(row.report.weights) == document(files)["made_by"]["weights_sha256"]
    assert row.digest == hashlib.sha256(text).hexdigest()
    assert not any(box.label.startswith("Findings") for box in at.text_area), "read-only"


def test_who_reads_and_saves_a_signed_report_is_noted(
    app: AppTest,
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    files: Files,
) -> None:
    signed(opened(("one.png", LESION)))
    before = len(archive().trail.last(99))
    files[words.JSON]()
    worklist(app)
    worklist(app)
    lines = archive().trail.last(99)[: -before or None][::-1]
    assert [line.what for line in lines] == ["exported json", "worklist seen", "report seen"]
    assert {line.scan for line in lines} == {DIGEST, None}


def test_after_a_restart_it_is_on_the_worklist_and_opens_as_it_was_signed(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    signed(opened(("one.png", LESION)))
    (row,) = archive().reports.of_scan(DIGEST)
    at = worklist(restarted().run())
    assert lines(at).iloc[0][words.COLUMN].startswith(f"{READER}, 2")
    assert at.expander[0].label == words.title(row)
    page = html(at)
    assert f"Signed by {READER}" in page
    assert "Agreed &lt;b&gt;." in page
    assert files[words.JSON]() == row.report.document.encode()
    assert at.button(key="withdraw.1").disabled, "nobody said who reads"

    files.clear()
    again = uploaded(restarted())
    assert not again.exception
    assert f"Signed by {READER}" in html(again)
    assert [one.key for one in again.checkbox if "report" in str(one.key)] == []
    assert files[report_texts.FORMS["json"]]() == row.report.document.encode()
    pdf = PdfReader(io.BytesIO(files[report_texts.FORMS["pdf"]]())).pages[0].extract_text()
    assert report_texts.DRAFT not in pdf


def test_an_addendum_is_added_without_the_picture_and_reaches_every_file(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    signed(opened(("one.png", LESION)))
    (row,) = archive().reports.of_scan(DIGEST)
    at = worklist(restarted().run())
    assert at.button(key="amend.1").disabled
    at.text_input(key=state.READER).input("B. Reader").run()
    assert at.button(key="withdraw.1").disabled, "another reader's"
    at.button(key="amend.1").click().run()
    assert "no text" in at.error[0].value
    at.text_area[0].input("Compared by telephone.\n\nUnchanged <i>.").run()
    at.button(key="amend.1").click().run()
    assert not at.exception
    assert at.text_area[0].value == ""
    before, after = archive().reports.of_scan(DIGEST)
    assert (before.report, before.standing) == (row.report, True)
    assert (after.amends, after.report.reader) == (row.id, "B. Reader")
    assert "Unchanged &lt;i&gt;." in html(at)
    assert "1 addendum" in lines(at).iloc[0][words.COLUMN]
    at.text_input(key=state.READER).input(READER).run()
    assert at.button(key="withdraw.1").disabled, "it has an addendum"

    uploaded(restarted())
    assert reporting.signed_texts(DIGEST) == (row.report.document, after.report.document)
    assert files[report_texts.FORMS["json"]]() == row.report.document.encode()
    pages = PdfReader(io.BytesIO(files[report_texts.FORMS["pdf"]]())).pages
    text = "\n".join(page.extract_text() for page in pages)
    assert "Compared by telephone." in text
    assert "Signed by B. Reader" in text


def test_a_signature_taken_back_leaves_the_text_on_the_worklist(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    at = signed(opened(("one.png", LESION)))
    at.button(key="withdraw.1").click().run()
    assert at.text_area(key=report_session.key(DIGEST, "impression")).value == "Agreed <b>."
    at = worklist(restarted().run())
    assert "taken back" in at.expander[0].label
    assert words.TAKEN_BACK in said(at)
    assert "Agreed &lt;b&gt;." in html(at)
    assert "withdraw.1" not in [one.key for one in at.button]


def test_another_reading_does_not_pass_for_the_one_that_was_signed(
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signed(opened(("one.png", LESION)))
    files.clear()
    monkeypatch.setattr(engine, "fingerprint", lambda _: "e" * 64)
    st.cache_data.clear()
    st.cache_resource.clear()
    again = uploaded(restarted())
    assert f"Signed by {READER}" in html(again)
    assert words.READ_OTHERWISE in said(again)
    assert set(files) == {words.JSON}


def test_a_text_changed_outside_is_not_shown(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], files: Files
) -> None:
    signed(opened(("one.png", LESION)))
    with archive().reports._writing.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER signed_reports_no_UPDATE")
        connection.exec_driver_sql("UPDATE signed_reports SET document = '{}'")
    at = worklist(restarted().run())
    assert at.error[0].value == words.NOT_INTACT
    assert "sulcus-report" not in html(at)


@pytest.mark.parametrize("answer", [reading(), reading("PNG"), refused()])
def test_a_stored_report_is_restored_only_from_its_own_reading(answer: Any) -> None:
    row = stored(drafted(answer), answer)
    draft = restored(row, answer, rows=[row], outlines=[], drawings=[])
    assert draft == sign(drafted(answer), READER, NOON)
    assert restored(row, replace(answer, weights={}), rows=[row], outlines=[], drawings=[]) is None
    if isinstance(answer, Analysis):
        other = replace(answer, detections=())
        assert restored(row, other, rows=[row], outlines=[], drawings=[]) is None


def test_a_report_on_a_drawing_is_restored_with_the_drawing_that_it_was_signed_on() -> None:
    answer = reading()
    drawing = kept(answer.scan.content_hash, new({1: answer.segmentation.mask}, answer.scan))
    draft = with_drawing(drafted(answer), drawing)
    row = stored(draft, answer)
    damaged = replace(drawing, outline=replace(drawing.outline, mask=b"damaged"))
    later = replace(drawing, at=drawing.at + timedelta(minutes=1))
    others = [damaged, later]
    found = restored(row, answer, rows=[row], outlines=[], drawings=[*others, drawing])
    assert found == sign(draft, READER, NOON)
    assert restored(row, answer, rows=[row], outlines=[], drawings=others) is None


def test_a_signed_report_on_a_kept_drawing_is_found_again_with_its_picture(
    engine: fakes.FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_session, "reader", lambda: READER)
    answer = reading()
    answer_id = archive().note(source(), answer, services.model_version())
    archive().drawings.keep(
        answer_id, replace(new({1: answer.segmentation.mask}, answer.scan), reader=READER)
    )
    draft = reporting.current(drafted(answer), answer)
    assert draft.drawing is not None
    archive().reports.sign(answer_id, stored(draft, answer).report)
    found = reporting.current(drafted(answer), answer)
    assert (found.status, found.drawing) == ("signed", draft.drawing)


def test_an_addendum_keeps_its_form_and_goes_into_the_zip() -> None:
    answer = reading()
    row = stored(drafted(answer), answer)
    added = addition(" One.\n\n Two. ", " B.  Reader ", time=NOON, amends=row)
    schema = json.loads(Path(addendum.__file__).with_name("addendum.schema.json").read_text())
    found = json.loads(added.document)
    Draft202012Validator(schema).validate(found)
    assert (found["lines"], found["amends"]["sha256"]) == (["One.", "Two."], row.digest)
    assert not Draft202012Validator(schema).is_valid({**found, "lines": []})
    more = SignedReport(2, row.content_hash, added, NOON, added.digest, row.id, True)
    draft = restored(row, answer, rows=[row, more], outlines=[], drawings=[])
    assert draft is not None
    texts = (row.report.document, added.document)
    entry = Entry(row.content_hash, (draft, answer), signed=texts)
    with zipfile.ZipFile(io.BytesIO(zipped([entry]))) as packed:
        name = f"001-{row.content_hash[:12]}"
        assert packed.read(f"{name}.json").decode() == row.report.document
        assert packed.read(f"{name}.signed-1.json").decode() == row.report.document
        assert packed.read(f"{name}.signed-2.json").decode() == added.document
    with pytest.raises(ReportError, match="no text"):
        addition(" \n ", READER, time=NOON, amends=row)
