"""ROC curves of one network, each class against the rest."""

import plotly.graph_objects as go
import streamlit as st

from app import accuracy_texts as words
from app import theme
from ml.evaluation.published import ModelFigures
from ml.labels import CLASSES, TITLES


def show(figures: ModelFigures) -> None:
    """Draw one curve a class, told apart by dash as well as colour."""
    if not figures.roc:
        st.info(words.NOT_IN_FILE)
        return
    drawing = go.Figure(
        layout=theme.chart_layout(
            title={"text": "ROC, each class against the rest", "font": {"size": 14}},
            xaxis=theme.axis("1 − specificity", range=[0, 1]),
            yaxis=theme.axis("Sensitivity", range=[0, 1.005]),
            legend={"x": 0.98, "y": 0.05, "xanchor": "right", "yanchor": "bottom"},
            height=380,
        )
    )
    for label in CLASSES:
        if label in figures.roc:
            curve = figures.roc[label]
            line = {"color": theme.class_colour(label), "dash": theme.CLASS_DASHES[label]}
            drawing.add_scatter(
                x=curve.fpr, y=curve.tpr, mode="lines", line=line, name=TITLES[label]
            )
    st.plotly_chart(drawing, theme=None, key="roc", config={"displaylogo": False})
