"""Keeping an outline as one's own, and taking it back: the same for every kind of outline."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

import streamlit as st

from app import reader_session, worklist_texts
from app.components import problem
from app.store.own_rows import Kept, New, OwnRows
from ml.errors import StoreError


@dataclass(frozen=True)
class Kind(Generic[New]):
    """A kind of outline that readers keep, with its words.

    Attributes:
        name: first part of the keys of its widgets.
        rows: gives its rows in the store.
        mine: [content hash] → what this reader kept of a scan last, or None.
        line: a kept one as a line.
        keep: label of the button that keeps it.
        keep_help: what that button does.
        undo: label of the button that takes it back.
        undo_help: what that button does.
        not_here: that it cannot be kept because its scan is not on the worklist.
    """

    name: str
    rows: Callable[[], OwnRows[New]]
    mine: Callable[[str], Kept[New] | None]
    line: Callable[[Kept[New]], str]
    keep: str
    keep_help: str
    undo: str
    undo_help: str
    not_here: str


def show(
    kind: Kind[New],
    content_hash: str,
    answer_id: int | None,
    *,
    keep: Callable[[int], object] | None,
    why_not: str = "",
) -> None:
    """Draw what this reader kept, and the button that keeps what is on screen.

    Args:
        kind: of the outline.
        content_hash: of the scan or series.
        answer_id: the AI's answer on the worklist, None where it is not noted.
        keep: keeps what is on screen with the answer of that number; None where nothing is.
        why_not: why it cannot be kept as it stands, or "".
    """
    if answer_id is None:
        st.caption(kind.not_here)
        return
    try:
        _kept(kind, content_hash)
        if keep is not None and _button(kind, why_not):
            keep(answer_id)
            st.rerun()
    except StoreError as error:
        problem.show(error)
        return
    if keep is not None and (why_not or not reader_session.reader()):
        st.caption(why_not or worklist_texts.WHO_FIRST)


def _kept(kind: Kind[New], content_hash: str) -> None:
    """This reader's kept outline, and the button that takes it back."""
    row = kind.mine(content_hash)
    if row is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(kind.line(row))
        key = f"{kind.name}.undo"
        if st.button(kind.undo, key=key, help=kind.undo_help, type="tertiary"):
            kind.rows().take_back(row.id, row.outline.reader)
            st.rerun()


def _button(kind: Kind[New], why_not: str) -> bool:
    return st.button(
        kind.keep,
        key=f"{kind.name}.keep",
        help=kind.keep_help,
        disabled=bool(why_not) or not reader_session.reader(),
    )
