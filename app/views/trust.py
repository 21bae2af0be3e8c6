"""How far to trust a reading: calibration, prediction sets, referral, and the gate before it."""

import streamlit as st

from app import services
from app import trust_texts as words
from app.components import calibration, gate_rates, prediction_sets, problem, referral
from ml.errors import MetricsError


def page() -> None:
    """Draw the view."""
    st.header(words.HEADING)
    _confidence()
    try:
        gate_rates.show(services.gate())
    except MetricsError as error:
        problem.show(error)


def _confidence() -> None:
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


page()
