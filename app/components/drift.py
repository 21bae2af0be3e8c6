"""Distances of the scans read here beside those of held-out patients."""

import plotly.graph_objects as go
import streamlit as st

from app import drift_texts as words
from app import recent_inputs, services, theme
from app.components import problem
from ml.errors import MetricsError
from ml.evaluation.drift import Curve, Drift


def show() -> None:
    """Draw the comparison, or say that there are too few readings.

    Raises:
        StoreError: the readings cannot be read.
    """
    recent = recent_inputs.recent()
    st.subheader(words.HEADING)
    st.markdown(words.INTRO)
    try:
        known, gate = recent_inputs.reference(), services.gate()
    except MetricsError as error:
        problem.show(error)
        return
    found = services.drifted(recent.distances, known)
    if found is None:
        st.info(words.too_few(recent.distances))
    else:
        st.markdown(words.compared(found, recent.distances, known))
        st.markdown(words.meaning(found))
        _curves(found, gate.limit)
        st.caption(words.PATIENTS_NOTE)
    if left_out := words.left_out(recent):
        st.caption(left_out)


def _curves(found: Drift, limit: float) -> None:
    """Both distributions as steps, told apart by line and name, and the gate's limit."""
    colours = theme.current()
    drawing = go.Figure(
        layout=theme.chart_layout(
            xaxis=theme.axis(words.X),
            yaxis=theme.axis(words.Y, range=[0, 1.02], tickformat=".0%"),
            height=320,
        )
    )
    _steps(drawing, found.reference, name=words.REFERENCE, dash="solid", colour=colours.muted)
    _steps(drawing, found.recent, name=words.RECENT, dash="dash", colour=theme.MASK)
    drawing.add_vline(
        x=limit,
        line={"color": colours.text, "dash": "dot", "width": 1},
        annotation={"text": words.LIMIT, "font": {"size": 12}},
    )
    st.plotly_chart(drawing, theme=None, key="drift", config=theme.chart_config("sulcus-drift"))


def _steps(drawing: go.Figure, curve: Curve, *, name: str, dash: str, colour: str) -> None:
    drawing.add_scatter(
        x=curve.scores,
        y=curve.shares,
        name=name,
        mode="lines",
        line={"shape": "hv", "dash": dash, "color": colour, "width": 2},
    )
