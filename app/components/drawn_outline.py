"""What the reader draws: its switch, sizes beside the AI's, and keeping it as one's own."""

from functools import partial
from typing import Final

import streamlit as st

from app import drawing_session, outline_texts, state, viewer_session
from app import drawing_texts as words
from app.archive import archive
from app.components import own_keeping, own_layer, problem, table
from app.drawing_session import SHOWN, Canvas, Own
from ml import drawing
from ml.errors import DrawingError
from ml.results import Scan
from ml.study import StudyReading

_KIND: Final = own_keeping.Kind(
    name="drawing",
    rows=lambda: archive().drawings,
    mine=drawing_session.mine,
    line=words.kept,
    keep=words.KEEP,
    keep_help=words.KEEP_HELP,
    undo=words.UNDO,
    undo_help=words.UNDO_HELP,
    not_here=words.NOT_HERE,
)


def show(canvas: Canvas, found: StudyReading | None, answer_id: int | None) -> None:
    """Draw the block.

    Args:
        canvas: what is drawn on.
        found: the series as the AI read it, None for a single slice.
        answer_id: the AI's answer on the worklist, None where it is not noted.
    """
    state.keep(SHOWN, state.recall(SHOWN, True))
    own = drawing_session.of(canvas)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(f"**{words.HEADING}**", width="content")
        st.toggle(words.SHOWN, key=SHOWN, help=words.SHOWN_HELP)
    st.caption(_how(canvas))
    refused = drawing_session.refusal(canvas)
    if refused:
        problem.show(DrawingError(refused))
    keep = None
    if own is not None and own.drawing.slices:
        _sizes(canvas, own, found)
        keep = partial(drawing_session.keep, canvas=canvas, own=own)
    own_keeping.show(_KIND, canvas.content_hash, answer_id, keep=keep)


def _how(canvas: Canvas) -> str:
    if viewer_session.draws_pictures():
        return words.NO_WEBGL
    return words.HOW if own_layer.fits(canvas) else words.TOO_LARGE


def _sizes(canvas: Canvas, own: Own, found: StudyReading | None) -> None:
    """Of the slice on screen, and of the series: both by the rules for the AI's outline."""
    decoded, number = canvas.decoded, canvas.number
    spacing = decoded.spacing_mm
    mine = own.drawing.measured(number, spacing)
    if number in canvas.ai or mine.area_px:
        here = {number: canvas.ai[number]} if number in canvas.ai else {}
        ai = drawing.of_masks(here, decoded).measured(number, spacing)
        table.show(words.COLUMNS, outline_texts.rows(ai, mine))
    if not isinstance(decoded, Scan):
        size = drawing.series_size(own.drawing, decoded)
        theirs = None if found is None else found.size
        rows = words.series_rows(theirs, size, own.drawing, len(canvas.ai))
        table.show(words.SERIES_COLUMNS, rows)
