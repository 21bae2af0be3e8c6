"""What the reading of a scan would be, were the picture worse; nothing runs before it is asked."""

from html import escape

import streamlit as st

from app import gate_texts, services, state, texts
from app import stress_texts as words
from app.components import table
from app.records import Stressed
from ml.corruptions import CORRUPTIONS, STRONGEST
from ml.labels import CLASSES, TITLES
from ml.results import Scan

_NOTHING = ""


def show(scan: Scan) -> None:
    """Draw the controls, and the mean at every strength up to the chosen one."""
    with st.expander(words.STRESS):
        st.caption(words.STRESS_NOTE)
        kind, strength = st.columns(2, gap="medium")
        chosen = kind.selectbox(
            words.STRESS_KIND,
            [_NOTHING, *CORRUPTIONS],
            key=state.stress_key(scan.content_hash, "kind"),
            format_func=lambda name: words.CORRUPTIONS.get(name, words.NO_STRESS),
        )
        strongest = strength.slider(
            words.STRESS_STRENGTH,
            0,
            STRONGEST,
            key=state.stress_key(scan.content_hash, "strength"),
        )
        if not chosen or not strongest:
            st.caption(words.STRESS_HINT)
            return
        with st.spinner(texts.READING):
            found = [services.stressed(scan, chosen, n) for n in range(strongest + 1)]
        _readings(found, words.stress_picture(chosen, strongest))


def _readings(found: list[Stressed], title: str) -> None:
    """The table of all strengths beside the picture of the last one."""
    left, right = st.columns([3, 1], gap="medium")
    with left:
        table.show(
            ["Mean of the networks", *(f"Strength {n}" for n in range(len(found)))],
            [
                [TITLES[label], *(_cell(one, index) for one in found)]
                for index, label in enumerate(CLASSES)
            ],
        )
        st.markdown(words.stress_steps([_first(one) for one in found]))
    with right:
        st.html(
            f'<img src="{found[-1].picture}" alt="{escape(title)}" style="max-width:100%">'
            f'<div class="sulcus-muted">{escape(title)}</div>'
        )


def _cell(one: Stressed, index: int) -> str:
    known = one.probabilities
    return gate_texts.stress_cell(None if known is None else known[index])


def _first(one: Stressed) -> str | None:
    """The class that the mean puts first; None where the copy is refused."""
    known = one.probabilities
    return None if known is None else CLASSES[known.index(max(known))]
