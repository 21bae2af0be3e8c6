"""The reader's layer of the viewer, as the JSON that `frontend/src/data.ts` describes."""

from typing import Any

from app import drawing_session, reader_session, state, study_services, theme, viewer_session
from app import drawing_texts as words
from app.drawing_session import SHOWN, Canvas
from app.store.drawings import FROM_NOTHING
from ml.results import Scan


def drawing(canvas: Canvas | None) -> dict[str, Any] | None:
    """The layer, or None where nothing can be drawn on what is on screen."""
    if canvas is None:
        return None
    own = drawing_session.of(canvas)
    slices = {} if own is None else own.drawing.slices
    return {
        "since": drawing_session.since(canvas),
        "stamp": "" if own is None else own.stamp,
        "begun": FROM_NOTHING if own is None else own.begun,
        "slices": {str(number): list(runs) for number, runs in slices.items()},
        "kept": drawing_session.as_kept(canvas),
        "locked": _locked(canvas),
        "number": canvas.number,
        "shown": state.recall(SHOWN, True),
        "editable": editable(canvas),
        "startable": bool(canvas.ai),
        "line": line("own", ""),
        "colour": theme.OWN_RGB,
    }


def line(mark: str, path: str) -> dict[str, Any]:
    """An outline of the reader's, drawn or by the threshold: all have one look, not the AI's."""
    look = {"colour": theme.OWN, "width": 2, "dash": theme.OWN_DASH, "own": True}
    return {"mark": mark, "path": path, **look}


def editable(canvas: Canvas) -> bool:
    """Whether the viewer has the tools to draw with, and to keep what is drawn."""
    return not viewer_session.draws_pictures() and fits(canvas)


def fits(canvas: Canvas) -> bool:
    """Whether the viewer draws the very pixels of the scan, so that a mask lies on them."""
    decoded = canvas.decoded
    shape = decoded.shape if isinstance(decoded, Scan) else decoded.slices[0].shape
    return study_services.on_screen(decoded).shape[1:] == shape


def _locked(canvas: Canvas) -> str:
    """Why nothing can be kept now, or ""."""
    if canvas.answer_id is None:
        return words.LOCKED_NOT_HERE
    return "" if reader_session.reader() else words.LOCKED_NOBODY
