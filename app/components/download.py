"""A button that saves lines as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from functools import partial

import streamlit as st

from app import trail

_FORMULA = ("=", "+", "-", "@")
"""Beginnings that a spreadsheet would run; file names of an upload may have them."""


def show(label: str, header: Sequence[str], rows: Iterable[Sequence[object]], *, name: str) -> None:
    """Draw the button.

    Args:
        label: what it says.
        header: names of the columns.
        rows: one sequence a line.
        name: of the file, without ending; also the widget's key.
    """
    st.download_button(
        label,
        trail.exporting("csv", None, partial(bytes, text(header, rows), "utf-8")),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"download.{name}",
        on_click="ignore",
    )


def text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lines as CSV; a text that a spreadsheet would take for a formula gets an apostrophe."""
    memory = io.StringIO()
    writer = csv.writer(memory, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return memory.getvalue()


def _cell(value: object) -> object:
    unsafe = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if unsafe else value
