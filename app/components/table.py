"""A plain table of texts: read by screen readers, and wide ones scroll."""

from collections.abc import Sequence
from html import escape

import streamlit as st


def show(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Draw a table; the first cell of each row is its heading. All texts are escaped."""
    name = escape(", ".join(filter(None, header)))  # focus and name: keys scroll a wide table
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    st.html(
        f'<div class="sulcus-scroll" tabindex="0" role="region" aria-label="{name}">'
        '<table class="sulcus-figures">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
