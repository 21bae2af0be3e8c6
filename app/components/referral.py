"""Accuracy of what is left when the least sure readings are referred."""

import plotly.graph_objects as go
import streamlit as st

from app import state, texts, theme
from app import trust_texts as words
from ml.evaluation.published import Interval
from ml.evaluation.published_trust import TrustFigures


def show(figures: TrustFigures) -> None:
    """Choose a share; say the accuracy of the rest; draw the whole curve with its band."""
    points = dict(figures.referral)
    chosen = st.select_slider(
        words.REFERRED,
        list(points),
        key=state.REFERRED,
        format_func=lambda share: texts.percent(share) if share else "0 %",
    )
    st.markdown(words.left_over(chosen, points[chosen]))
    _chart(points, chosen)


def _chart(points: dict[float, Interval], chosen: float) -> None:
    known = {
        share: (one.value, one.low, one.high)
        for share, one in points.items()
        if one.value is not None and one.low is not None and one.high is not None
    }
    shares = list(known)
    drawing = go.Figure(
        layout=theme.chart_layout(
            title={"text": "Accuracy of the rest", "font": {"size": 14}},
            xaxis=theme.axis("Share referred", tickformat=".0%"),
            yaxis=theme.axis("Accuracy, 95 % band"),
            showlegend=False,
            height=320,
        )
    )
    drawing.add_scatter(
        x=shares + shares[::-1],
        y=[high for _, _, high in known.values()] + [low for _, low, _ in known.values()][::-1],
        fill="toself",
        fillcolor="rgba(157,163,170,0.25)",
        line={"width": 0},
        hoverinfo="skip",
    )
    drawing.add_scatter(
        x=shares,
        y=[value for value, _, _ in known.values()],
        mode="lines+markers",
        line={"color": theme.current().mark},
        name="Accuracy",
    )
    drawing.add_vline(x=chosen, line={"color": theme.current().text, "dash": "dot"})
    st.plotly_chart(drawing, theme=None, key="referral", config={"displaylogo": False})
