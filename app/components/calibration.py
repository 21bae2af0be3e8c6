"""Reliability of one model before and after its temperature."""

import plotly.graph_objects as go
import streamlit as st

from app import state, texts, theme
from app import trust_texts as words
from app.components import choice, table
from ml.evaluation.published_trust import Calibrated, TrustFigures

LOOKS = (("Before", "dot", "circle-open", "muted"), ("After", "solid", "circle", "mark"))
"""Name, dash, marker and role of the colour of the two curves."""


def show(figures: TrustFigures) -> None:
    """Choose a model; draw its reliability plot and its calibration figures."""
    name = choice.show(
        words.CALIBRATION_OF,
        list(figures.calibration),
        key=state.TRUST_MODEL,
        format_func=texts.model,
    )
    if name is None:
        return
    found = figures.calibration[name]
    left, right = st.columns(2, gap="large")
    with left:
        st.caption(words.temperature(found))
        table.show(
            ["Figure", "Before", "After"],
            [
                [
                    title,
                    texts.figure(found.before.figures[key]),
                    texts.figure(found.after.figures[key]),
                ]
                for key, title in words.CALIBRATION_FIGURES.items()
            ],
        )
    with right:
        _chart(found)


def _chart(found: Calibrated) -> None:
    drawing = go.Figure(
        layout=theme.chart_layout(
            title={"text": "Reliability, bins of as many pictures each", "font": {"size": 14}},
            xaxis=theme.axis("Mean probability of the top class", range=[0, 1.02]),
            yaxis=theme.axis("Share of right answers", range=[0, 1.02]),
            legend={"x": 0.02, "y": 0.98, "xanchor": "left", "yanchor": "top"},
            height=380,
        )
    )
    colours = theme.current().roles
    drawing.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": colours["rule"]}, name="As stated"
    )
    for (name, dash, symbol, role), part in zip(LOOKS, (found.before, found.after), strict=True):
        drawing.add_scatter(
            x=part.confidence,
            y=part.right,
            mode="lines+markers",
            line={"color": colours[role], "dash": dash},
            marker={"symbol": symbol, "size": 8},
            name=name,
        )
    st.plotly_chart(drawing, theme=None, key="reliability", config={"displaylogo": False})
