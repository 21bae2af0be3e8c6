"""The notice over a picture that may have writing in it."""

import streamlit as st

from app import held_out, study_services, writing
from app import writing_texts as words
from app.components import problem
from ml.errors import WritingError
from ml.results import Scan
from ml.volume import Volume


def show(decoded: Scan | Volume) -> None:
    """Draw the notice where letters were found or the header says so, else nothing."""
    try:
        found = study_services.writing(decoded)
    except WritingError as error:
        problem.show(error)
        return
    stated = writing.stated(decoded)
    if found or stated:
        series = isinstance(decoded, Volume)
        figures = held_out.writing_figures()
        st.warning(words.warning(found, stated=stated, series=series, figures=figures))
