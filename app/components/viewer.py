"""The raw picture, always, and beside it the AI view with its layers.

A component of the project's own around NiiVue: the volume goes to the browser once, where it is
scrolled, windowed, zoomed and measured; marks of the slice on screen lie over it as pictures and
paths. Where the browser has no WebGL, the slice itself is sent as a picture. Nothing is loaded from
another host. `make viewer-bundle` builds `app/frontend/bundle`.
"""

from base64 import b64encode
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import streamlit as st
from streamlit import runtime
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.components.v2.types import ComponentRenderer

from app import services, state, study_services, texts, theme, viewer_session
from app import viewer_texts as words
from app.components import own_layer
from app.drawing_session import Canvas, take_keep, take_start
from app.records import Hung
from ml import display
from ml.results import Analysis, Detection, Heatmap, Scan
from ml.screen_volume import InPatient

_FRONTEND: Final = Path(__file__).resolve().parents[1] / "frontend"
_NAME: Final = "sulcus.viewer"


def _serve_bundle() -> None:
    """Serve the bundle as a file: it is too long to be sent with every drawing."""
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(_NAME) is None:
        bundle = ComponentConfig("viewer", asset_dir="bundle")
        manager.register_from_manifest(ComponentManifest("sulcus", "1", [bundle]), _FRONTEND)


@cache
def _component() -> ComponentRenderer:
    """The component, registered once a process."""
    html, css = (
        (_FRONTEND / f"viewer.{kind}").read_text(encoding="utf-8") for kind in ("html", "css")
    )
    return st.components.v2.component(_NAME, html=html, css=css, js="viewer.js")


def show(
    scan: Scan,
    window: tuple[float, float],
    *,
    read: Analysis | None,
    hung: Hung | None,
    canvas: Canvas,
    own: bool,
) -> None:
    """Draw both pictures.

    Args:
        scan: the decoded slice.
        window: (centre, width) of the display window.
        read: what the networks said, or None when they could not run: then the right-hand
            picture stays without marks.
        hung: how it hangs where it is a slice of a series.
        canvas: what the reader draws on.
        own: the outline of `read` is the reader's, by the threshold, not the AI's.
    """
    _serve_bundle()
    total = len(hung.volume.slices) if hung else 1
    key = hung.key if hung else scan.content_hash
    _component()(
        key=viewer_session.KEY,
        data=drawing(scan, window, read, hung, own=own) | {"own": own_layer.drawing(canvas)},
        on_window_change=partial(viewer_session.take_window, hung.windowed if hung else scan),
        on_slice_change=partial(viewer_session.take_slice, key, total),
        on_keep_change=partial(take_keep, canvas),
        on_start_change=partial(take_start, canvas),
        on_failed_change=viewer_session.draw_pictures,
    )


def drawing(
    scan: Scan,
    window: tuple[float, float],
    read: Analysis | None,
    hung: Hung | None = None,
    *,
    own: bool = False,
) -> dict[str, Any]:
    """Everything the browser draws, as the JSON that `frontend/src/data.ts` describes."""
    pictures = viewer_session.draws_pictures()
    windowed = hung.windowed if hung else scan
    found: dict[str, Any] = {
        **_geometry(scan, hung),
        "raw": services.raw_layer(scan, *window) if pictures else None,
        "volume": None if pictures else _volume(scan, hung),
        **dict.fromkeys(("mask", "heat", "fill")),
        **{"lines": [], "tags": []},
        "scale": ",".join(display.heat_scale()),
        "look": viewer_session.look(marked=read is not None),
        "hands": viewer_session.hands(windowed),
        "captions": _captions(texts.NO_READING, words.SERIES_BARE),
        "window": _reach(windowed, window),
        "words": words.words(scrolls=hung is not None and len(hung.volume.slices) > 1),
    }
    if not state.marks_shown():
        found["captions"] = _captions(texts.MARKS_HIDDEN, texts.MARKS_HIDDEN)
        return found
    if read is not None:
        found |= _marks(read, state.layers(), own=own)
    if hung is not None and not pictures:
        found["mask"] = _mask(hung, state.layers())
    return found


def _geometry(scan: Scan, hung: Hung | None) -> dict[str, Any]:
    """Size, true aspect and sides of the slice; no side is named where none is known."""
    rows, columns = scan.shape
    row_mm, column_mm = scan.spacing_mm or (1.0, 1.0)
    letters = hung.letters if hung else scan.letters
    corner = [texts.SIMULATED] if scan.simulated else []
    corner += [] if letters else [texts.ORIENTATION]
    return {
        "id": hung.key if hung else scan.content_hash,
        "rows": rows,
        "columns": columns,
        "aspect": row_mm / column_mm,
        "spacing": scan.spacing_mm,
        "corner": " · ".join(corner),
        "letters": asdict(letters) if letters else {},
    }


def _captions(slice_title: str, series_title: str, heat_title: str = "") -> dict[str, str]:
    """Titles of the raw picture and of the AI view: of a slice, while it moves, of a series."""
    return {
        "raw": texts.RAW_TITLE,
        "ai": texts.ai_title(slice_title),
        "heat": texts.ai_title(heat_title),
        "moving": texts.ai_title(words.MOVING),
        "series": texts.ai_title(words.SERIES),
        "bare": texts.ai_title(series_title),
    }


def _reach(windowed: Scan, window: tuple[float, float]) -> dict[str, Any]:
    """The window as it stands, and how far it may be dragged."""
    levels = services.levels(windowed)
    return {
        "key": windowed.content_hash,
        "start": [windowed.window.center, windowed.window.width],
        "center": window[0],
        "width": window[1],
        "low": levels.low,
        "high": levels.high,
        "narrowest": levels.narrowest,
        "widest": levels.widest,
    }


def _volume(scan: Scan, hung: Hung | None) -> dict[str, Any]:
    """Where the browser finds the voxels, and which slice of them the marks belong to."""
    sent = study_services.on_screen(hung.volume if hung else scan)
    return {
        "address": _address("scan", sent.nifti),
        "slices": sent.shape[0],
        "number": hung.number if hung else 1,
        "patient": None if sent.in_patient is None else _in_patient(sent.in_patient),
    }


def _in_patient(known: InPatient) -> dict[str, Any]:
    return {
        "header": b64encode(known.header).decode("ascii"),
        "axis": known.axis,
        "forward": known.forward,
        "letters": {plane: asdict(letters) for plane, letters in known.letters.items()},
    }


def _mask(hung: Hung, layers: state.Layers) -> dict[str, Any] | None:
    """What is outlined in the whole series, or None where that is nothing."""
    if hung.found is None or hung.found.size.number is None:
        return None
    sent = study_services.masks_on_screen(hung.found, hung.volume)
    return {
        "address": _address("mask", sent),
        "style": layers.mask_style,
        "colour": theme.MASK_RGB,
    }


def _address(what: str, data: bytes) -> str:
    """Address on this server, which names the content: a browser asks for it once."""
    if not runtime.exists():
        return ""
    files = runtime.get_instance().media_file_mgr
    return files.add(data, "application/octet-stream", f"{viewer_session.KEY}.{what}")


def _marks(read: Analysis, layers: state.Layers, *, own: bool) -> dict[str, Any]:
    """All marks, also those that are switched off: the browser shows them without a wait."""
    heatmap = _chosen(read, layers)
    marks: dict[str, Any] = {"lines": [], "tags": []}
    if not heatmap.empty:
        marks["heat"] = services.heat_layer(read, heatmap)
    if read.segmentation.measurement.area_px:
        if layers.mask_style == "fill":
            marks["fill"] = services.fill_layer(read, theme.OWN_RGB if own else theme.MASK_RGB)
        else:
            marks["lines"] += [_outline(read, own=own)]
    marks["lines"] += _diameters(read, theme.OWN if own else theme.DIAMETER)
    marks["lines"] += [_box(found) for found in read.detections or ()]
    marks["tags"] = [_tag(found) for found in read.detections or ()]
    marks["captions"] = _captions("", words.SERIES_BARE, texts.heat_title(heatmap))
    return marks


def _chosen(read: Analysis, layers: state.Layers) -> Heatmap:
    """The heat map of the selected network and class."""
    models = [reading.model for reading in read.classifications]
    model = layers.heat_model if layers.heat_model in models else models[0]
    suggested = layers.heat_class == state.SUGGESTED_CLASS
    return read.heatmaps[model][read.mean.label if suggested else layers.heat_class]


def _outline(read: Analysis, *, own: bool) -> dict[str, Any]:
    """The AI's outline as a whole line, the reader's in the look of all that is the reader's."""
    path = services.outline(read)
    if own:
        return own_layer.line("threshold", path)
    return _line("mask", path, theme.MASK) | {"width": 2}


def _diameters(read: Analysis, colour: str) -> list[dict[str, Any]]:
    """The longest diameter as a whole line, the perpendicular one dashed."""
    sizes = read.segmentation.measurement
    drawn = ((sizes.diameter_ends, "none"), (sizes.perpendicular_ends, "5 4"))
    return [
        _line("diameter", display.svg_path([ends]), colour) | {"dash": dash}
        for ends, dash in drawn
        if ends is not None
    ]


def _box(found: Detection) -> dict[str, Any]:
    """The four edges of a box: pixel i reaches from i − 0.5 to i + 0.5 on the viewer's grid."""
    top, left, bottom, right = (edge - 0.5 for edge in found.box_px)
    corners = [(top, left), (top, right), (bottom, right), (bottom, left), (top, left)]
    return _line("box", display.svg_path([corners]), theme.BOX)


def _line(mark: str, path: str, colour: str) -> dict[str, Any]:
    look = {"width": 1.5, "dash": "none", "own": False}
    return {"mark": mark, "path": path, "colour": colour, **look}


def _tag(found: Detection) -> dict[str, Any]:
    """Class and score at the box's upper left corner, in scan pixels from the picture's edge."""
    top, left, _, _ = found.box_px
    return {"text": texts.box(found), "row": top, "column": left, "colour": theme.BOX}
