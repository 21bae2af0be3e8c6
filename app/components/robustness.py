"""Balanced accuracy of every network as the pictures get worse, one corruption at a time."""

import plotly.graph_objects as go
import streamlit as st

from app import accuracy_texts as words
from app import state, texts, theme
from app.components import choice, table
from app.stress_texts import CORRUPTIONS
from ml.evaluation.published import Interval
from ml.evaluation.published_shortcuts import Curves, Robustness


def show(found: Robustness | None) -> None:
    """Choose a corruption; draw its curves, the same in words, and the table with intervals."""
    st.subheader(words.ROBUSTNESS_HEADING)
    if found is None or not found.corruptions:
        st.info(words.NOT_MEASURED)
        return
    if not found.same_networks:
        st.warning(words.OTHER_NETWORKS)
    st.markdown(words.robustness(found))
    chosen = choice.show(
        words.CORRUPTION,
        list(found.corruptions),
        key=state.CORRUPTION,
        format_func=lambda name: CORRUPTIONS.get(name, name),
    )
    if chosen is None:
        return
    curves = found.corruptions[chosen]
    _chart(curves, found)
    st.markdown(words.curve(chosen, curves, found.untouched.get("mean", Interval())))
    _table(curves, found, words.VALUES.get(chosen, ""))
    st.caption(found.protocol)


def _chart(curves: Curves, found: Robustness) -> None:
    """One line a network, told apart by dash as well as colour."""
    drawing = go.Figure(
        layout=theme.chart_layout(
            title={"text": words.ROBUSTNESS_CHART, "font": {"size": 14}},
            xaxis=theme.axis("Strength, 0 is untouched", dtick=1),
            yaxis=theme.axis("Balanced accuracy", range=[0, 1.02]),
            height=360,
        )
    )
    for model, points in curves.models.items():
        shown = [found.untouched.get(model, Interval()), *(p.balanced_accuracy for p in points)]
        drawing.add_scatter(
            x=list(range(len(shown))),
            y=[one.value for one in shown],
            mode="lines+markers",
            line=theme.network_line(model),
            name=texts.model(model),
        )
    st.plotly_chart(drawing, theme=None, key="robustness", config={"displaylogo": False})


def _table(curves: Curves, found: Robustness, unit: str) -> None:
    """Figures with their intervals; the heading has the corruption's own number."""
    steps = [words.strength(number, value) for number, value in enumerate(curves.values, start=1)]
    rows = [
        [
            texts.model(model),
            texts.figure(found.untouched.get(model, Interval())),
            *(texts.figure(point.balanced_accuracy) for point in points),
        ]
        for model, points in curves.models.items()
    ]
    table.show([f"Strength ({unit})", "0", *steps], rows)
