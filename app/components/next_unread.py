"""The step from a scan that was read to the next one that was not."""

import streamlit as st

from app import reopening
from app import worklist_texts as words
from app.archive import archive
from app.store.lists import progress


def show(content_hash: str) -> None:
    """Draw how far the worklist is, and the button where a picture at hand is unread.

    Raises:
        StoreError: the worklist cannot be read.
    """
    entries = archive().worklist()
    st.caption(words.progress(*progress(entries)), width="content")
    found = reopening.next_unread(entries, content_hash)
    if found is not None:
        st.button(words.NEXT, key="next_unread", on_click=reopening.reopen, args=(found,))
