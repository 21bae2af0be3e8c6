"""Every network of the field on the same pictures, with what each costs."""

from collections.abc import Mapping

import plotly.graph_objects as go
import streamlit as st

from app import accuracy_texts as words
from app import state, texts, theme
from app.components import choice, table
from ml.comparison.published import Comparison, Protocol
from ml.evaluation.published import Interval


def show(compared: Comparison) -> None:
    """Choose a protocol; draw the ranking with intervals, the table, and what others report."""
    chosen = choice.show(
        words.PROTOCOL,
        list(compared.protocols),
        key=state.FIELD_PROTOCOL,
        format_func=lambda name: words.PROTOCOLS.get(name, name),
    )
    if chosen is not None:
        _protocol(compared, compared.protocols[chosen])
    _masks(
        words.FIELD_OUTLINES,
        compared.outlines,
        compared,
        figures=words.OUTLINE_COLUMNS,
    )
    _masks(words.FIELD_BOXES, compared.boxes, compared, figures=words.BOX_COLUMNS)
    _reported(compared)


def _protocol(compared: Comparison, protocol: Protocol) -> None:
    st.caption(words.protocol(protocol))
    _chart(compared, protocol)
    header = ["Network", *words.FIELD_COLUMNS.values(), *words.COST_COLUMNS]
    rows = []
    for name, figures in protocol.models.items():
        cells = [texts.figure(figures.get(key, Interval())) for key in words.FIELD_COLUMNS]
        rows.append(
            [
                compared.titles.get(name, name),
                *cells,
                *words.cost(compared.facts.get(name)),
            ]
        )
    table.show(header, rows)
    st.caption(words.FIELD_TRAINING)
    st.caption(words.rankings(protocol, compared.titles))


def _chart(compared: Comparison, protocol: Protocol) -> None:
    """Balanced accuracy of every network with its interval, the best at the top."""
    drawing = go.Figure(
        layout=theme.chart_layout(
            title={"text": "Balanced accuracy, 95 % interval", "font": {"size": 14}},
            xaxis=theme.axis("Balanced accuracy"),
            yaxis=theme.axis("", autorange="reversed"),
            height=90 + 28 * len(protocol.models),
        )
    )
    found = {name: one["balanced_accuracy"] for name, one in protocol.models.items()}
    known = {
        name: (one.value, one.low, one.high)
        for name, one in found.items()
        if one.value is not None and one.low is not None and one.high is not None
    }
    drawing.add_scatter(
        x=[value for value, _, _ in known.values()],
        y=[compared.titles.get(name, name) for name in known],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - value for value, _, high in known.values()],
            "arrayminus": [value - low for value, low, _ in known.values()],
            "color": theme.current().muted,
        },
        mode="markers",
        marker={"color": theme.current().text, "size": 9},
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )
    st.plotly_chart(drawing, theme=None, key="field", config={"displaylogo": False})


def _masks(
    title: str,
    rows: Mapping[str, Mapping[str, Interval]],
    compared: Comparison,
    *,
    figures: Mapping[str, str],
) -> None:
    """A table of networks that outline or box."""
    if not rows:
        return
    st.markdown(f"**{title}**")
    table.show(
        ["Network", *figures.values(), *words.COST_COLUMNS],
        [
            [
                compared.titles.get(name, name),
                *(texts.figure(found.get(key, Interval())) for key in figures),
                *words.cost(compared.facts.get(name)),
            ]
            for name, found in rows.items()
        ],
    )


def _reported(compared: Comparison) -> None:
    """What others print about the same pictures, with how they measured it."""
    if not compared.reported:
        return
    st.markdown(f"**{words.REPORTED_HEADING}**")
    st.caption(words.REPORTED_NOTE)
    table.show(
        ["Work", "Network", "Data", "Protocol", "By patient", "Accuracy"],
        [
            [
                one["work"],
                one["network"],
                one["data"],
                one["protocol"],
                "yes" if one["by_patient"] else "no",
                f"{100 * one['accuracy']:.2f} %",
            ]
            for one in compared.reported
        ],
    )
