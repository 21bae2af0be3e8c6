"""Outlines that readers kept: on the worklist, and beside the editor of the report."""

import streamlit as st

from app import drawing_texts, own_outline
from app import outline_texts as words
from app.archive import archive
from app.reports.draft import Draft


def show(content_hash: str) -> None:
    """Draw one line an outline; nothing where there is none.

    Raises:
        StoreError: they cannot be read.
    """
    rows = archive().outlines.standing(content_hash)
    if rows:
        st.markdown(f"**{words.ALL_KEPT}**")
    for row in rows:
        st.text(words.kept(row, current=own_outline.current(row)))
    drawings = archive().drawings.standing(content_hash)
    if drawings:
        st.markdown(f"**{drawing_texts.ALL_KEPT}**")
    for one in drawings:
        st.text(drawing_texts.kept(one))


def in_report(draft: Draft) -> None:
    """Say that this reader's outline goes into the report; nothing where there is none."""
    if draft.outline is not None:
        st.caption(words.will_be_added(words.kept(draft.outline, current=True)))
    if draft.drawing is not None:
        st.caption(words.will_be_added(drawing_texts.kept(draft.drawing)))
