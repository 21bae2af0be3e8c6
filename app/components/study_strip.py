"""One bar a slice: how probable a tumour is there."""

import plotly.graph_objects as go
import streamlit as st

from app import study_texts as words
from app import theme
from ml.study import StudyReading


def show(found: StudyReading, number: int) -> None:
    """Draw the strip.

    Args:
        found: the series as read; a refused slice has no bar but a cross at the foot.
        number: slice on screen, from 1: marked by a triangle, not by colour alone.
    """
    told = [one for one in found.slices if one.tumour is not None]
    refused = [one.number for one in found.slices if one.refusal is not None]
    drawing = go.Figure(
        layout=theme.chart_layout(
            title={"text": words.STRIP, "font": {"size": 13}},
            xaxis=theme.axis("", range=[0.4, len(found.slices) + 0.6]),
            yaxis=theme.axis(
                words.STRIP_Y, range=[0, 1.12], tickformat=".0%", tickvals=[0, 0.5, 1]
            ),
            bargap=0.15,
            height=150,
            margin={"l": 56, "r": 8, "t": 26, "b": 24},
            showlegend=False,
        )
    )
    colours = theme.current()
    drawing.add_bar(
        x=[one.number for one in told],
        y=[one.tumour for one in told],
        marker={"color": [colours.text if one.number == number else colours.muted for one in told]},
        hovertemplate=f"{words.SLICE} %{{x}}: %{{y:.0%}}<extra></extra>",
    )
    _signs(drawing, refused, symbol="x-thin-open", height=0.03, name=words.REFUSED)
    _signs(drawing, [number], symbol="triangle-down", height=1.08, name=words.SHOWN)
    st.plotly_chart(
        drawing, theme=None, key="study-strip", config=theme.chart_config("sulcus-series")
    )


def _signs(
    drawing: go.Figure, numbers: list[int], *, symbol: str, height: float, name: str
) -> None:
    drawing.add_scatter(
        x=numbers,
        y=[height] * len(numbers),
        mode="markers",
        marker={"symbol": symbol, "size": 9, "color": theme.current().text, "line": {"width": 1.5}},
        hovertemplate=f"{words.SLICE} %{{x}}: {name}<extra></extra>",
        name=name,
    )
