"""How far to trust a reading: calibration, prediction sets, referral, conflicts, the gate."""

import streamlit as st

from app import conflict_texts, held_out, services
from app import trust_texts as words
from app.components import (
    calibration,
    conflict_table,
    gate_rates,
    prediction_sets,
    problem,
    referral,
)
from ml.errors import MetricsError


def page() -> None:
    """Draw the view."""
    st.header(words.HEADING)
    _probabilities()
    _conflicts()
    try:
        gate_rates.show(services.gate())
    except MetricsError as error:
        problem.show(error)


def _probabilities() -> None:
    """What a probability is worth."""
    try:
        figures = services.trust()
    except MetricsError as error:
        problem.show(error)
        return
    st.markdown(words.INTRO)
    st.caption(words.size(figures))
    st.subheader(words.CALIBRATION)
    calibration.show(figures)
    st.subheader(words.SETS)
    st.markdown(words.SETS_INTRO)
    prediction_sets.show(figures)
    st.subheader(words.REFERRAL)
    st.markdown(words.told_apart(figures.confidence_auroc))
    referral.show(figures)
    st.caption(figures.protocol)


def _conflicts() -> None:
    """What contradictions within a reading meant."""
    st.subheader(conflict_texts.HEADING)
    try:
        conflict_table.show(held_out.conflict_figures())
    except MetricsError as error:
        problem.show(error)


page()
