"""How far a small probe gets that never sees the brain."""

import streamlit as st

from app import accuracy_texts as words
from app import texts
from app.components import table
from ml.evaluation.published import Interval
from ml.evaluation.published_shortcuts import Background


def show(found: Background | None) -> None:
    """Draw the figures of every view beside guessing, or that nobody measured them."""
    st.subheader(words.BACKGROUND_HEADING)
    if found is None:
        st.info(words.NOT_MEASURED)
        return
    st.markdown(words.background(found))
    rows = [
        [
            words.VIEWS.get(view, view),
            *(texts.figure(figures.get(name, Interval())) for name in words.BACKGROUND_COLUMNS),
        ]
        for view, figures in found.views.items()
    ]
    table.show(["What was shown", *words.BACKGROUND_COLUMNS.values()], [*rows, words.GUESSING])
    st.caption(found.protocol)
