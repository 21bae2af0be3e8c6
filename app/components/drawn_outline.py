"""What the reader draws: its switch, sizes beside the AI's, and keeping it as one's own."""

import streamlit as st

from app import (
    drawing_session,
    outline_texts,
    reader_session,
    state,
    viewer_session,
    worklist_texts,
)
from app import drawing_texts as words
from app.components import own_layer, problem, table
from app.drawing_session import SHOWN, Canvas, Own
from ml import drawing
from ml.errors import DrawingError, StoreError
from ml.results import Scan
from ml.study import StudyReading


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
    if own is not None and own.drawing.slices:
        _sizes(canvas, own, found)
    if answer_id is None:
        st.caption(words.NOT_HERE)
        return
    try:
        _kept(canvas)
        _keep(canvas, own, answer_id)
    except StoreError as error:
        problem.show(error)


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


def _kept(canvas: Canvas) -> None:
    """This reader's kept drawing, and the button that takes it back."""
    row = drawing_session.mine(canvas.content_hash)
    if row is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(words.kept(row))
        if st.button(words.UNDO, key="drawing.undo", help=words.UNDO_HELP, type="tertiary"):
            drawing_session.take_back(row)
            st.rerun()


def _keep(canvas: Canvas, own: Own | None, answer_id: int) -> None:
    """The button that keeps it, where there is anything to keep."""
    if own is None or not own.drawing.slices:
        return
    nobody = not reader_session.reader()
    if st.button(words.KEEP, key="drawing.keep", help=words.KEEP_HELP, disabled=nobody):
        drawing_session.keep(answer_id, canvas, own)
        st.rerun()
    if nobody:
        st.caption(worklist_texts.WHO_FIRST)
