"""The slider of the outline's threshold, sizes beside the AI's, and keeping it as one's own."""

import streamlit as st

from app import outline_texts as words
from app import own_outline, reader_session, worklist_texts
from app.components import problem, table
from app.store.outlines import HIGHEST, LOWEST
from ml.errors import StoreError
from ml.results import Analysis


def show(read: Analysis, own: Analysis, answer_id: int | None) -> None:
    """Draw the block.

    Args:
        read: as the AI read it.
        own: the same with the outline at the reader's threshold, see `own_outline.adjusted`.
        answer_id: the AI's answer on the worklist, None where it is not noted.
    """
    own_outline.start(read)
    st.slider(
        words.THRESHOLD,
        LOWEST,
        HIGHEST,
        step=0.01,
        key=own_outline.key(read.scan.content_hash),
        help=words.THRESHOLD_HELP,
    )
    st.caption(words.on_screen(read.segmentation, own.segmentation))
    sizes = own.segmentation.measurement
    if own is not read:
        table.show(words.COLUMNS, words.rows(read.segmentation.measurement, sizes))
    if answer_id is None:
        st.caption(words.NOT_HERE)
        return
    try:
        _kept(read)
        _keep(read, own, answer_id)
    except StoreError as error:
        problem.show(error)


def _kept(read: Analysis) -> None:
    """This reader's kept outline, and the button that takes it back."""
    row = own_outline.mine(read.scan.content_hash)
    if row is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(words.kept(row, current=True))
        if st.button(words.UNDO, key="outline.undo", help=words.UNDO_HELP, type="tertiary"):
            own_outline.take_back(row)
            st.rerun()


def _keep(read: Analysis, own: Analysis, answer_id: int) -> None:
    nobody, nothing = not reader_session.reader(), not own.segmentation.measurement.area_px
    if st.button(words.KEEP, key="outline.keep", help=words.KEEP_HELP, disabled=nobody or nothing):
        own_outline.keep(answer_id, read, own)
        st.rerun()
    if nothing:
        st.caption(words.NOTHING)
    elif nobody:
        st.caption(worklist_texts.WHO_FIRST)
