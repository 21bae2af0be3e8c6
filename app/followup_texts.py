"""Words of the page with an earlier examination beside the current one.

They tell what two measurements differ by and how far the measurement varies, never what that means
for a disease.
"""

from collections.abc import Sequence
from typing import Final

from app.orientation_texts import hanging
from app.texts import DASH, SIMULATED, figure, plain, spacing
from ml.evaluation.variability_published import Variability
from ml.followup import BY_MM, Change, Linked, Sizes
from ml.results import Scan

PAGE: Final = "Follow-up"
HEADING: Final = "Prior beside current"
INTRO: Final = (
    "Two examinations side by side, with one window and linked slices. A change is told only "
    "where both files state millimetres, with how far that measurement varies by itself."
)
EMPTY: Final = "Two examinations are needed"
EMPTY_HELP: Final = (
    "Open both on the page Read a scan, or open one whose earlier picture was kept on the "
    "worklist under the same pseudonym."
)
CURRENT: Final = "Current"
PRIOR: Final = "Prior"
NO_PRIOR: Final = (
    "No other examination is open, and no picture of this patient was kept. Open the prior on the "
    "page Read a scan."
)
OTHER_PATIENT: Final = (
    "The two files do not state the same patient identifier: nothing here says that both are of "
    "one patient."
)
DATES: Final = "The prior is dated after the current examination: they may be the wrong way round."
SLICE: Final = "Slice"
SHIFT: Final = "Shift of the prior, mm"
SHIFT_HELP: Final = (
    "Positions count from each examination's own origin. Shift the prior until both show the same "
    "anatomy."
)
WINDOW: Final = "Window of both pictures, percentiles of each one's own levels"
WINDOW_HELP: Final = (
    "Levels of MRI have no unit that two examinations share, so one window is chosen in "
    "percentiles. The networks never see it."
)
ONE_SCALE: Final = "Both pictures have one scale."
NO_SCALE: Final = "The pictures have no common scale: a file states no pixel spacing."
HANG_OTHERWISE: Final = (
    "The pictures do not hang alike, or the orientation of one is not known: left may be another "
    "side in each."
)
HIDDEN: Final = (
    "What the AI says of an examination that is still to be read blind is hidden: read it first."
)
READING: Final = "The networks are reading the examination"
CHANGES: Final = "What the AI's measurements differ by"
OWN_CHANGES: Final = "What the measurements of your own outlines differ by"
OWN_DASHED: Final = "Dashed blue: your own outline. Whole line: the AI's."
OWN_VARIABILITY: Final = (
    "How far the outlines of one reader vary has not been measured here: the measured variability "
    "is that of the AI's outlines."
)
SIZE_COLUMNS: Final = ("Size", "Prior, AI", "Prior, yours", "Current, AI", "Current, yours")
COLUMNS: Final = ("Measurement", "Prior", "Current", "Difference", "Measured variability")
MEASURES: Final[dict[str, tuple[str, str, int]]] = {
    "diameter_mm": ("Longest diameter", "mm", 1),
    "perpendicular_mm": ("Perpendicular diameter", "mm", 1),
    "area_mm2": ("Area", "mm²", 0),
    "volume_ml": ("Volume", "mL", 1),
}
"""Title, unit and digits of each of `ml.followup.MEASURES`."""
MEASURED: Final = "area_mm2"
"""The only one whose variability the committed rows hold."""
WITHIN: Final = "within what the measurement varies by"
BEYOND: Final = "more than the measurement varies by"
NOT_MEASURED: Final = "not measured"
REFUSED: Final = "refused by the gate"
NO_OUTLINE: Final = "nothing outlined"
NO_VOLUME: Final = (
    "No difference of volumes: both have to be series that state pixel spacing and an even slice "
    "distance."
)
NO_MEANING: Final = (
    "A difference of two measurements and nothing more: another scanner, sequence, position or "
    "slice changes them too. What it means is for the reader."
)


def title(scan: Scan, number: int, total: int) -> str:
    """What stands below a picture."""
    parts = [f"slice {number}/{total}"] if total > 1 else []
    parts += [spacing(scan), hanging(scan.letters)]
    return " · ".join([SIMULATED, *parts] if scan.simulated else parts)


def link(found: Linked) -> str:
    """How the prior's slice follows the current one."""
    if found.by == BY_MM:
        return (
            "Slices are linked by their positions in mm along the stack; the prior's nearest slice "
            f"lies {found.apart_mm:.1f} mm from there."
        )
    return (
        "Slices are linked by the same fraction of the way through the stack: the files do not "
        "both state positions, or the stacks are not parallel. They need not show the same place."
    )


def measured_in(number: int, total: int, *, prior: bool) -> str:
    """Which slice of a series was measured."""
    return f"{PRIOR if prior else CURRENT}: slice {number} of {total}, that of the longest diameter"


def no_millimetres(*, prior: bool, current: bool) -> str:
    """Why no change is told; the arguments say which file lacks the spacing."""
    which = {(True, True): "Neither file states", (True, False): "The prior does not state"}.get(
        (prior, current), "The current examination does not state"
    )
    return f"{which} a pixel spacing, so no difference is told: pixels of two files do not compare."


def no_outline(*, prior: str, current: str) -> str:
    """Why no change is told; the arguments say what each lacks, "" for nothing."""
    named = [f"{PRIOR}: {prior}"] if prior else []
    named += [f"{CURRENT}: {current}"] if current else []
    return f"No difference is told. {'; '.join(named)}."


def row(name: str, found: Change, known: Variability | None, *, own: bool = False) -> list[str]:
    """One line of the table of differences.

    Args:
        name: one of `MEASURES`.
        found: the change.
        known: how far the AI's outlines vary, None where it was not measured.
        own: the change is one of the reader's own outlines, of which nothing is known.
    """
    heading, unit, digits = MEASURES[name]
    return [
        heading,
        *(_size(name, value) for value in (found.prior, found.current)),
        f"{found.difference:+,.{digits}f} {unit} (× {found.factor:.2f})",
        NOT_MEASURED if own else _judged(name, found, known),
    ]


def size_rows(found: Sequence[Sizes | None]) -> list[list[str]]:
    """What is known of several outlines: a line a measure, a cell an outline; in mm only."""
    rows = []
    for name, (heading, _, _) in MEASURES.items():
        values = [None if one is None else getattr(one, name) for one in found]
        if any(values):
            rows.append([heading, *(_size(name, value) for value in values)])
    return rows


def told_from(*, prior: bool, current: bool) -> str:
    """Whose outlines the change is told from; the arguments say which examination has yours."""
    if prior and current:
        return (
            "The difference is told from your own outlines, because you kept one of both "
            "examinations."
        )
    which = "prior" if prior else "current examination"
    return (
        f"The difference is told from the AI's outlines: you kept an outline of the {which} only, "
        "and yours is not compared with the AI's."
    )


def variability(known: Variability | None) -> str:
    """How far the outlined area and its changes vary, with what that was measured on."""
    if known is None:
        return "How far the measurements vary has not been measured here: run `make evaluate`."
    return (
        f"Measured variability of the area: on {plain(known.n_pairs)} pairs of slices of "
        f"{plain(known.n_groups)} held-out patients the AI's change differed from the "
        f"radiologist's by a factor of up to {figure(known.change, 1)} in 95 % of the pairs; a "
        f"single area was {figure(known.area_low, 2)} to {figure(known.area_high, 2)} times the "
        "radiologist's (95 % limits of agreement). Diameters and volumes were not measured."
    )


def _size(name: str, value: float | None) -> str:
    _, unit, digits = MEASURES[name]
    return f"{value:,.{digits}f} {unit}" if value else DASH


def _judged(name: str, found: Change, known: Variability | None) -> str:
    factor = None if known is None or name != MEASURED else known.change.value
    if factor is None:
        return NOT_MEASURED if name != MEASURED else DASH
    return f"× {factor:.1f}: {WITHIN if found.within(factor) else BEYOND}"
