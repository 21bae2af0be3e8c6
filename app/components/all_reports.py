"""One zip with the reports on all opened scans and series, made when it is asked for."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import reader_session, reporting, services, state, study_services, trail
from app import report_texts as words
from app.components import problem
from app.reports.series_result import SeriesResult
from ml.errors import SulcusError
from ml.io.series import Series

if TYPE_CHECKING:
    from app.reports.bundle import Entry


def show() -> None:
    """Draw the button, and after a click the download; nothing before a blind reading is done."""
    files = [one for one in state.opened() if one.problem is None]
    if reader_session.any_unseen(files):
        return
    if not st.button(words.ALL_REPORTS, key="all.reports", help=words.ALL_REPORTS_HELP):
        return
    from app.reports.bundle import zipped  # with it what writes PDF

    try:
        packed = zipped(_entries(files))
        trail.exported("zip", [one.content_hash for one in files])
    except SulcusError as error:
        problem.show(error)
        return
    st.download_button(
        words.SAVE_ALL,
        packed,
        file_name="reports.zip",
        mime="application/zip",
        key="download.reports",
        on_click="ignore",
    )


def _entries(files: Sequence[state.OpenedFile]) -> "Iterator[Entry]":
    """Every opened scan in order, with a progress bar."""
    bar = st.progress(0.0, text=words.WRITING)
    for number, file in enumerate(files, start=1):
        yield _entry(file)
        bar.progress(number / len(files), text=words.WRITING)
    bar.empty()


def _entry(file: state.OpenedFile) -> "Entry":
    from app.reports.bundle import Entry

    signed = reporting.signed_texts(file.content_hash)
    try:
        if file.series is not None:
            whole = _read(file.series)
            report = reporting.current(reporting.proposed_series(whole), whole), whole
            return Entry(file.content_hash, report, signed=signed)
        answer = services.analysis(services.scan(file.content_hash, file.data))
    except SulcusError as error:
        return Entry(file.content_hash, None, str(error))
    draft = reporting.current(reporting.proposed(answer), answer)
    return Entry(file.content_hash, (draft, answer), signed=signed)


def _read(series: Series) -> SeriesResult:
    """A series as a whole; its slices are read where that was not done before."""
    volume = study_services.volume(series)
    found = study_services.reading(volume, lambda done, total: None)  # noqa: ARG005
    return SeriesResult(series, volume, found, services.analysis(volume.slices[found.highest]))
