"""What the reader draws: its switch, sizes beside the AI's, and keeping it as one's own."""

from functools import partial
from typing import Final

import streamlit as st

from app import drawing_session, outline_texts, state, viewer_session
from app import drawing_texts as words
from app.archive import archive
from app.components import own_keeping, own_layer, problem, strokes, table
from app.drawing_session import SHOWN, Canvas, Own
from ml import drawing
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


def show(canvas: Canvas, found: StudyReading | None) -> None:
    """Draw the block.

    Args:
        canvas: what is drawn on.
        found: the series as the AI read it, None for a single slice.
    """
    state.keep(SHOWN, state.recall(SHOWN, True))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(f"**{words.HEADING}**", width="content")
        st.toggle(words.SHOWN, key=SHOWN, help=words.SHOWN_HELP)
    st.caption(_how(canvas))
    _as_drawn(canvas, found)
    own = None if own_layer.editable(canvas) else drawing_session.of(canvas)
    keep = None
    if own is not None and own.drawing.slices:
        keep = partial(drawing_session.keep, canvas=canvas, own=own)
    own_keeping.show(_KIND, canvas.content_hash, canvas.answer_id, keep=keep)


@st.fragment
def _as_drawn(canvas: Canvas, found: StudyReading | None) -> None:
    """Sizes: only they are drawn again when the viewer tells strokes."""
    strokes.listen(canvas)
    refused = drawing_session.refusal(canvas)
    if refused is not None:
        problem.show(refused)
    own = drawing_session.of(canvas)
    if own is not None and own.drawing.slices:
        _sizes(canvas, own, found)


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
