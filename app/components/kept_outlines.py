"""Outlines that readers kept: on the worklist, and beside the editor of the report."""

import streamlit as st

from app import outline_texts as words
from app import own_outline, reporting
from ml.results import Analysis, Refused


def show(content_hash: str) -> None:
    """Draw one line an outline; nothing where there is none.

    Raises:
        StoreError: they cannot be read.
    """
    rows = own_outline.standing(content_hash)
    if not rows:
        return
    st.markdown(f"**{words.ALL_KEPT}**")
    for row in rows:
        st.text(words.kept(row, current=own_outline.current(row)))


def in_report(answer: Analysis | Refused) -> None:
    """Say that this reader's outline goes into the report; nothing where there is none."""
    row = reporting.kept_outline(answer)
    if row is not None and isinstance(answer, Analysis):
        st.caption(words.will_be_added(words.kept(row, current=True)))
