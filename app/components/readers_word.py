"""The reader's word on an AI answer: agree, disagree or unsure in at most two clicks, and undo.

In blind-first mode the reader's class is asked before anything that the AI says is drawn.
"""

import streamlit as st

from app import access_session, reader_session, state
from app import worklist_texts as words
from app.archive import archive
from app.components import next_unread, problem
from app.store.checks import LONGEST_NAME, LONGEST_REASON
from app.store.records import AGREE, DISAGREE, UNSURE, Reading, Word
from ml.errors import StoreError
from ml.labels import CLASSES, TITLES


def who() -> None:
    """Draw who reads and the switch of the blind-first mode."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    if access_session.person() is None:
        left.text_input(
            words.READER, key=state.READER, max_chars=LONGEST_NAME, placeholder=words.READER_HINT
        )
    else:
        left.text(reader_session.reader())
    right.toggle(words.BLIND, key=state.BLIND, help=words.BLIND_HELP)


def hidden(content_hash: str) -> bool:
    """Whether what the AI says of a scan must not be drawn yet: it is read blind."""
    if not reader_session.blind_first() or reader_session.drawn(content_hash):
        return False
    return not (reader_session.blind_class(content_hash) or _read_before(content_hash))


def waits(content_hash: str) -> bool:
    """Ask for the reader's class where the scan is read blind.

    Returns:
        Whether what the AI says must stay hidden for now.
    """
    if not hidden(content_hash):
        return False
    st.markdown(f"**{words.BLIND_QUESTION}**")
    with st.container(horizontal=True, gap="small"):
        for label in CLASSES:
            st.button(
                TITLES[label],
                key=f"blind.{label}",
                on_click=reader_session.name_blind_class,
                args=(content_hash, label),
                disabled=not reader_session.reader(),
            )
    st.caption(words.BLIND_WAITS if reader_session.reader() else words.WHO_FIRST)
    return True


def show(content_hash: str, label: str | None, answer_id: int) -> None:
    """Draw what was said of an answer, and the buttons where this reader said nothing yet.

    Args:
        content_hash: of the scan or series.
        label: class that the AI puts first, None for a refusal.
        answer_id: number of the answer in the store.
    """
    try:
        standing = [row for row in archive().readings(content_hash) if row.standing]
        mine = [row for row in standing if row.word.reader == reader_session.reader()]
        st.markdown(f"**{words.QUESTION}**")
        for row in standing:
            if row not in mine:
                st.text(words.said(row))
        if mine:
            _said(mine[-1])
        else:
            _ask(content_hash, label, answer_id)
    except StoreError as error:
        problem.show(error)


def _read_before(content_hash: str) -> bool:
    """Whether this reader has said a word before, perhaps in another session."""
    try:
        rows = archive().readings(content_hash)
    except StoreError as error:
        problem.show(error)
        return False
    return any(row.word.reader == reader_session.reader() for row in rows)


def _said(row: Reading) -> None:
    st.text(words.said(row))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(words.UNDO, key="say.undo", help=words.UNDO_HELP):
            archive().take_back(row)
            reader_session.start_clock(row.content_hash)
            st.rerun()
        next_unread.show(row.content_hash)


def _ask(content_hash: str, label: str | None, answer_id: int) -> None:
    nobody = not reader_session.reader()
    if reader_session.blind_first() and reader_session.blind_class(content_hash) is None:
        st.caption(words.BLIND_TOO_LATE)
    st.text_input(
        words.REASON,
        key=reader_session.reason_key(content_hash),
        max_chars=LONGEST_REASON,
        disabled=nobody,
    )
    with st.container(horizontal=True, gap="small"):
        if st.button(words.AGREE_BUTTON, key="say.agree", disabled=nobody):
            _say(content_hash, answer_id, AGREE, None)
        if st.button(words.UNSURE_BUTTON, key="say.unsure", disabled=nobody):
            _say(content_hash, answer_id, UNSURE, None)
        with st.popover(words.DISAGREE_BUTTON, disabled=nobody):
            for other in (one for one in CLASSES if one != label):
                if st.button(TITLES[other], key=f"say.{other}", disabled=nobody, width="stretch"):
                    _say(content_hash, answer_id, DISAGREE, other)
            if st.button(words.NO_CLASS, key="say.no_class", disabled=nobody, width="stretch"):
                _say(content_hash, answer_id, DISAGREE, None)
    if nobody:
        st.caption(words.WHO_FIRST)


def _say(content_hash: str, answer_id: int, verdict: str, label: str | None) -> None:
    word = Word(
        reader=reader_session.reader(),
        verdict=verdict,
        reason=reader_session.reason(content_hash),
        corrected_label=label,
        blind_label=reader_session.blind_class(content_hash),
        seconds=reader_session.seconds(content_hash),
    )
    archive().say(answer_id, word)
    st.rerun()
