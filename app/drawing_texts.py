"""Words of what the reader draws: its layer, its sizes beside the AI's, what is kept."""

from collections.abc import Sequence
from typing import Final

from app.store.drawings import FROM_AI, FROM_NOTHING, KeptDrawing
from app.texts import DASH, count, length, plain
from app.worklist_texts import moment
from ml.drawing import Drawing
from ml.study import StudySize

HEADING: Final = "Your drawing"
SHOWN: Final = "Show your drawing"
SHOWN_HELP: Final = "A dashed blue line, a layer of its own: the AI's outline stays as it was."
HOW: Final = (
    "Choose Pen or Eraser above the picture (keys d and e) and draw on either picture. A stroke "
    "that ends where it began fills what it goes around. Without a mouse: Tab to a picture, "
    "Enter, then arrows and Enter. Keep is above the picture too; sizes follow when the pen rests."
)
NO_WEBGL: Final = "Drawing needs a browser with WebGL 2; what was drawn is shown."
TOO_LARGE: Final = (
    "This picture is larger than the viewer shows it, so a drawing would not lie on its pixels: "
    "nothing can be drawn on it."
)
COLUMNS: Final = ("This slice", "AI", "Yours")
SERIES_COLUMNS: Final = ("Whole series", "AI", "Yours")
KEEP: Final = "Keep this drawing as mine"
KEEP_HELP: Final = (
    "Stores your name, the time, what you drew, its sizes and which networks' answer it stands "
    "beside. The AI's outline is not changed."
)
LOCKED_NOBODY: Final = "Type who reads to keep it."
LOCKED_NOT_HERE: Final = "Not on the worklist: it cannot be kept."
UNDO: Final = "Take back"
UNDO_HELP: Final = "Your drawing stays stored; a new row takes it back."
NOT_HERE: Final = "Only drawings on scans that are noted on the worklist are kept."
ALL_KEPT: Final = "Drawings of readers"

_BEGUN: Final[dict[str, str]] = {
    FROM_AI: "started from the AI's outline",
    FROM_NOTHING: "started empty",
}


def series_rows(
    ai: StudySize | None, own: StudySize, drawn: Drawing, ai_slices: int
) -> list[list[str]]:
    """Sizes of both outlines of a series.

    Args:
        ai: of the AI's outlines, None where the series was not read as a whole.
        own: of the drawing.
        drawn: the drawing.
        ai_slices: how many slices the AI outlines something on.
    """
    return [
        ["Volume", _volume(None if ai is None else ai.volume_ml), _volume(own.volume_ml)],
        [
            "Longest diameter in a slice",
            DASH if ai is None else length(ai.diameter_mm, ai.diameter_px),
            length(own.diameter_mm, own.diameter_px),
        ],
        ["Slices", DASH if ai is None else plain(ai_slices), plain(len(drawn.slices))],
    ]


def kept(row: KeptDrawing) -> str:
    """A kept drawing as a line."""
    found = row.outline
    return f"{found.reader}: drawn, {_BEGUN[found.begun]}, {_sizes(row)}. {moment(row.at)}"


def in_report(row: KeptDrawing, slices: Sequence[int]) -> str:
    """A reader's drawing as a sentence of the report.

    Args:
        row: as stored.
        slices: numbers of those that are drawn on.
    """
    found = row.outline
    first, last = min(slices), max(slices)
    where = "" if last == 1 else f", on {count(len(slices), 'slices')} between {first} and {last}"
    return (
        f"Outline drawn by the reader {found.reader}, {_BEGUN[found.begun]}{where}: {_sizes(row)}. "
        f"Kept {moment(row.at)}."
    )


def _sizes(row: KeptDrawing) -> str:
    """Volume or area, and diameters; in mm only where that is known."""
    found = row.outline
    size = f"area {found.area_px:,} px"
    if found.volume_ml is not None:
        size = f"volume {_volume(found.volume_ml)}"
    elif found.area_mm2 is not None:
        size = f"area {found.area_mm2:,.0f} mm²"
    longest = length(found.diameter_mm, found.diameter_px)
    across = length(found.perpendicular_mm, found.perpendicular_px)
    also = "" if across == DASH else f", perpendicular diameter {across}"
    return f"{size}, longest diameter {longest}{also}"


def _volume(ml: float | None) -> str:
    return DASH if ml is None else f"{ml:.1f} mL"
