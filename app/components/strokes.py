"""What tells the reader's strokes: a component without a face, so that the viewer stays as it is.

A component runs again the fragment that it stands in. The viewer stands in that of all pictures and
controls; its strokes are told from where their sizes are drawn.
"""

from functools import cache, partial
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from app.drawing_session import STROKES, Canvas, take_drawn

_SCRIPT: Final = Path(__file__).resolve().parents[1] / "frontend" / "drawn.js"


@cache
def _component() -> ComponentRenderer:
    """The component, registered once a process."""
    return st.components.v2.component("sulcus_strokes", js=_SCRIPT.read_text(encoding="utf-8"))


def listen(canvas: Canvas) -> None:
    """Take over what is drawn on a canvas when the pen rests; call in a fragment."""
    _component()(key=STROKES, on_drawn_change=partial(take_drawn, canvas))
