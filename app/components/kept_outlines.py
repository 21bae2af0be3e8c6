"""Outlines that readers kept: on the worklist, and beside the editor of the report."""

import streamlit as st

from app import outline_texts as words
from app import own_outline
from app.reports.draft import Draft


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


def in_report(draft: Draft) -> None:
    """Say that this reader's outline goes into the report; nothing where there is none."""
    if draft.outline is not None:
        st.caption(words.will_be_added(words.kept(draft.outline, current=True)))
