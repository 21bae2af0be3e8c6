"""Noting what was read on the worklist, and keeping the picture where the reader says so."""

from contextlib import suppress

import streamlit as st

from app import services, state
from app import worklist_texts as words
from app.archive import archive
from app.components import problem
from ml.errors import StoreError, SulcusError
from ml.results import Analysis, Refused, Scan


def show(file: state.OpenedFile, answer: Analysis | Refused) -> int | None:
    """Note a scan that is on screen; draw whether its picture is kept.

    Returns:
        Number of the answer, or None after saying why it is not on the worklist.
    """
    try:
        answer_id = archive().note(file.data, answer, services.model_version())
        _picture(answer.scan)
    except StoreError as error:
        problem.show(error)
        return None
    return answer_id


def note(file: state.OpenedFile) -> None:
    """Note a scan of the table of all opened ones; what fails is said when it comes on screen."""
    with suppress(SulcusError):
        kept, version = archive(), services.model_version()
        if not kept.noted(file.content_hash, version):
            scan = services.scan(file.content_hash, file.data)
            kept.note(file.data, services.analysis(scan), version)


def _picture(scan: Scan) -> None:
    """The button that keeps the picture, or until when it is kept."""
    pictures = archive().pictures
    until = pictures.kept_until(scan.content_hash)
    if until is None:
        days = pictures.keep_days
        if st.button(words.keep_button(days), key="keep_picture", help=words.keep_help(days)):
            pictures.keep(scan)
            st.rerun()
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(words.kept_until(until), width="content")
        if st.button(words.REMOVE, key="remove_picture", type="tertiary"):
            pictures.forget(scan.content_hash)
            st.rerun()
