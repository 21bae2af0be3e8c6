"""What a reader draws on the scan on screen: as the browser tells it, and what is kept of it.

The keys are those of `app.state`. A drawing is the reader's own layer: nothing of the AI's answer
is changed by it. It lives in the browser, and in the session when the pen rests, until it is kept.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from app import reader_session, state
from app.archive import archive
from app.store.drawings import BEGUN, FROM_AI, FROM_NOTHING, KeptDrawing, NewDrawing
from app.viewer_session import page_falls_due, told
from ml import drawing
from ml.drawing import Drawing
from ml.errors import DrawingError, StoreError, SulcusError
from ml.results import BoolArray, Scan
from ml.volume import Volume

SHOWN: Final = "layer.own"
"""Key of the switch of the reader's layer."""
STROKES: Final = "viewer.strokes"
"""Widget key of what tells the strokes, see `components.strokes`."""
FROM_KEPT: Final = "kept"
"""Start that discards what was not kept; a stored drawing never names it."""


@dataclass(frozen=True)
class Canvas:
    """What is drawn on.

    Attributes:
        content_hash: names the scan or series in the session and in the store.
        on_screen: names it in the viewer.
        decoded: the slice or the series.
        number: the slice on screen, from 1.
        ai: [number] → mask that the AI outlines; empty where nothing is or none may be shown.
        answer_id: the AI's answer on the worklist, None where it is not noted.
    """

    content_hash: str
    on_screen: str
    decoded: Scan | Volume
    number: int
    ai: Mapping[int, BoolArray]
    answer_id: int | None = None


@dataclass(frozen=True)
class Own:
    """A reader's drawing.

    Attributes:
        drawing: what is drawn.
        begun: what it started from, one of `app.store.drawings.BEGUN`.
        stamp: of the last change; the viewer knows its own ones by it.
    """

    drawing: Drawing
    begun: str
    stamp: str


def of(canvas: Canvas) -> Own | None:
    """What this reader draws in this session, else what they kept before; None for neither."""
    return _drawn(canvas) or _kept(canvas)


def as_kept(canvas: Canvas) -> bool:
    """Whether what is drawn is what this reader kept last; nothing is where nothing is kept."""
    drawn = _drawn(canvas)
    if drawn is None:
        return True
    kept = _kept(canvas)
    return drawn.drawing.slices == ({} if kept is None else kept.drawing.slices)


def since(canvas: Canvas) -> str:
    """Names the drawing until the scan is closed, so that the browser forgets it then too."""
    name = state.recall(_key("since", canvas), "") or secrets.token_hex(8)
    state.keep(_key("since", canvas), name)
    return name


def refusal(canvas: Canvas) -> SulcusError | None:
    """Why the last change that the browser told was refused or not kept, or None."""
    nothing: SulcusError | None = None
    return state.recall(_key("refused", canvas), nothing)


def take_start(canvas: Canvas) -> None:
    """Start anew from the AI's outline, from nothing or from what was kept, as buttons tell."""
    said = told("start", 2)
    if said is None or said[0] != canvas.on_screen:
        return
    begun = _begun(canvas, said[1])
    if begun is not None:
        count = state.recall(_key("starts", canvas), 0) + 1
        state.keep(_key("starts", canvas), count)
        _hold(canvas, replace(begun, stamp=f"start:{count}"))


def take_drawn(canvas: Canvas) -> None:
    """Take over what is drawn, as the viewer tells when the pen rests.

    What comes in one run with a new start was drawn before it, and is replaced by it.
    """
    if told("start", 2) is None:
        _take(canvas, told("drawn", 4, STROKES))


def take_keep(canvas: Canvas) -> None:
    """Take over what is drawn and store it as this reader's, as the viewer's button tells."""
    if not _take(canvas, told("keep", 4)) or canvas.answer_id is None or as_kept(canvas):
        return
    own = _drawn(canvas)
    try:
        if own is not None:
            keep(canvas.answer_id, canvas, own)
            page_falls_due()
    except StoreError as error:
        state.keep(_key("refused", canvas), error)


def keep(answer_id: int, canvas: Canvas, own: Own) -> None:
    """Store what is drawn as this reader's.

    Raises:
        StoreError: it is not complete or cannot be written.
    """
    drawn = own.drawing
    made = NewDrawing(
        reader=reader_session.reader(),
        begun=own.begun,
        mask=drawing.packed(drawn),
        slices=len(drawn.slices),
        **sizes(drawn, canvas.decoded),
    )
    archive().drawings.keep(answer_id, made)


def sizes(drawn: Drawing, decoded: Scan | Volume) -> dict[str, Any]:
    """Sizes of a drawing under the names of `NewDrawing`; a series has a volume and no area."""
    pixels = sum(sum(runs[1::2]) for runs in drawn.slices.values())
    none = dict.fromkeys(("area_mm2", "volume_ml", "perpendicular_px", "perpendicular_mm"))
    if isinstance(decoded, Volume):
        size = drawing.series_size(drawn, decoded)
        known: dict[str, Any] = {
            "volume_ml": size.volume_ml,
            "diameter_px": size.diameter_px,
            "diameter_mm": size.diameter_mm,
        }
    else:
        found = drawn.measured(1, decoded.spacing_mm)
        named = ("area_mm2", "diameter_px", "diameter_mm", "perpendicular_px", "perpendicular_mm")
        known = {name: getattr(found, name) for name in named}
    return {"area_px": pixels, **none, **known}


def mine(content_hash: str) -> KeptDrawing | None:
    """The last standing drawing of this reader, or None.

    Raises:
        StoreError: they cannot be read.
    """
    reader = reader_session.reader()
    standing = archive().drawings.standing(content_hash)
    rows = [row for row in standing if row.outline.reader == reader]
    return rows[-1] if rows else None


_LONGEST_STAMP: Final = 80


def _begun(canvas: Canvas, start: object) -> Own | None:
    """The drawing that a start begins with; None for a start that is not known."""
    if start == FROM_KEPT:
        nothing = drawing.of_masks({}, canvas.decoded)
        return _kept(canvas) or Own(nothing, FROM_NOTHING, "")
    if start not in BEGUN:
        return None
    masks = canvas.ai if start == FROM_AI else {}
    return Own(drawing.of_masks(masks, canvas.decoded), str(start), "")


def _take(canvas: Canvas, said: Sequence[Any] | None) -> bool:
    """Take over slices that the browser told; what is no mask of them is refused.

    Returns:
        Whether they were taken over.
    """
    if said is None or said[0] != canvas.on_screen:
        return False
    _, stamp, begun, slices = said
    try:
        if not isinstance(stamp, str) or len(stamp) > _LONGEST_STAMP or begun not in BEGUN:
            raise DrawingError(
                "What was drawn did not arrive in the form that the viewer sends, so it is not "
                "kept. Open the scan again and draw it again."
            )
        drawn = drawing.replaced(drawing.of_masks({}, canvas.decoded), slices)
    except DrawingError as error:
        state.keep(_key("refused", canvas), error)
        return False
    _hold(canvas, Own(drawn, str(begun), stamp))
    return True


def _drawn(canvas: Canvas) -> Own | None:
    nothing: Own | None = None
    return state.recall(_key("drawing", canvas), nothing)


def _kept(canvas: Canvas) -> Own | None:
    """This reader's kept drawing, ready to go on with; a store that fails has none."""
    if not reader_session.reader():
        return None
    try:
        row = mine(canvas.content_hash)
        if row is None:
            return None
        return Own(drawing.unpacked(row.outline.mask), row.outline.begun, f"kept:{row.id}")
    except (StoreError, DrawingError):
        return None


def _hold(canvas: Canvas, own: Own) -> None:
    """Hold a drawing in the session; nothing is refused then."""
    state.keep(_key("drawing", canvas), own)
    state.keep(_key("refused", canvas), None)


def _key(part: str, canvas: Canvas) -> str:
    """Forgotten with the scan, as its report is."""
    return f"{state.REPORT}{part}.{canvas.content_hash}"
