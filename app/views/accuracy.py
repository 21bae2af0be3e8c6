"""Accuracy: how good the networks are on patients they never saw, and how that was measured."""

import streamlit as st

from app import accuracy_texts as words
from app import held_out, services, state, texts
from app.components import (
    background,
    choice,
    confusion,
    dice,
    explanations,
    field,
    figures_table,
    look_up,
    pairs,
    problem,
    robustness,
    roc,
    split_comparison,
)
from ml.errors import MetricsError
from ml.evaluation.published import SplitFigures, Summary


def page() -> None:
    """Draw the view, or say which command computes the figures."""
    st.subheader(words.ACCURACY_HEADING)
    try:
        summary = services.summary()
    except MetricsError as error:
        problem.show(error)
        st.markdown(words.ACCURACY_EMPTY)
        return
    _protocol(summary)
    st.subheader(words.CLEAN_SPLIT)
    st.caption(words.intervals(summary.clean))
    figures_table.show(summary.clean)
    _charts(summary.clean)
    st.subheader(words.COMPARISON_HEADING)
    split_comparison.show(summary)
    for name, figures in summary.segmentation.items():
        st.subheader(words.outline_heading(name))
        dice.show(figures)
    _explanations()
    pairs.show(summary.counterfactual)
    _look_up()
    _shortcuts()
    _field()


def _explanations() -> None:
    """How well the heat maps point at a tumour."""
    try:
        explanations.show(services.explanations())
    except MetricsError as error:
        problem.show(error)


def _look_up() -> None:
    """How well copies of training pictures are found."""
    try:
        look_up.show(services.membership())
    except MetricsError as error:
        problem.show(error)


def _shortcuts() -> None:
    """What the background alone gives away, and what corrupted pictures do."""
    try:
        probe, curves = held_out.shortcut_checks()
    except MetricsError as error:
        problem.show(error)
        return
    background.show(probe)
    robustness.show(curves)


def _field() -> None:
    """The networks of the field, where they were compared."""
    try:
        compared = services.comparison()
    except MetricsError as error:
        problem.show(error)
        return
    if compared is not None:
        st.subheader(words.FIELD_HEADING)
        field.show(compared)


def _protocol(summary: Summary) -> None:
    for line in (summary.protocol, summary.clean.protocol):
        if line:
            st.markdown(line)
    if summary.split_id:
        st.caption(f"Split {summary.split_id}")


def _charts(split: SplitFigures) -> None:
    name = choice.show(
        words.CHARTS_OF,
        list(split.models),
        key=state.ACCURACY_MODEL,
        format_func=texts.model,
    )
    if name is None:
        return
    left, right = st.columns(2, gap="large")
    with left:
        confusion.show(split.models[name])
    with right:
        roc.show(split.models[name])


page()
