"""The strip of the guided demo: which case is on screen, what to look at, and the next one."""

import streamlit as st

from app import demo
from app import demo_texts as words


def show() -> None:
    """Draw the strip while the demo is on; `?demo` in the address starts it."""
    demo.begin()
    if not demo.running():
        return
    number = demo.shown()
    at = demo.last() if number is None else number
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", gap="small", key="tour"
    ):
        st.markdown(words.ELSEWHERE if number is None else words.said(number))
        _step(words.BACK, "tour_back", at - 1)
        _step(words.ON if number is not None else words.RETURN, "tour_on", _following(number))
        st.button(words.LEAVE, key="tour_leave", type="tertiary", on_click=demo.leave)


def _following(number: int | None) -> int:
    """The case that the forward button opens: the one left last where another scan is shown."""
    return demo.last() if number is None else number + 1


def _step(title: str, key: str, to: int) -> None:
    known = 0 <= to < len(words.CASES)
    st.button(title, key=key, on_click=demo.go_to, args=(to,), disabled=not known)


def offer() -> None:
    """Draw the button that starts the demo."""
    st.button(words.START, key="tour_start", help=words.START_HELP, on_click=demo.start)
