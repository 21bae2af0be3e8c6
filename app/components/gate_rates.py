"""How often the gate refuses what it should, and what it should not."""

from collections.abc import Mapping

import streamlit as st

from app import gate_texts as words
from app import texts
from app.components import table
from ml.evaluation.gate_published import GateFigures, Rate


def show(figures: GateFigures) -> None:
    """Draw the rates by kind of picture, the candidates, and how all was measured."""
    st.subheader(words.HEADING)
    st.markdown(words.told_apart(figures))
    kinds = {words.kind(name): one for name, one in figures.kinds.items()}
    whole = {
        words.BRAIN: figures.brain_mri,
        words.OTHER_THINGS: figures.other_things,
        words.NEW_KINDS: figures.new_kinds,
    }
    _rates({**whole, **kinds})
    st.markdown(f"**{words.OTHER_KINDS}**")
    st.caption(words.OTHER_KINDS_NOTE)
    _rates({words.kind(name): one for name, one in figures.other_brain_mri.items()})
    st.markdown(f"**{words.CANDIDATES}**")
    table.show(
        words.CANDIDATE_COLUMNS,
        [
            [
                words.METHODS.get(name, name),
                f"{one.refused_brain_mri:.3f}",
                f"{one.passed_other_things:.3f}",
                f"{one.auroc:.4f}",
            ]
            for name, one in figures.candidates.items()
        ],
    )
    st.caption(f"{figures.protocol} The {figures.chosen_by}.")


def _rates(lines: Mapping[str, Rate]) -> None:
    table.show(
        words.COLUMNS,
        [
            [title, texts.figure(one.refused), texts.plain(one.n_pictures), str(one.n_groups)]
            for title, one in lines.items()
        ],
    )
