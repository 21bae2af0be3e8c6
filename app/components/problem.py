"""One project error on screen."""

import streamlit as st

from app import messages
from ml.errors import SulcusError


def show(error: SulcusError) -> None:
    """Say what happened and what mends it."""
    message = messages.explain(error)
    st.error(f"**{message.title}** {message.detail}")
