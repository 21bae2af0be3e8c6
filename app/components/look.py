"""The bar on every page: the other theme, and the list of keys.

Streamlit has no call that changes its theme, so the script presses the entry of its own menu; the
reader's choice is kept in the browser. A page starts dark. The theme is told back to the server,
because charts get their colours there.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from app import look_texts as words
from app import shortcuts, theme

_FRONTEND: Final = Path(__file__).resolve().parents[1] / "frontend"


@cache
def _component() -> ComponentRenderer:
    """The component, registered once a process."""
    html, css, js = (
        (_FRONTEND / f"look.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
    )
    return st.components.v2.component("sulcus_look", html=html, css=css, js=js)


def show() -> None:
    """Draw the bar."""
    _component()(key="look", data=drawing(), width="content", on_scheme_change=_noted)


def drawing() -> dict[str, Any]:
    """Everything the browser draws, as the JSON that `look.js` reads.

    Words and tuples only: for a list or a dictionary Streamlit loads pandas, 70 MB, to see whether
    it is a table.
    """
    return {
        "drawn": theme.current().name,
        "light": words.LIGHT,
        "dark": words.DARK,
        "keys": words.KEYS,
        "key": shortcuts.HELP.keys[0],
        "title": words.KEYS_TITLE,
        "close": words.CLOSE,
        "or": words.OR,
        "places": tuple(
            {"title": place, "rows": [{"keys": list(one.keys), "does": one.does} for one in rows]}
            for place, rows in shortcuts.PLACES.items()
        ),
    }


def _noted() -> None:
    """Nothing to keep: the run that the change starts knows the theme (`theme.current`)."""
