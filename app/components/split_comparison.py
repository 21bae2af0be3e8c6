"""The clean split next to the official one, so that the difference can be seen."""

import streamlit as st

from app import accuracy_texts as words
from app import texts
from app.components import table
from ml.evaluation.published import ModelFigures, Summary

_COMPARED = ("accuracy", "balanced_accuracy", "macro_f1")


def show(summary: Summary) -> None:
    """Draw both splits side by side, with the share of leaky test pictures."""
    official = summary.official_sartaj
    if official is None:
        st.info(words.NO_OFFICIAL)
        return
    st.markdown(words.leak(official))
    if official.protocol:
        st.caption(official.protocol)
    header = ["Network"]
    for name in _COMPARED:
        title = texts.FIGURES[name]
        header += [f"{title}, clean", f"{title}, official"]
    rows = []
    for model, clean in summary.clean.models.items():
        row = [texts.model(model)]
        for name in _COMPARED:
            row.append(texts.figure(clean.get(name)))
            row.append(texts.figure(official.models.get(model, ModelFigures()).get(name)))
        rows.append(row)
    table.show(header, rows)
