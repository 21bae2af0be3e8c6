"""Display window: presets, centre and width. The networks never see it."""

import streamlit as st

from app import services, state, texts
from ml.results import DisplayWindow, Scan


def show(scan: Scan) -> None:
    """Draw the preset selector and the two sliders of a scan."""
    digest = scan.content_hash
    presets = services.presets(scan)
    _start(scan, presets[0])
    levels = services.levels(scan)
    st.selectbox(
        texts.WINDOW_PRESET,
        range(len(presets)),
        key=state.window_key(digest, "preset"),
        format_func=lambda number: texts.window(presets[number], default=number == 0),
        on_change=_choose,
        args=(digest, presets),
        help=texts.WINDOW_HELP,
    )
    center, width = st.columns(2)
    center.slider(
        texts.WINDOW_CENTER,
        levels.low,
        levels.high,
        step=levels.step,
        format="%.4g",
        key=state.window_key(digest, "center"),
    )
    width.slider(
        texts.WINDOW_WIDTH,
        levels.narrowest,
        levels.widest,
        step=levels.step,
        format="%.4g",
        key=state.window_key(digest, "width"),
    )


def _start(scan: Scan, window: DisplayWindow) -> None:
    if state.window(scan.content_hash) is None:
        state.set_window(scan.content_hash, window.center, window.width)


def _choose(digest: str, presets: tuple[DisplayWindow, ...]) -> None:
    chosen = presets[state.window_preset(digest)]
    state.set_window(digest, chosen.center, chosen.width)
