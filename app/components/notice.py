"""The notice strip that stands on every page."""

import streamlit as st

from app import notice_texts, services, texts
from ml.errors import MetricsError


def show() -> None:
    """Draw the notice with the honest held-out figure, or say that there is none."""
    st.html(
        f'<div class="sulcus-notice" role="note"><b>{texts.NOTICE}</b> {_held_out()}</div>',
        width="stretch",
    )


def _held_out() -> str:
    try:
        return notice_texts.held_out(services.summary())
    except MetricsError:
        return notice_texts.held_out(None)
