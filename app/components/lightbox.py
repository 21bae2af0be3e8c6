"""The pictures, and the controls that change nothing but them.

Both are one fragment: a layer, an opacity or a window draws them again and leaves the rest of the
page, above all the panel of the answer, as it is.
"""

from dataclasses import dataclass

import streamlit as st

from app import own_outline, state, viewer_session
from app.components import (
    drawn_outline,
    layer_controls,
    outline_threshold,
    viewer,
    windowing,
)
from app.drawing_session import Canvas
from app.records import Hung
from ml.results import Analysis, Scan


@dataclass(frozen=True)
class Shown:
    """What hangs on the light box.

    Attributes:
        scan: the decoded slice.
        canvas: what the reader draws on.
        hung: how it hangs where it is a slice of a series.
        read: what the networks said, or None where they could not run or are hidden.
        answered: whether there is an answer, be it a refusal: only then one draws on it.
    """

    scan: Scan
    canvas: Canvas
    hung: Hung | None
    read: Analysis | None
    answered: bool


def canvas(
    content_hash: str,
    scan: Scan,
    read: Analysis | None,
    hung: Hung | None,
    answer_id: int | None,
) -> Canvas:
    """What the reader draws on, with the AI's outlines as far as they may be shown.

    Args:
        content_hash: of the scan or series as it was opened.
        scan: the slice on screen.
        read: what the networks said of it, or None.
        hung: how it hangs where it is a slice of a series.
        answer_id: the AI's answer on the worklist, None where it is not noted.
    """
    if hung is None:
        own = {}
        if read is not None and read.segmentation.mask.any():
            own[1] = read.segmentation.mask
        return Canvas(content_hash, scan.content_hash, scan, 1, own, answer_id)
    slices = () if hung.found is None else hung.found.slices
    masks = {one.number: one.mask for one in slices if one.mask is not None}
    return Canvas(content_hash, hung.key, hung.volume, hung.number, masks, answer_id)


@st.fragment
def show(shown: Shown) -> None:
    """Draw the pictures and their controls; the theme places the two."""
    if viewer_session.page_is_due():
        st.rerun()
    if viewer_session.alone():
        state.begin()
    read = shown.read
    own = None if read is None else own_outline.adjusted(read)
    pictures, controls = st.container(key="pictures"), st.container(key="controls")
    with pictures:
        _pictures(shown, own)
    left, right = controls.columns([3, 8], gap="medium")
    with left:
        windowing.show(_windowed(shown))
    with right:
        if read is not None and own is not None:
            layer_controls.show(read)
            outline_threshold.show(read, own, None if shown.hung else shown.canvas.answer_id)
        if shown.answered:
            drawn_outline.show(shown.canvas, shown.hung.found if shown.hung else None)


def _pictures(shown: Shown, own: Analysis | None) -> None:
    """The viewer, with the reader's own outline where the threshold was moved."""
    windowed = _windowed(shown)
    start = (shown.scan.window.center, shown.scan.window.width)
    viewer.show(
        shown.scan,
        state.window(windowed.content_hash) or start,
        read=own,
        hung=shown.hung,
        canvas=shown.canvas,
        own=own is not shown.read,
    )


def _windowed(shown: Shown) -> Scan:
    """The slice whose sliders set the window."""
    return shown.scan if shown.hung is None else shown.hung.windowed
