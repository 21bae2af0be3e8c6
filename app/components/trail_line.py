"""The audit trail on the page Monitoring: whether it holds, and its last lines for an admin."""

from collections.abc import Iterable

import streamlit as st

from app import access_session, look_texts
from app import trail_texts as words
from app.archive import archive
from app.components import table

_MOST_HERE = 50_000
"""Lines that are verified while a page is drawn."""


def show(readers: Iterable[str]) -> None:
    """Draw it.

    Args:
        readers: names that are known, so that lines can be told to be theirs.

    Raises:
        StoreError: it cannot be read.
    """
    st.subheader(words.HEADING)
    trail = archive().trail
    lines = trail.last(words.SHOWN)
    if lines and lines[0].id > _MOST_HERE:
        st.markdown(words.TOO_LONG)
    else:
        with st.spinner(look_texts.LOADING):
            found = trail.verify()
        (st.error if found.breaks else st.markdown)(words.verified(found))
    st.caption(words.NOTE)
    if lines and access_session.may_administer():
        names = {trail.mark(reader) or "": reader for reader in readers}
        with st.expander(words.LINES):
            table.show(words.COLUMNS, [words.cells(line, names) for line in lines])
