"""The bar above the picture: which scan is shown, previous and next, opening more."""

import streamlit as st

from app import shortcuts, state, texts
from app.components import opener


def show() -> None:
    """Draw the bar; the arrow keys do the same as its two buttons."""
    files = state.opened()
    names = {file.content_hash: file.name for file in files}
    place = state.position()
    state.keep(state.ACTIVE, files[place].content_hash)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="bar"):
        with st.popover(texts.OPEN, key=f"open.{state.upload_key()}"):  # a new one is closed
            opener.show()
        st.button(
            texts.PREVIOUS,
            key="previous",
            on_click=state.move,
            args=(-1,),
            disabled=place == 0,
            shortcut=shortcuts.PREVIOUS_SCAN.key,
        )
        st.button(
            texts.NEXT,
            key="next",
            on_click=state.move,
            args=(1,),
            disabled=place == len(files) - 1,
            shortcut=shortcuts.NEXT_SCAN.key,
        )
        st.selectbox(
            texts.SHOWN,
            list(names),
            key=state.ACTIVE,
            format_func=lambda digest: names.get(digest, ""),
            label_visibility="collapsed",
            width=420,
        )
        st.html(
            f'<span class="sulcus-muted">{place + 1}/{len(files)}</span>',
            width="content",
        )
        st.button(texts.CLOSE_ALL, key="close", on_click=state.close_all, type="tertiary")
        st.toggle(texts.MARKS, key=state.MARKS, help=texts.MARKS_HELP)
