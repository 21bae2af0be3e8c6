"""Read a scan: open files, look at the raw picture beside the AI view, read the verdicts."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app import reader_session, services, state, texts, viewer_session
from app.components import (
    all_reports,
    conflicts,
    empty,
    heat_worth,
    lightbox,
    measurements,
    navigator,
    opener,
    problem,
    provenance,
    readers_word,
    readings_table,
    recorder,
    refusal,
    report,
    stress,
    study,
    tour,
    training_copy,
    verdict,
    whole_series,
    writing,
)
from app.records import Hung
from ml.errors import SulcusError
from ml.results import Analysis, Refused, Scan

if TYPE_CHECKING:
    from app.report_subject import Subject


def page() -> None:
    """Draw the view."""
    tour.show()
    file = state.active()
    if file is None:
        empty.show(texts.NOTHING_OPEN, texts.WHAT_HAPPENS, to_reading=False)
        opener.show()
        return
    navigator.show()
    if file.problem is not None:
        problem.show(file.problem)
    elif file.series is not None:
        opened = study.opened(file.series, hidden=readers_word.hidden(file.content_hash))
        if opened is not None:
            _reading(file, *opened)
    else:
        _single(file)
    if len(state.opened()) > 1:
        readings_table.show()
        all_reports.show()


def _single(file: state.OpenedFile) -> None:
    """A slice that is a file of its own."""
    try:
        scan = services.scan(file.content_hash, file.data)
    except SulcusError as error:
        reader_session.mark_drawn(file.content_hash)  # there is nothing to read blind
        problem.show(error)
    else:
        _reading(file, scan)


def _reading(file: state.OpenedFile, scan: Scan, hung: Hung | None = None) -> None:
    """Pictures, what was found, and the controls of the pictures; the theme places them."""
    viewer_session.page_runs()
    with st.container(key="reading"):
        pictures = st.container(key="lightbox")
        strip = st.container(key="strip")
        panel = st.container(key="panel")
    with panel:
        st.html(f'<div class="sulcus-muted">{hung.line if hung else texts.scan_line(scan)}</div>')
        reader_session.on_screen(file.content_hash)
        recorder.seen(file.content_hash)
        writing.show(scan if hung is None else hung.volume)
        if hung is not None:
            study.answer(hung, file.left_out)
        answer, answer_id = _answer(file, scan)
    read = answer if isinstance(answer, Analysis) else None
    canvas = lightbox.canvas(file.content_hash, scan, read, hung, answer_id)
    with pictures:
        lightbox.show(lightbox.Shown(scan, canvas, hung, read, answered=answer is not None))
    if hung is not None:
        with strip:
            study.strip(hung)
    if read is not None:
        stress.show(scan)
    if answer is not None:
        report.show(partial(_subject, file, answer))


def _answer(file: state.OpenedFile, scan: Scan) -> tuple[Analysis | Refused | None, int | None]:
    """The panel: what was found, the reader's word on it, and its number on the worklist."""
    readers_word.who()
    answer = None if readers_word.waits(file.content_hash) else _analysed(scan)
    read = answer if isinstance(answer, Analysis) else None
    if isinstance(answer, Refused):
        refusal.show(answer)
    if read is not None:
        heat_worth.begin(read)
        training_copy.show(read)
        verdict.show(read)
        measurements.show(read)
        conflicts.show(read)
    answer_id = None
    if answer is not None:
        reader_session.mark_drawn(file.content_hash)
        answer_id = _word(file, answer) if file.series is None else whole_series.word(file.series)
    provenance.show(scan, read)
    return answer, answer_id


def _word(file: state.OpenedFile, answer: Analysis | Refused) -> int | None:
    """Note the answer on the worklist, and ask for the reader's word on it; the answer's number."""
    words = st.container()
    answer_id = recorder.show(file, answer)
    if answer_id is not None:
        with words:
            label = answer.mean.label if isinstance(answer, Analysis) else None
            readers_word.show(file.content_hash, label, answer_id)
    return answer_id


def _subject(file: state.OpenedFile, answer: Analysis | Refused) -> "Subject | None":
    """What the report is on."""
    if file.series is not None:
        return whole_series.subject(file.series)
    from app.report_subject import of_slice  # the libraries that write files come with it

    return of_slice(answer, file.data)


def _analysed(scan: Scan) -> Analysis | Refused | None:
    """What came of reading the scan, or None after saying why nothing did."""
    try:
        with st.spinner(texts.READING):
            return services.analysis(scan)
    except SulcusError as error:
        problem.show(error)
        return None


page()
