"""One of several names, one of which is always chosen."""

from collections.abc import Callable, Sequence

import streamlit as st

from app import state


def show(
    label: str, names: Sequence[str], *, key: str, format_func: Callable[[str], str]
) -> str | None:
    """Draw the buttons; the name chosen, or None where there is none to choose."""
    if not names:
        return None
    state.start_choice(key, names)
    chosen: str | None = st.segmented_control(
        label, names, key=key, format_func=format_func, required=True
    )
    return chosen
