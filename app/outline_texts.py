"""Words of the reader's own outline: the threshold, its sizes beside the AI's, what is kept."""

from typing import Final

from app.store.outlines import KeptOutline
from app.texts import DASH, area, length, plain
from app.worklist_texts import moment
from ml.results import Measurement, Segmentation

THRESHOLD: Final = "Threshold of your outline"
THRESHOLD_HELP: Final = (
    "A pixel is outlined from this probability on. Sizes follow from the probability map that is "
    "there already: no network runs again, and the AI's outline stays as it was."
)
COLUMNS: Final = ("", "AI", "Yours")
KEEP: Final = "Keep this outline as mine"
KEEP_HELP: Final = (
    "Stores your name, the time, the threshold, the sizes and which networks drew the map. The "
    "AI's outline is not changed."
)
UNDO: Final = "Take back"
UNDO_HELP: Final = "Your outline stays stored; a new row takes it back."
NOTHING: Final = "Nothing reaches this threshold: there is no outline to keep."
NOT_HERE: Final = "Only outlines of scans that are noted on the worklist are kept."
ALL_KEPT: Final = "Outlines of readers"
OTHER_VERSION: Final = "drawn on the map of an earlier version of the networks"


def on_screen(ai: Segmentation, own: Segmentation) -> str:
    """Which outline is on the picture."""
    if own is ai:
        return f"On the picture: the AI's outline, from {ai.threshold:.2f} on."
    return (
        f"On the picture: your outline, from {own.threshold:.2f} on, not the AI's, from "
        f"{ai.threshold:.2f} on."
    )


def rows(ai: Measurement, own: Measurement) -> list[list[str]]:
    """Sizes of both outlines."""
    pairs = {
        "Area": (_area(ai), _area(own)),
        "Longest diameter": (
            length(ai.diameter_mm, ai.diameter_px),
            length(own.diameter_mm, own.diameter_px),
        ),
        "Perpendicular diameter": (
            length(ai.perpendicular_mm, ai.perpendicular_px),
            length(own.perpendicular_mm, own.perpendicular_px),
        ),
        "Separate parts": (plain(ai.components), plain(own.components)),
    }
    return [[title, *both] for title, both in pairs.items()]


def kept(row: KeptOutline, *, current: bool) -> str:
    """A kept outline as a line.

    Args:
        row: as stored.
        current: it was drawn on the map of the networks in use.
    """
    found = row.outline
    size = f"{found.area_mm2:,.0f} mm²" if found.area_mm2 is not None else f"{found.area_px:,} px"
    longest = length(found.diameter_mm, found.diameter_px)
    across = length(found.perpendicular_mm, found.perpendicular_px)
    old = "" if current else f", {OTHER_VERSION}"
    return (
        f"{found.reader}: from {found.threshold:.2f} on (AI from {found.ai_threshold:.2f} on), "
        f"area {size}, diameters {longest} and {across}{old}. {moment(row.at)}"
    )


def in_report(row: KeptOutline, sizes: Measurement) -> str:
    """A reader's outline as a sentence of the report."""
    found = row.outline
    return (
        f"Outline of the reader {found.reader}: the U-Net's map from a probability of "
        f"{found.threshold:.2f} on, where the AI's outline takes {found.ai_threshold:.2f}. Area "
        f"{area(sizes)}, longest diameter {length(sizes.diameter_mm, sizes.diameter_px)}, "
        f"perpendicular diameter {length(sizes.perpendicular_mm, sizes.perpendicular_px)}. Kept "
        f"{moment(row.at)}."
    )


def will_be_added(sentence: str) -> str:
    """That the reader's kept outline goes into the report, beside the editor."""
    return f"Under Findings, marked as yours: {sentence}"


def _area(found: Measurement) -> str:
    return area(found) if found.area_px else DASH
