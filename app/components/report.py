"""The report on the scan on screen: the AI's draft, the reader's words, signature, files."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from html import escape

import streamlit as st

from app import reader_session, report_session, reporting, services, state
from app import report_texts as words
from app.archive import archive
from app.components import kept_outlines, problem
from app.reports import as_json, dicom_seg, dicom_source, dicom_sr, pdf
from app.reports.draft import AI, Draft, Section, sign
from ml.errors import ReportError, StoreError
from ml.results import Analysis, Refused


def show(answer: Analysis | Refused, data: bytes) -> None:
    """Draw the report where the reader asked for it.

    Args:
        answer: what came of reading the scan.
        data: the file it was read from; DICOM objects take over its patient and study.
    """
    if not st.toggle(words.REPORT, key=state.REPORT_OPEN, help=words.REPORT_HELP):
        return
    digest = answer.scan.content_hash
    with st.container(border=True):
        done = report_session.signed(digest)
        if done is not None:
            _finished(done, answer, data)
        else:
            _editor(reporting.proposed(answer))
            kept_outlines.in_report(answer)
            _signature(answer, data)
        _downloads(reporting.current(answer), answer, data)


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


def _signature(answer: Analysis | Refused, data: bytes) -> None:
    """The button that signs for the reader; what is signed is what this run has read."""
    st.html(f'<div class="sulcus-muted">{words.NOT_SIGNED}</div>')
    name = reader_session.reader()
    if not name:
        st.caption(words.NAME_MISSING)
    if not st.button(words.sign_as(name), key="sign", disabled=not name):
        return
    done = sign(reporting.current(answer), name, datetime.now(UTC))
    digest = hashlib.sha256(as_json.render(done, answer)).hexdigest()
    try:
        number = archive().note(data, answer, services.model_version())
        archive().sign(number, name, digest)
    except StoreError as error:
        problem.show(error)
        return
    report_session.keep_signed(done)
    st.rerun()


def _finished(draft: Draft, answer: Analysis | Refused, data: bytes) -> None:
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
        _withdraw(draft.signature.name, answer, data)


def _marked(text: str, *, ai: bool) -> str:
    return f"<i>{escape(text)}</i>" if ai else escape(text)


def _withdraw(name: str, answer: Analysis | Refused, data: bytes) -> None:
    try:
        number = archive().note(data, answer, services.model_version())
        archive().take_back_signature(number, name)
    except StoreError as error:
        problem.show(error)
        return
    report_session.withdraw(answer.scan.content_hash)
    st.rerun()


def _downloads(draft: Draft, answer: Analysis | Refused, data: bytes) -> None:
    """One button a form, made when it is clicked; where a form cannot be, why not."""
    reasons = {"sr": _why_not(dicom_sr.why_not(answer), data)}
    reasons["seg"] = reasons["sr"] or dicom_seg.why_not(answer)
    with st.container(horizontal=True):
        _button("pdf", draft, partial(pdf.render, draft, answer))
        _button("json", draft, partial(as_json.render, draft, answer))
        for form in ("sr", "seg"):
            if reasons[form] or isinstance(answer, Refused):
                st.button(words.FORMS[form], key=f"unavailable.{form}", disabled=True)
            elif form == "sr":
                _button(form, draft, partial(dicom_sr.render, draft, answer, data))
            else:
                _button(form, draft, partial(dicom_seg.render, answer, data))
    for reason in dict.fromkeys(reasons.values()):
        st.caption(reason or words.IDENTITY)


def _why_not(reason: str, data: bytes) -> str:
    """Why nothing can be written into the study of the source, or ""."""
    if reason:
        return reason
    try:
        dicom_source.header(data)
    except ReportError as error:
        return str(error)
    return ""


def _button(form: str, draft: Draft, make: Callable[[], bytes]) -> None:
    ending, mime = words.FILES[form]
    st.download_button(
        words.FORMS[form],
        make,
        file_name=f"report-{draft.content_hash[:12]}{ending}",
        mime=mime,
        key=f"download.report.{form}",
        on_click="ignore",
    )
