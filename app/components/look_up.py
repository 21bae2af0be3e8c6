"""How well copies of training pictures are found."""

import streamlit as st

from app import accuracy_texts as words
from app import texts
from app.components import table
from ml.evaluation.membership_published import MembershipFigures


def show(figures: MembershipFigures) -> None:
    """Draw the hits by kind of copy and the false hits, with how they were measured."""
    st.subheader(words.LOOK_UP_HEADING)
    st.markdown(words.look_up(figures))
    lines = {
        words.ALL_COPIES: figures.hits,
        **{words.COPIES[name]: part for name, part in figures.hits_by_kind.items()},
        **{words.FALSE_HITS[name]: part for name, part in figures.false_hits.items()},
    }
    rows = [
        [title, texts.figure(one.share), texts.plain(one.n_pictures), texts.plain(one.n_groups)]
        for title, one in lines.items()
    ]
    table.show(words.LOOK_UP_COLUMNS, rows)
    st.caption(figures.protocol)
