"""Noting what was read on the worklist, and keeping it where the reader says so."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

import streamlit as st

from app import series_texts, services, state, trail
from app import worklist_texts as words
from app.archive import archive
from app.components import problem
from ml.errors import StoreError, SulcusError
from ml.io.series import Series
from ml.results import Analysis, Refused
from ml.study import StudyReading
from ml.volume import Volume


def show(file: state.OpenedFile, answer: Analysis | Refused) -> int | None:
    """Note a scan that is on screen; draw whether its picture is kept.

    Returns:
        Number of the answer, or None after saying why it is not on the worklist.
    """
    try:
        answer_id = archive().note(file.data, answer, services.model_version())
        keep = partial(archive().pictures.keep, answer.scan)
        _kept(answer.scan.content_hash, words.keep_button(archive().pictures.keep_days), keep)
    except StoreError as error:
        problem.show(error)
        return None
    return answer_id


def show_series(series: Series, volume: Volume, found: StudyReading) -> int | None:
    """The same for a series that was read as a whole."""
    try:
        answer_id = archive().note_series(
            series, volume, found=found, version=services.model_version()
        )
        keep = partial(archive().pictures.keep_series, series.content_hash, volume)
        button = series_texts.keep_button(archive().pictures.keep_days)
        _kept(series.content_hash, button, keep)
    except SulcusError as error:
        problem.show(error)
        return None
    return answer_id


def seen(content_hash: str | None, what: str = trail.SEEN) -> None:
    """Note in the audit trail that this reader saw a scan or the worklist.

    A store that cannot be reached is said by what the page asks of it next.
    """
    with suppress(StoreError):
        trail.note_once(what, content_hash)


def note(file: state.OpenedFile) -> None:
    """Note a scan of the table of all opened ones; what fails is said when it comes on screen."""
    with suppress(SulcusError):
        kept, version = archive(), services.model_version()
        if not kept.noted(file.content_hash, version):
            scan = services.scan(file.content_hash, file.data)
            kept.note(file.data, services.analysis(scan), version)


def _kept(content_hash: str, button: str, keep: Callable[[], datetime]) -> None:
    """The button that keeps what is on screen, or until when it is kept."""
    pictures = archive().pictures
    until = pictures.kept_until(content_hash)
    if until is None:
        if st.button(button, key="keep_picture", help=words.keep_help(pictures.keep_days)):
            with st.spinner(series_texts.KEEPING):
                keep()
                trail.note(trail.KEPT, content_hash)
            st.rerun()
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(words.kept_until(until), width="content")
        if st.button(words.REMOVE, key="remove_picture", type="tertiary"):
            pictures.forget(content_hash)
            trail.note(trail.REMOVED, content_hash)
            st.rerun()
