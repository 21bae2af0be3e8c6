"""Signed reports as they were signed: to read, to save, to add to; never to change."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

import streamlit as st

from app import reader_session, report_session, report_texts, trail
from app import signed_texts as words
from app.archive import archive
from app.components import problem, recorder
from app.reports import addendum
from app.reports.draft import AI, READER, Addendum
from app.reports.restored import addenda_to
from app.reports.stored import report_in
from app.store.signed import SignedReport
from ml.errors import StoreError, SulcusError

_Rows = tuple[SignedReport, ...]


def show(content_hash: str) -> bool:
    """Draw the reports on a scan whose signatures stand.

    Returns:
        Whether there is one.
    """
    try:
        rows = archive().reports.of_scan(content_hash)
    except StoreError as error:
        problem.show(error)
        return False
    found = [row for row in rows if row.amends is None and row.standing]
    for row in found:
        _report(row, rows)
    return bool(found)


def listed(content_hash: str) -> None:
    """Draw every report on a scan to unfold, those too that were taken back; nothing for none.

    Raises:
        StoreError: they cannot be read.
    """
    rows = archive().reports.of_scan(content_hash)
    if rows:
        recorder.seen(content_hash, trail.REPORT_SEEN)
        st.markdown(f"**{words.ALL}**")
    for row in rows:
        if row.amends is None:
            with st.expander(words.title(row)):
                _report(row, rows)


def _report(row: SignedReport, rows: _Rows) -> None:
    """One report with its addenda, and what may still be done with it."""
    addenda = addenda_to(row, rows)
    if not all(one.intact for one in (row, *addenda)):
        st.error(words.NOT_INTACT)
        return
    try:
        draw(row, addenda)
    except StoreError as error:
        st.error(str(error))
        return
    st.caption(words.facts(row))
    _files(row, addenda)
    if not row.standing:
        st.caption(words.TAKEN_BACK)
        return
    _add(row, len(addenda))
    _withdrawal(row, more=bool(addenda))


def draw(row: SignedReport, addenda: _Rows) -> None:
    """Draw the texts of a report and of its addenda; all of them, or nothing.

    Raises:
        StoreError: one is no such text.
    """
    found = report_in(row.report.document)
    added = [addendum.parsed(one.report.document) for one in addenda]
    _document(found)
    for one in added:
        _addendum(one)


def _document(found: Mapping[str, Any]) -> None:
    """The sections, who wrote each line, and who signed."""
    for section in found["sections"]:
        pieces = ((piece["source"], piece["text"]) for piece in section["pieces"])
        _section(section["title"], pieces)
    by = found["signature"]
    _signature(by["name"], datetime.fromisoformat(by["time"]))


def _addendum(found: Addendum) -> None:
    _section(words.ADDENDUM, ((READER, line) for line in found.lines))
    _signature(found.signature.name, found.signature.time)


def _section(title: str, pieces: Iterable[tuple[str, str]]) -> None:
    lines = "".join(
        f'<tr><th scope="row">{escape(report_texts.SOURCES[source])}</th>'
        f"<td>{_marked(text, ai=source == AI)}</td></tr>"
        for source, text in pieces
    )
    said = lines or f"<tr><td>{report_texts.NOTHING_STATED}</td></tr>"
    st.html(f'<b>{escape(title)}</b><table class="sulcus-report">{said}</table>')


def _marked(text: str, *, ai: bool) -> str:
    return f"<i>{escape(text)}</i>" if ai else escape(text)


def _signature(name: str, time: datetime) -> None:
    st.html(f"<b>{escape(report_texts.signed(name, time))}</b>")


def _files(row: SignedReport, addenda: _Rows) -> None:
    """The JSON of the report and of each addendum, to the last letter."""
    with st.container(horizontal=True):
        for number, one in enumerate((row, *addenda)):
            part = f"addendum-{number}" if number else "signed"
            st.download_button(
                f"{words.ADDENDUM} {number}, JSON" if number else words.JSON,
                trail.exporting("json", row.content_hash, one.report.document.encode),
                file_name=f"report-{row.content_hash[:12]}.{part}.json",
                mime="application/json",
                key=f"download.signed.{one.id}",
                on_click="ignore",
            )


def _add(row: SignedReport, number: int) -> None:
    """The field of an addendum and the button that signs it."""
    name = reader_session.reader()
    key = report_session.key(row.content_hash, f"addendum.{row.id}.{number}")
    st.text_area(words.ADD, key=key, height=68, help=words.ADD_HELP)
    if not name:
        st.caption(words.NO_NAME)
    if st.button(words.add_as(name), key=f"amend.{row.id}", disabled=not name):
        text = report_session.written(row.content_hash, f"addendum.{row.id}.{number}")
        try:
            said = addendum.addition(text, name, time=datetime.now(UTC), amends=row)
            archive().reports.amend(row.id, said)
        except SulcusError as error:
            problem.show(error)
            return
        st.rerun()


def _withdrawal(row: SignedReport, *, more: bool) -> None:
    """The button that takes the signature back, for who signed."""
    mine = " ".join(reader_session.reader().split()) == row.report.reader
    if not st.button(
        words.WITHDRAW,
        key=f"withdraw.{row.id}",
        help=words.WITHDRAW_HELP,
        disabled=more or not mine,
    ):
        return
    try:
        archive().reports.take_back(row.id, row.report.reader)
    except StoreError as error:
        problem.show(error)
        return
    st.rerun()
