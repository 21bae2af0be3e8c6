"""A page with nothing to show yet: what is missing, and the way to it."""

from html import escape

import streamlit as st

from app import texts


def show(title: str, what_to_do: str, *, to_reading: bool = True) -> None:
    """Draw the block.

    Args:
        title: what is not there, in a few words.
        what_to_do: what fills the page.
        to_reading: draw the link to the page where scans are opened.
    """
    st.html(f'<div class="sulcus-empty"><h2>{escape(title)}</h2>{escape(what_to_do)}</div>')
    if to_reading:
        st.page_link("views/read.py", label=texts.PAGE_READ, icon=":material/arrow_forward:")
