"""What a reader draws on the scan on screen: as the browser tells it, and what is kept of it.

The keys are those of `app.state`. A drawing is the reader's own layer: nothing of the AI's answer
is changed by it. It lives in the session until it is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from app import reader_session, state
from app.archive import archive
from app.store.drawings import FROM_AI, FROM_NOTHING, KeptDrawing, NewDrawing
from app.viewer_session import KEY
from ml import drawing
from ml.drawing import Drawing
from ml.errors import DrawingError, StoreError
from ml.results import BoolArray, Scan
from ml.volume import Volume

SHOWN: Final = "layer.own"
"""Key of the switch of the reader's layer."""


@dataclass(frozen=True)
class Canvas:
    """What is drawn on.

    Attributes:
        content_hash: names the scan or series in the session and in the store.
        on_screen: names it in the viewer.
        decoded: the slice or the series.
        number: the slice on screen, from 1.
        ai: [number] → mask that the AI outlines; empty where nothing is or none may be shown.
    """

    content_hash: str
    on_screen: str
    decoded: Scan | Volume
    number: int
    ai: Mapping[int, BoolArray]


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
    nothing: Own | None = None
    begun = state.recall(_key("drawing", canvas), nothing)
    return begun or _kept(canvas)


def refusal(canvas: Canvas) -> str:
    """Why the last change that the browser told was refused, or ""."""
    return state.recall(_key("refused", canvas), "")


def take_start(canvas: Canvas) -> None:
    """Start anew from the AI's outline or from nothing, as the viewer's buttons tell."""
    told = _told("start", 2)
    if told is not None and told[0] == canvas.on_screen and told[1] in (FROM_AI, FROM_NOTHING):
        masks = canvas.ai if told[1] == FROM_AI else {}
        count = state.recall(_key("starts", canvas), 0) + 1
        state.keep(_key("starts", canvas), count)
        begun = drawing.of_masks(masks, canvas.decoded)
        _keep(canvas, Own(begun, told[1], f"start:{count}"))


def take_drawn(canvas: Canvas) -> None:
    """Take over the slices that were drawn on; what is not a mask of them is refused."""
    told = _told("drawn", 3)
    if told is None or told[0] != canvas.on_screen:
        return
    before = of(canvas) or Own(drawing.of_masks({}, canvas.decoded), FROM_NOTHING, "")
    try:
        if not isinstance(told[1], str) or len(told[1]) > _LONGEST_STAMP:
            raise DrawingError(
                "What was drawn did not arrive in the form that the viewer sends, so it is not "
                "kept. Open the scan again and draw it again."
            )
        changed = drawing.replaced(before.drawing, told[2])
    except DrawingError as error:
        state.keep(_key("refused", canvas), str(error))
        return
    _keep(canvas, replace(before, drawing=changed, stamp=told[1]))


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


def _keep(canvas: Canvas, own: Own) -> None:
    state.keep(_key("drawing", canvas), own)
    state.keep(_key("refused", canvas), "")


def _key(part: str, canvas: Canvas) -> str:
    """Forgotten with the scan, as its report is."""
    return f"{state.REPORT}{part}.{canvas.content_hash}"


def _told(name: str, length: int) -> list[Any] | None:
    """What the viewer told under a name, or None where it is not of that form."""
    told: dict[str, Any] = state.recall(KEY, {})
    found = told.get(name)
    return list(found) if isinstance(found, list | tuple) and len(found) == length else None
