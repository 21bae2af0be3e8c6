"""How far to trust a probability: calibration, prediction sets, referral."""

import streamlit as st

from app import services
from app import trust_texts as words
from app.components import calibration, prediction_sets, problem, referral
from ml.errors import MetricsError


def page() -> None:
    """Draw the view."""
    st.header(words.HEADING)
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


page()
