"""Read a scan: open files, look at the raw picture beside the AI view, read the verdicts."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app import own_outline, reader_session, services, state, texts
from app.components import (
    all_reports,
    conflicts,
    drawn_outline,
    empty,
    heat_worth,
    layer_controls,
    measurements,
    navigator,
    opener,
    outline_threshold,
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
    viewer,
    whole_series,
    windowing,
    writing,
)
from app.drawing_session import Canvas
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
    windowed = scan if hung is None else hung.windowed
    window = state.window(windowed.content_hash) or (scan.window.center, scan.window.width)
    with st.container(key="reading"):
        pictures = st.container(key="pictures")
        panel = st.container(key="panel")
        controls = st.container(key="controls")
    with panel:
        st.html(f'<div class="sulcus-muted">{hung.line if hung else texts.scan_line(scan)}</div>')
        reader_session.on_screen(file.content_hash)
        recorder.seen(file.content_hash)
        writing.show(scan if hung is None else hung.volume)
        if hung is not None:
            study.answer(hung, file.left_out)
        answer, answer_id = _answer(file, scan)
    read = answer if isinstance(answer, Analysis) else None
    shown = None if read is None else own_outline.adjusted(read)
    canvas = replace(_canvas(file, scan, read, hung), answer_id=answer_id)
    with pictures:
        own = shown is not read
        viewer.show(scan, window, read=shown, hung=hung, canvas=canvas, own=own)
        if hung is not None:
            study.strip(hung)
    left, right = controls.columns([3, 8], gap="medium")
    with left:
        windowing.show(windowed)
    with right:
        if read is not None and shown is not None:
            layer_controls.show(read)
            outline_threshold.show(read, shown, None if hung else answer_id)
        if answer is not None:
            drawn_outline.show(canvas, hung.found if hung else None)
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


def _canvas(file: state.OpenedFile, scan: Scan, read: Analysis | None, hung: Hung | None) -> Canvas:
    """What the reader draws on, with the AI's outlines as far as they may be shown."""
    if hung is None:
        own = {} if read is None else {1: read.segmentation.mask}
        ai = {number: mask for number, mask in own.items() if mask.any()}
        return Canvas(file.content_hash, scan.content_hash, scan, number=1, ai=ai)
    slices = () if hung.found is None else hung.found.slices
    ai = {one.number: one.mask for one in slices if one.mask is not None}
    return Canvas(file.content_hash, hung.key, hung.volume, number=hung.number, ai=ai)


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
