"""How the palettes reach the page: the little CSS there is, and the layout of charts.

The style sheet names roles, never colours; each role is `light-dark(…)`, so that it follows the
theme at once. A chart's colours are chosen on the server, by the theme of the run.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from app.palette import DARK, LIGHT, Palette

MASK_RGB: Final = (230, 124, 55)
MASK: Final = "rgb(230,124,55)"
OWN_RGB: Final = (86, 180, 233)
OWN: Final = "rgb(86,180,233)"
OWN_DASH: Final = "6 4"
DIAMETER: Final = "#ffffff"
BOX: Final = "#cc79a7"
"""Of marks on pictures, which lie on black in both themes."""

CLASS_DASHES: Final[dict[str, str]] = {
    "glioma": "solid",
    "meningioma": "dash",
    "no_tumor": "dot",
    "pituitary": "dashdot",
}
CLASS_PATTERNS: Final[dict[str, str]] = {
    "glioma": "",
    "meningioma": "/",
    "no_tumor": ".",
    "pituitary": "x",
}
NETWORK_DASHES: Final[dict[str, str]] = {
    "mobilenet": "dash",
    "xception": "dot",
    "resnet50": "dashdot",
    "mean": "solid",
}
COPY_PATTERNS: Final = ("", "/", "x")
SEQUENTIAL: Final = "Cividis"

_RULES: Final = Path(__file__).with_name("frontend") / "page.css"


@cache
def style_sheet() -> str:
    """The roles of both palettes as custom properties, and the rules that use them."""
    roles = "".join(
        f"--sulcus-{role}: light-dark({LIGHT.roles[role]}, {dark}); "
        for role, dark in DARK.roles.items()
    )
    rules = _RULES.read_text(encoding="utf-8")
    return f"<style>\n:root {{ color-scheme: dark; {roles}}}\n{rules}</style>"


def current() -> Palette:
    """The palette of this run; the dark one where the browser has not told its theme."""
    return LIGHT if st.context.theme.type == LIGHT.name else DARK


def class_colour(label: str) -> str:
    """Colour of a class in charts; the muted one for a class that the networks do not know."""
    found = current()
    return found.classes.get(label, found.muted)


def network_line(model: str) -> dict[str, str]:
    """Plotly line of a network: colour and dash."""
    found = current()
    colour = found.networks.get(model, found.muted)
    return {"color": colour, "dash": NETWORK_DASHES.get(model, "longdash")}


def copy_bars() -> tuple[dict[str, Any], ...]:
    """Plotly markers of the three kinds of leak, told apart by pattern too."""
    return tuple(
        {"color": colour, "pattern": {"shape": shape}}
        for colour, shape in zip(current().copies, COPY_PATTERNS, strict=True)
    )


def axis(title: str, **changes: Any) -> dict[str, Any]:
    """A Plotly axis with thin grid lines and a title of the page's own size."""
    line = current().line
    return {
        "title": {"text": title, "font": {"size": 13}, "standoff": 10},
        "gridcolor": line,
        "zerolinecolor": line,
        "linecolor": line,
        **changes,
    }


def chart_layout(**changes: Any) -> dict[str, Any]:
    """Plotly layout shared by every chart: flat, in the page's own colours and font."""
    found = current()
    return {
        "template": "none",
        "paper_bgcolor": found.background,
        "plot_bgcolor": found.background,
        "font": {"family": "Source Sans, sans-serif", "size": 13, "color": found.text},
        "margin": {"l": 56, "r": 12, "t": 36, "b": 48},
        "legend": {"bgcolor": "rgba(0,0,0,0)"},
        **changes,
    }


def chart_config(name: str) -> dict[str, Any]:
    """Plotly tool bar without the maker's logo, whose camera saves a PNG of that name."""
    return {
        "displaylogo": False,
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }
