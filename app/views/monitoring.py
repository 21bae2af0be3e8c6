"""Monitoring: what the readings on this computer add up to, each figure with its counts."""

from collections.abc import Sequence

import streamlit as st

from app import look_texts
from app import monitoring_texts as words
from app.archive import archive
from app.components import drift, empty, problem, table, trail_line
from app.store import figures
from app.store.records import Entry, Reading
from ml.errors import StoreError


def page() -> None:
    """Draw the view, or say what to do where nothing was read."""
    st.header(words.HEADING)
    try:
        with st.spinner(look_texts.LOADING):
            entries, readings = archive().worklist(), archive().readings()
    except StoreError as error:
        problem.show(error)
        return
    said = figures.counted(readings)
    if said:
        _agreement(said)
    else:
        empty.show(words.EMPTY, words.EMPTY_HELP)
    if entries:
        _refusals(entries)
        _inputs()
        _trail({row.word.reader for row in readings})


def _agreement(said: Sequence[Reading]) -> None:
    """Everything that is made of readers' words."""
    scans, versions = {row.content_hash for row in said}, {row.weights_hash for row in said}
    st.markdown(words.INTRO)
    st.caption(words.size(len(said), len(scans), len(versions)))
    st.subheader(words.BY_CLASS)
    lines = [words.row(words.ai_said(label), one) for label, one in figures.by_class(said).items()]
    table.show(words.BY_CLASS_COLUMNS, [*lines, words.row(words.ALL, figures.agreement(said))])
    st.subheader(words.BY_WEEK)
    weeks = figures.by_week(said)
    table.show(
        words.BY_WEEK_COLUMNS, [words.row(words.week(monday), one) for monday, one in weeks.items()]
    )
    st.subheader(words.CHANGED)
    st.markdown(words.changed(figures.changed_by_ai(said), figures.blind_unknown(said)))
    st.subheader(words.TIMES)
    st.markdown(words.times(figures.times(said)))
    st.caption(words.TIMES_NOTE)


def _refusals(entries: Sequence[Entry]) -> None:
    """How many scans the gate stopped, and why."""
    st.subheader(words.REFUSALS)
    stopped, reasons = figures.refusals(entries)
    st.markdown(words.refused(stopped))
    if reasons:
        table.show(words.REASON_COLUMNS, words.reasons(reasons))


def _inputs() -> None:
    """Whether what is read is like what the figures were measured on."""
    try:
        drift.show()
    except StoreError as error:
        problem.show(error)


def _trail(readers: set[str]) -> None:
    """Whether the audit trail holds."""
    try:
        trail_line.show(sorted(readers))
    except StoreError as error:
        problem.show(error)


page()
