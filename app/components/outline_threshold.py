"""The slider of the outline's threshold, sizes beside the AI's, and keeping it as one's own."""

from functools import partial
from typing import Final

import streamlit as st

from app import outline_texts as words
from app import own_outline
from app.archive import archive
from app.components import own_keeping, table
from app.store.outlines import HIGHEST, LOWEST
from ml.results import Analysis

_KIND: Final = own_keeping.Kind(
    name="outline",
    rows=lambda: archive().outlines,
    mine=own_outline.mine,
    line=partial(words.kept, current=True),
    keep=words.KEEP,
    keep_help=words.KEEP_HELP,
    undo=words.UNDO,
    undo_help=words.UNDO_HELP,
    not_here=words.NOT_HERE,
)


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
    own_keeping.show(
        _KIND,
        read.scan.content_hash,
        answer_id,
        keep=lambda number: own_outline.keep(number, read, own),
        why_not="" if sizes.area_px else words.NOTHING,
    )
