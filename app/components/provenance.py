"""How a reading came about: notes on the scan, time of each step, weights."""

import streamlit as st

from app import gate_texts, held_out, texts, writing_texts
from ml.results import Analysis, Scan


def show(scan: Scan, read: Analysis | None) -> None:
    """Draw the scan's notes, and the times and weight digests of its reading."""
    with st.expander(texts.DETAILS):
        st.text(f"Display window by default: {scan.window.source}")
        for note in scan.notes:
            st.text(note)
        st.text(writing_texts.measured(held_out.writing_figures()))
        if read is None:
            return
        st.text(f"Outline: probability of at least {read.segmentation.threshold:.2f}")
        st.text(texts.looked_up(read.membership))
        st.text(gate_texts.admitted(read.admission))
        st.caption(texts.HEAT_HELP)
        st.dataframe(
            {
                "Step": [texts.STEPS.get(step, step) for step in read.seconds],
                "Milliseconds": [f"{seconds * 1000:.0f}" for seconds in read.seconds.values()],
            },
            hide_index=True,
        )
        st.dataframe(
            {
                "Network": [texts.model(name) for name in read.weights],
                "SHA-256 of its weights": list(read.weights.values()),
            },
            hide_index=True,
        )
