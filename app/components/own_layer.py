"""The reader's layer of the viewer, as the JSON that `frontend/src/data.ts` describes."""

from typing import Any

from app import drawing_session, state, study_services, theme, viewer_session
from app.drawing_session import SHOWN, Canvas
from ml.results import Scan


def drawing(canvas: Canvas | None) -> dict[str, Any] | None:
    """The layer, or None where nothing can be drawn on what is on screen."""
    if canvas is None:
        return None
    own = drawing_session.of(canvas)
    slices = {} if own is None else own.drawing.slices
    return {
        "stamp": "" if own is None else own.stamp,
        "slices": {str(number): list(runs) for number, runs in slices.items()},
        "number": canvas.number,
        "shown": state.recall(SHOWN, True),
        "editable": not viewer_session.draws_pictures() and fits(canvas),
        "startable": bool(canvas.ai),
        "colour": theme.OWN_RGB,
    }


def fits(canvas: Canvas) -> bool:
    """Whether the viewer draws the very pixels of the scan, so that a mask lies on them."""
    decoded = canvas.decoded
    shape = decoded.shape if isinstance(decoded, Scan) else decoded.slices[0].shape
    return study_services.on_screen(decoded).shape[1:] == shape
