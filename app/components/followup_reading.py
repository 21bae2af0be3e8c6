"""Reading one of two examinations that lie side by side, with a bar for a series."""

from dataclasses import replace

import streamlit as st

from app import followup, followup_own, reader_session, study_texts
from app import followup_texts as words
from app.components import problem
from app.followup import Examination, Read
from ml.errors import SulcusError


def show(found: Examination, place: str) -> Read | None:
    """Read it, or say why it cannot be read.

    Args:
        found: the examination; nothing of it is still to be read blind.
        place: "Prior" or "Current", for the words beside the bar.
    """
    try:
        if found.volume is None:
            with st.spinner(words.READING):
                read = followup.read_slice(found)
        else:
            bar = st.empty()

            def tell(done: int, total: int) -> None:
                bar.progress(done / total, text=f"{place}: {study_texts.progress(done, total)}")

            read = followup.read_series(found, found.volume, tell)
            bar.empty()
        read = replace(read, own=followup_own.kept(found))
    except SulcusError as error:
        problem.show(error)
        return None
    reader_session.mark_drawn(found.content_hash)
    return read
