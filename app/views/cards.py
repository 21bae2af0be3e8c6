"""Model cards: what each network is, how it was made, and what it must not be used for."""

import streamlit as st

from app import cards_texts as words
from app import state, texts
from app.components import choice, problem, table
from ml.errors import MetricsError, SulcusError
from ml.models import cards, registry


def page() -> None:
    """Draw the view."""
    st.header(words.HEADING)
    st.markdown(words.INTRO)
    try:
        names = registry.installed()
    except SulcusError as error:
        problem.show(error)
    else:
        _networks(names)
    with st.expander(words.CHECKLIST):
        _checklist()


def _networks(names: tuple[str, ...]) -> None:
    chosen = choice.show(words.NETWORK, ("mean", *names), key=state.CARD, format_func=texts.model)
    if chosen is None:
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _card(chosen)
    with right:
        st.subheader(words.FACTS_HEADING)
        _facts(registry.CLASSIFIERS if chosen == "mean" else (chosen,))


def _card(name: str) -> None:
    try:
        title, body = cards.document(cards.CARDS / f"{name}.md")
    except MetricsError as error:
        problem.show(error)
        return
    st.subheader(title)
    st.markdown(body)


def _facts(names: tuple[str, ...]) -> None:
    try:
        found = {name: cards.facts(name) for name in names}
    except SulcusError as error:
        problem.show(error)
        return
    table.show(*words.facts_table(found))
    st.caption(words.FACTS_NOTE)


def _checklist() -> None:
    try:
        _, body = cards.document(cards.CHECKLIST)
    except MetricsError as error:
        problem.show(error)
        return
    st.markdown(body)


page()
