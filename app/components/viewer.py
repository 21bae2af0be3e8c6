"""The raw picture, always, and beside it the AI view with its layers.

A component of the project's own, because a Plotly chart is thrown away and drawn anew by
Streamlit whenever its figure changes, and the zoom with it. Zoom and pan are linked and stay
while layers and windows change. Pictures travel as PNG; nothing is computed in the browser, and
nothing is loaded from anywhere.
"""

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from app import services, state, texts, theme
from app.records import Hung
from ml import display
from ml.results import Analysis, Detection, Heatmap, Scan

_FRONTEND: Final = Path(__file__).resolve().parents[1] / "frontend"


@cache
def _component() -> ComponentRenderer:
    """The component, registered once a process."""
    html, css, js = (
        (_FRONTEND / f"viewer.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
    )
    return st.components.v2.component("sulcus_viewer", html=html, css=css, js=js)


def show(
    scan: Scan, window: tuple[float, float], read: Analysis | None, hung: Hung | None = None
) -> None:
    """Draw both pictures.

    Args:
        scan: the decoded slice.
        window: (centre, width) of the display window.
        read: what the networks said, or None when they could not run: then the right-hand
            picture stays without marks.
        hung: how it hangs where it is a slice of a series.
    """
    _component()(key="viewer", data=drawing(scan, window, read, hung))


def drawing(
    scan: Scan, window: tuple[float, float], read: Analysis | None, hung: Hung | None = None
) -> dict[str, Any]:
    """Everything the browser draws, as the JSON that `viewer.js` reads."""
    rows, columns = scan.shape
    row_mm, column_mm = scan.spacing_mm or (1.0, 1.0)
    letters = hung.letters if hung else None
    corner = [texts.SIMULATED] if scan.simulated else []
    corner += [] if letters else [texts.ORIENTATION]
    found: dict[str, Any] = {
        "id": hung.key if hung else scan.content_hash,
        "rows": rows,
        "columns": columns,
        "aspect": row_mm / column_mm,
        "raw": _picture(services.raw_layer(scan, *window)),
        "heat": None,
        "fill": None,
        "lines": [],
        "tags": [],
        "scale": ",".join(display.heat_scale()),
        "corner": " · ".join(corner),
        "letters": asdict(letters) if letters else {},
        "captions": {"raw": texts.RAW_TITLE, "ai": texts.ai_title(texts.NO_READING)},
    }
    if read is not None:
        found |= _marks(read, state.layers())
    return found


def _marks(read: Analysis, layers: state.Layers) -> dict[str, Any]:
    """The AI marks that are switched on, and the title of the AI view."""
    title = "" if state.marks_shown() else texts.MARKS_HIDDEN
    marks: dict[str, Any] = {"lines": [], "tags": []}
    if layers.heat:
        heatmap = _chosen(read, layers)
        title = texts.heat_title(heatmap)
        if not heatmap.empty:
            marks["heat"] = _picture(services.heat_layer(read, heatmap), layers.heat_opacity)
    if layers.mask and read.segmentation.measurement.area_px:
        if layers.mask_style == "fill":
            fill = services.fill_layer(read, theme.MASK_RGB)
            marks["fill"] = _picture(fill, layers.mask_opacity)
        else:
            marks["lines"] += [_outline(read, layers.mask_opacity)]
    if layers.diameters:
        marks["lines"] += _diameters(read)
    if layers.boxes and read.detections:
        marks["lines"] += [_box(found) for found in read.detections]
        marks["tags"] = [_tag(found) for found in read.detections]
    marks["captions"] = {"raw": texts.RAW_TITLE, "ai": texts.ai_title(title)}
    return marks


def _chosen(read: Analysis, layers: state.Layers) -> Heatmap:
    """The heat map of the selected network and class."""
    models = [reading.model for reading in read.classifications]
    model = layers.heat_model if layers.heat_model in models else models[0]
    suggested = layers.heat_class == state.SUGGESTED_CLASS
    return read.heatmaps[model][read.mean.label if suggested else layers.heat_class]


def _picture(source: str, opacity: float = 1.0) -> dict[str, Any]:
    return {"source": source, "opacity": opacity}


def _outline(read: Analysis, opacity: float) -> dict[str, Any]:
    return {
        "mark": "mask",
        "path": services.outline(read),
        "colour": theme.MASK,
        "width": 2,
        "dash": "none",
        "opacity": opacity,
    }


def _diameters(read: Analysis) -> list[dict[str, Any]]:
    """The longest diameter as a whole line, the perpendicular one dashed."""
    sizes = read.segmentation.measurement
    drawn = ((sizes.diameter_ends, "none"), (sizes.perpendicular_ends, "5 4"))
    return [
        {
            "mark": "diameter",
            "path": display.svg_path([ends]),
            "colour": theme.DIAMETER,
            "width": 1.5,
            "dash": dash,
            "opacity": 1.0,
        }
        for ends, dash in drawn
        if ends is not None
    ]


def _box(found: Detection) -> dict[str, Any]:
    """The four edges of a box: pixel i reaches from i − 0.5 to i + 0.5 on the viewer's grid."""
    top, left, bottom, right = (edge - 0.5 for edge in found.box_px)
    corners = [(top, left), (top, right), (bottom, right), (bottom, left), (top, left)]
    return {
        "mark": "box",
        "path": display.svg_path([corners]),
        "colour": theme.BOX,
        "width": 1.5,
        "dash": "none",
        "opacity": 1.0,
    }


def _tag(found: Detection) -> dict[str, Any]:
    """Class and score at the box's upper left corner, in scan pixels from the picture's edge."""
    top, left, _, _ = found.box_px
    return {"text": texts.box(found), "row": top, "column": left, "colour": theme.BOX}
