"""Words of the viewer: what its buttons, keys and drags do, in one place."""

from typing import Final

from app import drawing_texts, shortcuts, texts

MOVING: Final = "this slice is read when the wheel rests"
SERIES: Final = "outlines of all slices"
SERIES_BARE: Final = "no outlines"
NO_WEBGL: Final = (
    "This browser has no WebGL 2, or could not use it: pictures are drawn one by one, without "
    "scrolling by the wheel, three planes and 3-D."
)

MODES: Final[dict[str, str]] = {"slices": "Slices", "planes": "Three planes", "render": "3-D"}
TOOLS: Final[dict[str, str]] = {
    "window": "Window",
    "pan": "Pan",
    "measure": "Measure",
    "pen": "Pen",
    "erase": "Eraser",
}
RESET: Final = "Reset"
HIDE: Final = "Hide AI marks"
HIDE_OWN: Final = "Hide your drawing"
DRAW: Final = "Drawing"
SMALLER: Final = "Smaller pen"
LARGER: Final = "Larger pen"
SIZE: Final = "{px} px"
UNDO: Final = "Undo"
REDO: Final = "Redo"
KEEP: Final = "Keep"
KEPT: Final = "Kept as yours."
DISCARD: Final = "Discard"
DISCARD_LONG: Final = "Discard what was not kept (Undo brings it back)"
STARTS: Final[dict[str, str]] = {"ai": "Start from the AI's outline", "empty": "Start empty"}
POINT: Final = "Row {row}, column {column}"
TOOL: Final = "What dragging does"
MODE: Final = "How the series is shown"

_HINTS: Final[dict[str, str]] = {
    "slices": "{wheel} · drag: {tool} · right drag: pan · Ctrl + wheel: zoom · h: hide AI marks"
    " · Tab, Enter: by keys",
    "planes": "Click or drag: go there · wheel: slices · right drag: window · h: hide AI marks"
    " · Tab, Enter: by keys",
    "render": "Drag: turn · wheel: zoom · right drag: window · h: hide AI marks"
    " · Tab, Enter: by keys",
    "pictures": "Wheel: zoom · drag: pan · double click: reset · h: hide AI marks"
    " · Tab, Enter: by keys",
    "point": "Arrows: move the point (Shift: ten pixels) · Enter: begin or end here · Esc: let go",
    "rest": "Arrows: as by dragging (Shift: ten steps) · Enter or Esc: let go",
}


def hints(*, scrolls: bool) -> dict[str, str]:
    """What mouse and keys do in each mode and while keys hold something; `{tool}` is filled in by
    the viewer."""
    wheel = "Wheel: slices" if scrolls else "Wheel: zoom"
    return {mode: text.replace("{wheel}", wheel) for mode, text in _HINTS.items()}


def words(*, scrolls: bool) -> dict[str, object]:
    """All that the viewer itself writes on screen."""
    return {
        "modes": MODES,
        "mode": MODE,
        "tools": TOOLS,
        "tool": TOOL,
        "reset": RESET,
        "hide": HIDE,
        "hidden": texts.ai_title(texts.MARKS_HIDDEN),
        "hide_own": HIDE_OWN,
        "draw": DRAW,
        "smaller": SMALLER,
        "larger": LARGER,
        "size": SIZE,
        "undo": UNDO,
        "redo": REDO,
        "keep": KEEP,
        "keep_long": drawing_texts.KEEP,
        "kept": KEPT,
        "discard": DISCARD,
        "discard_long": DISCARD_LONG,
        "starts": STARTS,
        "hints": hints(scrolls=scrolls),
        "point": POINT,
        "keys": "\n".join(
            f"{', '.join(one.keys)}: {one.does}" for one in shortcuts.PLACES["On the picture"]
        ),
        "window": "Window",
        "slice": "Slice",
        "no_webgl": NO_WEBGL,
    }
