"""Worklist: every scan that was read here, its status, and the way to the next unread one."""

import streamlit as st

from app import reader_session, state
from app import worklist_texts as words
from app.archive import Archive, archive
from app.components import choice, problem, readers_word
from app.store.lists import BLIND_ORDERS, ORDERS, of_status, ordered, progress, unread
from app.store.records import NEW, REFUSED, STATUSES, Entry
from ml.errors import StoreError


def page() -> None:
    """Draw the view, or say what to do where nothing is on the list."""
    st.header(words.HEADING)
    try:
        kept = archive()
        entries = kept.worklist()
        if not entries:
            st.html(f'<div class="sulcus-empty"><h3>{words.EMPTY}</h3>{words.EMPTY_HELP}</div>')
            return
        _list(kept, entries)
    except StoreError as error:
        problem.show(error)


def _list(kept: Archive, entries: tuple[Entry, ...]) -> None:
    """Progress, filters, the table, and the scan that is chosen in it."""
    done, total = progress(entries)
    st.progress(done / total, text=words.progress(done, total))
    with st.container(width=480):
        readers_word.who()
    left, right = st.columns(2, gap="medium")
    with left:
        orders = BLIND_ORDERS if reader_session.blind_first() else ORDERS
        order = choice.show(
            words.SORT, orders, key=state.WORKLIST_SORT, format_func=lambda by: words.ORDERS[by]
        )
    status = right.selectbox(
        words.STATUS, [None, *STATUSES], key=state.WORKLIST_STATUS, format_func=words.a_status
    )
    shown = of_status(ordered(entries, order or orders[0]), status)
    if not shown:
        st.info(words.NONE_FITS)
        return
    st.dataframe(
        [words.cells(entry, hidden=_hidden(entry)) for entry in shown],
        hide_index=True,
        width="stretch",
    )
    reader_session.mark_drawn(*(entry.scan.content_hash for entry in shown if not _hidden(entry)))
    _chosen(kept, shown)
    st.caption(words.PRIVACY)


def _hidden(entry: Entry) -> bool:
    """Whether what the AI says of a scan stays hidden: it is still to be read blind."""
    waiting = entry.status in (NEW, REFUSED)
    return (
        reader_session.blind_first()
        and waiting
        and not reader_session.drawn(entry.scan.content_hash)
    )


def _chosen(kept: Archive, shown: tuple[Entry, ...]) -> None:
    """The box that chooses a scan, the steps to unread ones, and the button that opens it."""
    known = {entry.scan.content_hash: entry for entry in shown}
    state.start_choice(state.WORKLIST_SCAN, list(known))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.selectbox(
            words.SCAN,
            list(known),
            key=state.WORKLIST_SCAN,
            format_func=lambda name: words.line(known[name], hidden=_hidden(known[name])),
            width=420,
        )
        _step(words.PREVIOUS, "Left", unread(shown, chosen, -1))
        _step(words.NEXT, "Right", unread(shown, chosen, 1))
        here = any(file.content_hash == chosen for file in state.opened())
        openable = here or kept.pictures.kept_until(chosen) is not None
        if st.button(words.OPEN, key="worklist_open", type="primary", disabled=not openable):
            data = b"" if here else kept.pictures.data(chosen)
            state.open_kept(words.pseudonym(known[chosen]), data, chosen)
            st.switch_page("views/read.py")
    if not openable:
        st.caption(words.NOT_KEPT)


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
