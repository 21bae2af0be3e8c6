"""Licences: what others wrote and this program uses."""

import streamlit as st

from app import attribution
from app import attribution_texts as words
from app.components import table


def page() -> None:
    """Draw the view."""
    st.header(words.HEADING)
    st.markdown(words.INTRO)
    parts = attribution.listed()
    st.caption(words.size(len(parts)))
    for used, title in words.USED.items():
        st.subheader(title)
        rows = [[one.name, one.version, one.licence] for one in parts if one.used == used]
        table.show(words.COLUMNS, rows)


page()
