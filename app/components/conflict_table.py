"""Every kind of conflict and of agreement with what it meant on held-out patients."""

import streamlit as st

from app import conflict_texts as words
from app.components import table
from ml.evaluation.published_conflicts import ConflictFigures


def show(figures: ConflictFigures) -> None:
    """Draw the table with the rule of the heat maps and the protocol."""
    if not figures.same_networks:
        st.warning(words.OTHER_NETWORKS)
    st.markdown(words.INTRO)
    table.show(words.COLUMNS, words.lines(figures))
    st.markdown(words.limit(figures))
    st.caption(figures.protocol)
