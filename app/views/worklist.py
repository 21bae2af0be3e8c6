"""Worklist: every scan that was read here, its status, and the way to the next unread one."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from app import (
    look_texts,
    reader_session,
    reopening,
    shortcuts,
    signed_texts,
    state,
    trail,
    trail_texts,
)
from app import worklist_texts as words
from app.archive import archive
from app.components import (
    choice,
    empty,
    kept_outlines,
    problem,
    readers_word,
    recorder,
    signed_report,
)
from app.store.lists import of_status, ordered, progress, unread
from app.store.records import NEW, REFUSED, STATUSES, WAITING, Entry
from app.store.signed import Signed
from ml.errors import StoreError


def page() -> None:
    """Draw the view, or say what to do where nothing is on the list."""
    st.header(words.HEADING)
    try:
        with st.spinner(look_texts.LOADING):
            entries = archive().worklist()
        if not archive().trail.begun_with_this_secret():
            recorder.seen(None, trail.OTHER_SECRET)
            st.warning(trail_texts.OTHER_SECRET)
        if not entries:
            empty.show(words.EMPTY, words.EMPTY_HELP)
            return
        recorder.seen(None, trail.LISTED)
        _list(entries)
    except StoreError as error:
        problem.show(error)


def _list(entries: tuple[Entry, ...]) -> None:
    """Progress, filters, the table, and the scan that is chosen in it."""
    done, total = progress(entries)
    st.progress(done / total, text=words.progress(done, total))
    with st.container(width=480):
        readers_word.who()
    shown = _filtered(tuple(map(_veiled, entries)))
    if not shown:
        st.info(words.NONE_FITS)
        return
    signers = archive().reports.signers()
    st.dataframe(
        [_cells(entry, signers.get(entry.scan.content_hash, ())) for entry in shown],
        hide_index=True,
        width="stretch",
    )
    told = [one for one in shown if one.flag != WAITING and not _hidden(one)]
    reader_session.mark_drawn(*(entry.scan.content_hash for entry in told))
    _chosen(shown)
    st.caption(words.PRIVACY)


def _cells(entry: Entry, signers: Sequence[Signed]) -> dict[str, str]:
    """One line of the table."""
    return words.cells(entry, hidden=_hidden(entry)) | {
        signed_texts.COLUMN: signed_texts.cell(signers)
    }


def _filtered(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The lines in the chosen order, of the chosen status."""
    left, right = st.columns(2, gap="medium")
    names = reopening.orders()
    with left:
        order = choice.show(
            words.SORT, names, key=state.WORKLIST_SORT, format_func=lambda by: words.ORDERS[by]
        )
    status = right.selectbox(
        words.STATUS, [None, *STATUSES], key=state.WORKLIST_STATUS, format_func=words.a_status
    )
    return of_status(ordered(entries, order or names[0]), status)


def _veiled(entry: Entry) -> Entry:
    """A line whose status does not give away that the gate stopped the scan."""
    return replace(entry, status=NEW) if _hidden(entry) else entry


def _hidden(entry: Entry) -> bool:
    """Whether what the AI says of a scan stays hidden: it is still to be read blind."""
    waiting = entry.status in (NEW, REFUSED)
    return (
        reader_session.blind_first()
        and waiting
        and not reader_session.drawn(entry.scan.content_hash)
    )


def _chosen(shown: tuple[Entry, ...]) -> None:
    """The box that chooses a scan, the steps to unread ones, and the button that opens it."""
    known = {entry.scan.content_hash: entry for entry in shown}
    state.start_choice(state.WORKLIST_SCAN, list(known))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.selectbox(
            words.SCAN,
            list(known),
            key=state.WORKLIST_SCAN,
            format_func=lambda name: words.line(known[name]),
            width=420,
        )
        _step(words.PREVIOUS, shortcuts.PREVIOUS_UNREAD.key, unread(shown, chosen, -1))
        _step(words.NEXT, shortcuts.NEXT_UNREAD.key, unread(shown, chosen, 1))
        at_hand = reopening.openable(chosen)
        if st.button(words.OPEN, key="worklist_open", type="primary", disabled=not at_hand):
            reopening.reopen(known[chosen])
            st.switch_page("views/read.py")
    if not at_hand:
        st.caption(words.NOT_KEPT)
    if not _hidden(known[chosen]):
        kept_outlines.show(chosen)
        signed_report.listed(chosen)


def _step(title: str, shortcut: str, to: str | None) -> None:
    st.button(
        title,
        key=f"worklist_{shortcut.lower()}",
        shortcut=shortcut,
        disabled=to is None,
        on_click=state.keep,
        args=(state.WORKLIST_SCAN, to),
    )


page()
