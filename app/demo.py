"""The guided demo: simulated scans in an order, each opened when the reader comes to it.

`?demo` in the address starts it. What a case shows is in `app.demo_texts`; a test reads every one
with the shipped networks and holds the words to it.
"""

import streamlit as st

from app import demo_texts as words
from app import samples, state, uploads

_ADDRESS = "demo"


def begin() -> None:
    """Start where the address asks for it; call before the scans' widgets are drawn."""
    if _ADDRESS in st.query_params and not running() and samples.shipped():
        start()


def running() -> bool:
    """Whether the demo is on in this session."""
    return bool(_met())


def start() -> None:
    """Open the first case; call in a callback, or before the scans' widgets are drawn."""
    go_to(0)


def go_to(number: int) -> None:
    """Open a case, numbered from 0, and show it; call as `start`."""
    case = words.CASES[number]
    items = uploads.arranged([(case.title, (samples.FOLDER / case.file).read_bytes())])
    state.add(items)
    state.keep(state.DEMO, {**_met(), items[0].content_hash: number})


def shown() -> int | None:
    """Number of the case on screen, from 0; None where another scan is."""
    file = state.active()
    return None if file is None else _met().get(file.content_hash)


def last() -> int:
    """Number of the furthest case that was opened, from 0."""
    return max(_met().values(), default=0)


def leave() -> None:
    """End the demo; what it opened stays open. Call in a callback."""
    state.keep(state.DEMO, {})
    st.query_params.pop(_ADDRESS, None)


def _met() -> dict[str, int]:
    """[content hash] → number of each case that was opened."""
    return state.recall(state.DEMO, {})
