"""The report on the scan on screen: the AI's draft, the reader's words, signature, files."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import escape

import streamlit as st

from app import reader_session, report_session, reporting, state, trail
from app import report_texts as words
from app.archive import archive
from app.components import kept_outlines, problem, sending
from app.report_subject import Form, Subject
from app.reports.draft import AI, Draft, Section, sign
from ml.errors import SulcusError


def show(make: Callable[[], Subject | None]) -> None:
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
        done = report_session.signed(subject.content_hash)
        if done is not None:
            _finished(done, subject)
            draft = done
        else:
            proposed = subject.propose()
            _editor(proposed)
            draft = subject.current(proposed)
            kept_outlines.in_report(draft)
            _signature(draft, subject)
        _downloads(draft, subject.forms(draft))


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


def _signature(draft: Draft, subject: Subject) -> None:
    """The button that signs for the reader; what is signed is what this run has read."""
    st.html(f'<div class="sulcus-muted">{words.NOT_SIGNED}</div>')
    name = reader_session.reader()
    if not name:
        st.caption(words.NAME_MISSING)
    if not st.button(words.sign_as(name), key="sign", disabled=not name):
        return
    done = sign(draft, name, datetime.now(UTC))
    digest = hashlib.sha256(subject.seal(done)).hexdigest()
    try:
        archive().sign(subject.note(), name, digest)
    except SulcusError as error:
        problem.show(error)
        return
    report_session.keep_signed(done)
    st.rerun()


def _finished(draft: Draft, subject: Subject) -> None:
    """A signed report, which nobody changes before its signature is taken back."""
    for section in draft.sections:
        lines = "".join(
            f'<tr><th scope="row">{words.SOURCES[piece.source]}</th>'
            f"<td>{_marked(piece.text, ai=piece.source == AI)}</td></tr>"
            for piece in section.pieces
        )
        said = lines or f"<tr><td>{words.NOTHING_STATED}</td></tr>"
        st.html(f'<b>{section.title}</b><table class="sulcus-report">{said}</table>')
    st.html(f"<b>{escape(draft.status_line)}</b>")
    if st.button(words.WITHDRAW, key="withdraw") and draft.signature is not None:
        _withdraw(draft.signature.name, subject)


def _marked(text: str, *, ai: bool) -> str:
    return f"<i>{escape(text)}</i>" if ai else escape(text)


def _withdraw(name: str, subject: Subject) -> None:
    try:
        archive().take_back_signature(subject.note(), name)
    except SulcusError as error:
        problem.show(error)
        return
    report_session.withdraw(subject.content_hash)
    st.rerun()


def _downloads(draft: Draft, forms: Mapping[str, Form]) -> None:
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
