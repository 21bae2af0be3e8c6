"""The picture of one mistake, from the user's own data folder and from nowhere else."""

from html import escape

import streamlit as st

from app import error_texts as words
from app import held_out, services
from app.components import problem
from ml.errors import ScanError
from ml.evaluation.mistakes import Mistake


def show(one: Mistake) -> None:
    """Draw the picture, or say where to put it."""
    try:
        scan = held_out.local_scan(one.id)
    except ScanError as error:
        problem.show(error)
        return
    if scan is None:
        st.markdown(words.absent(one))
        return
    title = escape(words.title(one))
    source = services.raw_layer(scan, scan.window.center, scan.window.width)
    st.html(
        f'<img src="{source}" alt="{title}" style="max-width:100%">'
        f'<div class="sulcus-muted">{title}</div>'
    )
