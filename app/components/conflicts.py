"""What within a reading contradicts itself, and what that meant on held-out patients."""

import streamlit as st

from app import conflict_texts as words
from app import held_out, services
from app.components import problem
from ml.errors import MetricsError
from ml.results import Analysis


def show(read: Analysis) -> None:
    """Draw what the agreement is worth, and a banner for each conflict of the scan on screen."""
    try:
        figures = held_out.conflict_figures()
    except MetricsError as error:
        problem.show(error)
        return
    found = services.conflicts(read, figures.least_heat_ratio)
    said = [words.agreed(read.agreement, figures), *([] if found else [words.no_conflict(figures)])]
    st.html(f'<div class="sulcus-muted">{"<br>".join(said)}</div>')
    for kind in found:
        st.warning(words.banner(kind, figures))
