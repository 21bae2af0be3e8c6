"""One line for each opened scan."""

import streamlit as st

from app import gate_texts, reader_session, services, texts
from app import worklist_texts as words
from app.components import recorder
from app.records import Row
from ml.labels import TITLES


def show() -> None:
    """Read what was not read yet, with a progress bar, note it, and draw the table.

    Nothing is drawn while a scan waits for its blind reading.
    """
    files = reader_session.single_slices()
    st.subheader(texts.ALL_READINGS)
    if reader_session.any_unseen(files):
        st.caption(words.BLIND_TABLE)
        return
    bar = st.progress(0.0, text=texts.READING)
    lines = []
    for number, file in enumerate(files, start=1):
        lines.append(_line(file.name, services.row(file.content_hash, file.data)))
        recorder.note(file)
        bar.progress(number / len(files), text=texts.READING)
    bar.empty()
    reader_session.mark_drawn(*(file.content_hash for file in files))
    st.dataframe(lines, hide_index=True, width="stretch")


def _line(name: str, row: Row) -> dict[str, str]:
    read = row.label is not None and row.confidence is not None
    return {
        "Scan": name,
        "Status": "read" if read else gate_texts.STATUS if row.refused else "failed",
        "AI suggests": TITLES.get(row.label or "", ""),
        "Mean of all": "" if row.confidence is None else texts.percent(row.confidence),
        "Agreement": f"{row.agreement} of {row.networks}" if read else "",
        "Outlined": row.size or (texts.DASH if read else ""),
        "Reason": row.reason,
    }
