"""What `app.robustness` found in messages of the viewer and in the store: what failed once."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import drawing_session, viewer_session
from app.archive import archive
from app.components import signed_report
from app.drawing_session import STROKES, Canvas
from app.loss.work import answered, named, new_report
from app.reports.addendum import addition
from app.reports.restored import restored
from app.reports.stored import addendum_in, report_in
from app.store.signed import NewReport, SignedReport
from ml.errors import StoreError

NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
READ = named("signed")
SIGNED = new_report(READ)


def row(document: str, number: int = 1, amends: int | None = None) -> SignedReport:
    report = NewReport("A. Reader", "1.3", SIGNED.weights, document)
    scan = READ.scan.content_hash
    return SignedReport(number, scan, report, NOON, report.digest, amends, True)


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    """The signed text with a change."""
    told = json.loads(SIGNED.document)
    change(told)
    return json.dumps(told)


ADDED = addition("Seen again.", "A. Reader", time=NOON, amends=row(SIGNED.document)).document
STRANGE = {
    "no JSON": "{",
    "a number": "3",
    "an empty object": "{}",
    "not a number": changed(lambda told: told["held_out"].update(figure=float("nan"))),
    "half a letter": changed(lambda told: told.update(notice="\ud800")),
    "nested without end": "[" * 100_000,
    "a section that there is not": changed(lambda told: told["sections"][0].update(name="x")),
    "a title of no text": changed(lambda told: told["sections"][0].update(title=None)),
    "a writer that there is not": changed(
        lambda told: told["sections"][1]["pieces"].insert(0, {"source": "x", "text": "y"})
    ),
    "a piece of no text": changed(lambda told: told["sections"][1].update(pieces=[1])),
    "a time without a zone": changed(
        lambda told: told["signature"].update(time="2026-11-22T12:00:00")
    ),
    "a time that is none": changed(lambda told: told["signature"].update(time="noon")),
    "no signature": changed(lambda told: told.update(signature=None)),
    "conflicts that are a number": changed(lambda told: told["result"].update(conflicts=0)),
    "weights that are numbers": changed(
        lambda told: told["made_by"].update(weights_sha256={"a": 1})
    ),
}


def test_the_valid_texts_are_read() -> None:
    assert report_in(SIGNED.document)["status"] == "signed"
    assert addendum_in(ADDED)["lines"] == ["Seen again."]
    rows = (row(SIGNED.document), row(ADDED, 2, 1))
    found = restored(rows[0], READ, rows=rows, outlines=(), drawings=())
    assert found is not None
    assert found.addenda[0].lines == ("Seen again.",)


@pytest.mark.parametrize("name", STRANGE)
def test_a_stored_text_that_is_no_report_is_a_sentence(name: str) -> None:
    one = row(STRANGE[name])
    with pytest.raises(StoreError, match="not a report or an addendum"):
        signed_report.draw(one, ())
    assert restored(one, READ, rows=(one,), outlines=(), drawings=()) is None


@pytest.mark.parametrize("document", ["3", "{}", ADDED.replace("Seen again.", "\\udc00")])
def test_a_stored_text_that_is_no_addendum_is_a_sentence(document: str) -> None:
    rows = (row(SIGNED.document), row(document, 2, 1))
    with pytest.raises(StoreError, match="not a report or an addendum"):
        signed_report.draw(rows[0], rows[1:])
    assert restored(rows[0], READ, rows=rows, outlines=(), drawings=()) is None


def test_a_report_on_another_scan_is_not_made_again() -> None:
    one = row(changed(lambda told: told["scan"].update(sha256="0" * 64)))
    assert restored(one, READ, rows=(one,), outlines=(), drawings=()) is None


def test_the_page_says_that_a_stored_text_is_no_report() -> None:
    read, number = answered(archive(), "page")
    archive().reports.sign(number, NewReport("A. Reader", "9.0", read.weights, "{}"))

    def page(scan: str) -> None:
        from app.components import signed_report

        signed_report.show(scan)

    at = AppTest.from_function(page, args=(read.scan.content_hash,), default_timeout=60).run()
    assert not at.exception
    assert "not a report or an addendum" in at.error[0].value
    digest = hashlib.sha256(b"{}").hexdigest()
    assert archive().reports.of_scan(read.scan.content_hash)[0].digest == digest


@pytest.mark.parametrize("told", [None, 3, "x", [], [["drawn"]]])
def test_what_is_no_message_of_the_viewer_changes_nothing(told: object) -> None:
    st.session_state.clear()
    canvas = Canvas(READ.scan.content_hash, READ.scan.content_hash, READ.scan, 1, {})
    st.session_state[viewer_session.KEY] = st.session_state[STROKES] = told
    drawing_session.take_start(canvas)
    drawing_session.take_drawn(canvas)
    drawing_session.take_keep(canvas)
    assert drawing_session.of(canvas) is None
    assert drawing_session.refusal(canvas) is None
