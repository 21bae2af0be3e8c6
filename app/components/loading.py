"""The line that says that the networks are still being loaded."""

from typing import Final

import streamlit as st

from app import loading_texts
from app.warm_up import LOADING

_EVERY_S: Final = 2.0
"""Not more often: Streamlit folds a click on a page into such a run where both come at once."""


def show() -> None:
    """Draw the line until they are there; nothing where they are."""
    if LOADING.waiting is not None:
        _line()


@st.fragment(run_every=_EVERY_S)
def _line() -> None:
    """Drawn anew by itself; the page is drawn once more when there is no wait left."""
    now = LOADING.waiting
    if now is None:
        st.rerun()
    else:
        st.html(f'<div class="sulcus-muted" role="status">{loading_texts.loading(*now)}</div>')
