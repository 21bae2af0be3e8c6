"""One line for each opened scan and series."""

import streamlit as st

from app import reader_session, readings_texts, services, state, study_services, texts
from app import worklist_texts as words
from app.components import download, recorder
from app.records import Row


def show() -> None:
    """Read the slices that were not read yet, with a progress bar, note them, draw the table.

    A series is read when it comes on screen: until then its line says so. Nothing is drawn while
    a scan waits for its blind reading.
    """
    files = state.opened()
    st.subheader(texts.ALL_READINGS)
    if reader_session.any_unseen([one for one in files if one.problem is None]):
        st.caption(words.BLIND_TABLE)
        return
    bar = st.progress(0.0, text=texts.READING)
    rows = []
    for number, file in enumerate(files, start=1):
        rows.append(_row(file))
        bar.progress(number / len(files), text=texts.READING)
    bar.empty()
    lines = list(zip(files, rows, strict=True))
    reader_session.mark_drawn(*(file.content_hash for file, row in lines if not row.waiting))
    st.dataframe(
        [{readings_texts.SCAN: file.name} | readings_texts.cells(row) for file, row in lines],
        hide_index=True,
        width="stretch",
    )
    download.show(
        readings_texts.SAVE,
        readings_texts.CSV_COLUMNS,
        [readings_texts.saved(file.content_hash, row) for file, row in lines],
        name=readings_texts.FILE,
    )


def _row(file: state.OpenedFile) -> Row:
    """What is known of one file; a slice is read and noted on the worklist."""
    if file.problem is not None:
        return Row(reason=str(file.problem))
    if file.series is not None:
        return study_services.row(file.series)
    found = services.row(file.content_hash, file.data)
    recorder.note(file)
    return found
