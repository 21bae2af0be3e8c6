"""Words of the guided demo and of the simulated scans.

What a case says of the networks is held to them by tests/test_demo_networks.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ml.labels import TITLES


@dataclass(frozen=True)
class Case:
    """One scan of the demo.

    Attributes:
        kind: a class identifier where the case is a clear one of it, else what it shows:
            "refusal", "disagreement", "failure" or "series".
        file: in `assets/samples`.
        title: names it.
        look: what to look at, one or two sentences.
    """

    kind: str
    file: str
    title: str
    look: str


CASES: Final = (
    Case(
        "glioma",
        "simulated_glioma_3.png",
        "a clear glioma",
        "All three networks put glioma first. Look at the outline on the bright rim, and switch "
        "the heat map off and on: it shows what raised the score, not where the tumour ends.",
    ),
    Case(
        "meningioma",
        "simulated_meningioma_2.dcm",
        "a clear meningioma",
        "An even, bright body on the dura. This file states its pixel spacing, so sizes are in "
        "millimetres; the cases before and after it are PNG files and have pixels only.",
    ),
    Case(
        "pituitary",
        "simulated_pituitary_1.png",
        "a clear pituitary tumour",
        "A round mass that grows upwards out of the sella. All three networks agree, and the set "
        "of classes that cannot be ruled out holds this one alone.",
    ),
    Case(
        "no_tumor",
        "simulated_no_tumor_2.dcm",
        "a head without a tumour",
        "Nothing is outlined. Read the line under the answer: it says how often the networks miss "
        "a tumour, because no finding is not the same as no tumour.",
    ),
    Case(
        "refusal",
        "simulated_negative.png",
        "a picture that is refused",
        "A head with its grey levels turned round, as a wrong header gives. The gate stops it: "
        "there is no class, no outline and no heat map, and the reason stands in their place.",
    ),
    Case(
        "disagreement",
        "simulated_glioma_4.png",
        "networks that disagree",
        "A glioma was drawn here, and the networks do not all name the same class. The answer is "
        "indeterminate; the banner says what such a disagreement meant on held-out patients.",
    ),
    Case(
        "failure",
        "simulated_no_tumor_3.png",
        "a known failure: all networks wrong together",
        "No tumour was drawn here, yet all three networks say pituitary tumour, with an outline "
        "and without any warning. Agreement is no proof: look at the picture first.",
    ),
    Case(
        "series",
        "simulated_series.zip",
        "a whole series",
        "Nine DICOM slices with a glioma in the third to the seventh. Scroll with the arrow keys: "
        "the strip shows where a tumour is probable, and the slice with the highest bar opens.",
    ),
)
START: Final = "Start the guided demo"
START_HELP: Final = "Simulated scans, one after another, each with what to look at."
BACK: Final = "Previous case"
ON: Final = "Next case"
RETURN: Final = "Back to the demo"
LEAVE: Final = "Leave the demo"
ELSEWHERE: Final = "**Guided demo.** The scan on screen is not part of it."


def heading(number: int) -> str:
    """Place and title of a case, numbered from 0."""
    return f"**Guided demo, {number + 1} of {len(CASES)}: {CASES[number].title}.** Simulated."


def said(number: int) -> str:
    """All that the strip says of a case, numbered from 0."""
    return f"{heading(number)} {CASES[number].look}"


def sample_title(entry: Mapping[str, Any]) -> str:
    """A simulated slice as its button names it, from its line of `index.json`."""
    label = TITLES.get(str(entry.get("label")), "slice").lower()
    plane = str(entry.get("plane") or "")
    kind = Path(str(entry["file"])).suffix.lstrip(".").upper().replace("DCM", "DICOM")
    details = ", ".join(part for part in (plane, kind) if part)
    return f"Simulated: {label} ({details})"


def series_title(entry: Mapping[str, Any]) -> str:
    """The simulated series as its button names it."""
    return f"Simulated: series of {entry['slices']} slices ({entry['plane']}, DICOM)"
