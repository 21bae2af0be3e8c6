"""Confusion matrix of one network."""

import plotly.graph_objects as go
import streamlit as st

from app import accuracy_texts as words
from app import theme
from ml.evaluation.published import ModelFigures
from ml.labels import CLASSES, TITLES


def show(figures: ModelFigures) -> None:
    """Draw the counts: true class downward, predicted class across."""
    if figures.confusion is None:
        st.info(words.NOT_IN_FILE)
        return
    titles = [TITLES[label] for label in CLASSES]
    drawing = go.Figure(
        go.Heatmap(
            z=figures.confusion,
            x=titles,
            y=titles,
            text=figures.confusion,
            texttemplate="%{text}",
            colorscale=theme.SEQUENTIAL,
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="true %{y}<br>predicted %{x}<br>%{z} pictures<extra></extra>",
        ),
        layout=theme.chart_layout(
            title={"text": "Confusion matrix (pictures)", "font": {"size": 14}},
            xaxis=theme.axis("Predicted"),
            yaxis=theme.axis("True", autorange="reversed", automargin=True),
            height=380,
        ),
    )
    st.plotly_chart(drawing, theme=None, key="confusion", config={"displaylogo": False})
