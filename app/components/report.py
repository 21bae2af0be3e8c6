"""The report on the scan on screen: the AI's draft, the reader's words, signature, files."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from app import reader_session, report_session, reporting, signed_texts, state, trail
from app import report_texts as words
from app.archive import archive
from app.components import kept_outlines, problem, sending, signed_report
from app.reports import as_json
from app.reports.draft import Draft, Section, sign
from app.store.signed import NewReport
from ml.errors import SulcusError

if TYPE_CHECKING:
    from app.report_subject import Form, Subject


def show(make: "Callable[[], Subject | None]") -> None:
    """Draw the report where the reader asked for it.

    Args:
        make: gives what the report is on, or None where it cannot be told; asked for only where
            the report is drawn.
    """
    if not st.toggle(words.REPORT, key=state.REPORT_OPEN, help=words.REPORT_HELP):
        return
    subject = make()
    if subject is None:
        return
    with st.container(border=True):
        if signed_report.show(subject.content_hash):
            draft = subject.signed()
            if draft is None:
                st.caption(signed_texts.READ_OTHERWISE)
                return
        else:
            proposed = subject.propose()
            _editor(proposed)
            draft = subject.current(proposed)
            kept_outlines.in_report(draft)
            _signature(draft, subject)
        _downloads(draft, subject.forms(draft))
        if subject.caution:
            st.caption(subject.caution)


def _editor(draft: Draft) -> None:
    """The five sections: AI sentences to keep or leave out, and the reader's own words."""
    st.caption(words.HOW_TO_EDIT)
    for section in draft.sections:
        st.markdown(f"**{section.title}**")
        _sentences(draft.content_hash, section)
        st.text_area(
            words.own_words(section.title),
            key=report_session.key(draft.content_hash, section.name),
            height=68,
            label_visibility="collapsed",
            placeholder=words.own_words(section.title),
        )


def _sentences(digest: str, section: Section) -> None:
    for piece in section.pieces:
        part = reporting.part(piece.text)
        report_session.start_ticked(digest, part)
        st.checkbox(words.ai_sentence(piece.text), key=report_session.key(digest, part))


def _signature(draft: Draft, subject: "Subject") -> None:
    """The button that signs for the reader; what is signed is what this run has read."""
    st.html(f'<div class="sulcus-muted">{words.NOT_SIGNED}</div>')
    name = reader_session.reader()
    if not name:
        st.caption(words.NAME_MISSING)
    if not st.button(words.sign_as(name), key="sign", disabled=not name):
        return
    done = sign(draft, name, datetime.now(UTC))
    try:
        archive().reports.sign(subject.note(), _as_signed(done, subject))
    except SulcusError as error:
        problem.show(error)
        return
    st.rerun()


def _as_signed(done: Draft, subject: "Subject") -> NewReport:
    """What is stored of a report that was just signed."""
    name = "" if done.signature is None else done.signature.name
    weights = dict(done.footer.weights)
    return NewReport(name, as_json.VERSION, weights, subject.seal(done).decode())


def _downloads(draft: Draft, forms: "Mapping[str, Form]") -> None:
    """One button a form, made when it is clicked; where a form cannot be, why not."""
    with st.container(horizontal=True):
        for name, form in forms.items():
            if form.make is None:
                st.button(words.FORMS[name], key=f"unavailable.{name}", disabled=True)
            else:
                _button(name, draft, form.make)
    for reason in dict.fromkeys(forms[name].reason for name in ("sr", "seg")):
        st.caption(reason or words.IDENTITY)
    sending.show(forms, signed=draft.signature is not None, scan=draft.content_hash)


def _button(form: str, draft: Draft, make: Callable[[], bytes]) -> None:
    ending, mime = words.FILES[form]
    st.download_button(
        words.FORMS[form],
        trail.exporting(form, draft.content_hash, make),
        file_name=f"report-{draft.content_hash[:12]}{ending}",
        mime=mime,
        key=f"download.report.{form}",
        on_click="ignore",
    )
