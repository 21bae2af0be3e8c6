"""Which mistakes are listed: by network, class and confidence."""

import streamlit as st

from app import error_texts as words
from app import state, texts
from app.components import choice
from ml.evaluation.mistakes import WRONG_CLASS, Mistake, Mistakes, matching
from ml.labels import CLASSES


def show(found: Mistakes, kind: str) -> tuple[tuple[Mistake, ...], tuple[Mistake, ...]]:
    """Draw the filters.

    Returns:
        All mistakes of the kind by the chosen network, and those that the filters leave.
    """
    rows = found.rows[kind]
    if kind == WRONG_CLASS:
        model = choice.show(
            words.MODEL, found.models, key=state.ERROR_MODEL, format_func=texts.model
        )
        rows = matching(rows, model=model)
    left, middle, right = st.columns(3, gap="medium")
    with left:
        label = _a_class(words.LABEL, state.ERROR_LABEL)
    with middle:
        read = _a_class(words.READ, state.ERROR_READ)
    with right:
        least = st.slider(words.LEAST, 0, 100, key=state.ERROR_LEAST, format="%d %%")
    return rows, matching(rows, label=label, read=read, least=least / 100)


def _a_class(title: str, key: str) -> str | None:
    chosen: str | None = st.selectbox(title, [None, *CLASSES], key=key, format_func=words.a_class)
    return chosen
