"""Data audit: what the sets in use repeat, leak and contradict, and the same of one's own set."""

import streamlit as st

from app import audit_texts as words
from app import audits, look_texts
from app.components import audit_figures, own_audit, problem
from ml.errors import MetricsError


def page() -> None:
    """Draw the view; one's own set can be audited without the published figures."""
    st.header(words.HEADING)
    st.markdown(words.INTRO)
    try:
        with st.spinner(look_texts.LOADING):
            figures = audits.published()
    except MetricsError as error:
        problem.show(error)
    else:
        audit_figures.show(figures, name="audit")
    own_audit.show()


page()
