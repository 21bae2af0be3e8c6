"""Every word about writing that is burned into a picture."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.texts import share
from ml.evaluation.writing_published import WritingFigures
from ml.inference.writing import Third

ROWS: Final = ("top", "middle", "bottom")
COLUMNS: Final = ("left", "middle", "right")
STATED: Final = "The header says that text is burned into the picture."
WHAT_NOW: Final = (
    "It may name a patient, and a tool that cleans the header leaves it. Before a picture leaves "
    "the hospital, look there, and export the slice without it or black it out."
)
BEFORE_EXPORT: Final = (
    "There may be writing in the picture. The PDF shows the picture as it is; JSON, SR and SEG "
    "hold no picture. Look at the PDF before it leaves the hospital."
)
NOT_LOOKED: Final = "Whether there is writing in the picture was not looked at."
NOT_MEASURED: Final = "How reliable this notice is has not been measured here."
MOST_NAMED: Final = 3
"""Slices that are named."""


def warning(
    found: Mapping[int, Sequence[Third]],
    *,
    stated: bool,
    series: bool,
    figures: WritingFigures | None,
) -> str:
    """That there may be writing, where, what to do, and how often this is wrong.

    Args:
        found: [number of a slice, from 1] → ninths of it.
        stated: the header says so.
        series: there are several slices.
        figures: how well it is found, or None where that was not measured.
    """
    said = [STATED] if stated else []
    if found:
        said.insert(0, f"**{sentence(found, series=series)}**")
    return " ".join([*said, WHAT_NOW, *([measured(figures)] if found else [])])


def sentence(found: Mapping[int, Sequence[Third]], *, series: bool) -> str:
    """That there may be writing, and where."""
    thirds = sorted({third for one in found.values() for third in one})
    places = ", ".join(place(third) for third in thirds)
    if not series:
        return f"There may be writing in the picture ({places})."
    numbers = ", ".join(map(str, sorted(found)[:MOST_NAMED]))
    more = " and others" if len(found) > MOST_NAMED else ""
    return f"There may be writing in the pictures ({places}; slices {numbers}{more})."


def place(third: Third) -> str:
    """A ninth of the picture by its name."""
    row, column = ROWS[third[0]], COLUMNS[third[1]]
    return row if row == column else f"{row} {column}"


def measured(figures: WritingFigures | None) -> str:
    """How much writing is found, and how often there is none."""
    if figures is None:
        return NOT_MEASURED
    return (
        f"Writing that is found: {share(figures.hits['simulated'].share)} on simulated scans, "
        f"{share(figures.hits['pictures'].share)} on pictures of held-out patients; of both, "
        f"{share(figures.hits['beside_the_head'].share)} where it stands beside the head. Pictures "
        f"without writing that get this notice by mistake: {share(figures.false_alarms.share)}."
    )
