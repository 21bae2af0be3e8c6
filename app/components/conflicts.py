"""What within a reading contradicts itself, and what that meant on held-out patients."""

import streamlit as st

from app import conflict_texts as words
from app import held_out, services
from app.components import problem
from ml.errors import MetricsError
from ml.results import Analysis


def show(read: Analysis) -> None:
    """Draw a line for each conflict of the scan on screen, and what the agreement is worth.

    What a conflict meant is inside its line, so that the sizes stay on the first screen.
    """
    try:
        figures = held_out.conflict_figures()
    except MetricsError as error:
        problem.show(error)
        return
    found = services.conflicts(read, figures.least_heat_ratio)
    if found:
        with st.container(key="conflicts"):
            for kind in found:
                with st.expander(words.title(kind)):
                    st.markdown(words.meaning(kind, figures))
    said = [words.agreed(read.agreement, figures), *([] if found else [words.no_conflict(figures)])]
    st.html(f'<div class="sulcus-muted">{"<br>".join(said)}</div>')
