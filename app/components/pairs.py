"""Tumour against none on the same head with and without its tumour."""

from collections.abc import Mapping

import streamlit as st

from app import accuracy_texts as words
from app import texts
from app.components import table
from ml.evaluation.published import Interval, PairFigures


def show(parts: Mapping[str, PairFigures]) -> None:
    """Draw AUROC of every network, with what the pairs are for."""
    whole = parts.get("pairs")
    if whole is None:
        return
    st.subheader(words.PAIRS_HEADING)
    st.markdown(words.pairs(whole))
    columns = [name for name in words.PAIR_PARTS if name in parts]
    rows = [
        [
            texts.model(model),
            *(texts.figure(parts[name].auroc.get(model, Interval())) for name in columns),
        ]
        for model in whole.auroc
    ]
    table.show(["Network", *(words.PAIR_PARTS[name] for name in columns)], rows)
