"""Words of the page that says what this program is made of."""

from typing import Final

from app.texts import plain

PAGE: Final = "Licences"
HEADING: Final = "Licences"
INTRO: Final = (
    "What others wrote and this program uses, with the licence that its maker states. The list is "
    "made from the lock files by `make licences`. The texts of the licences come with each "
    "package; those of the viewer are in app/frontend/bundle/LICENSES.txt. Where two versions "
    "stand, the version of Python decides. No template or atlas of a brain is used: simulated "
    "scans are drawn by this program. The networks were trained here on the data sets below, of "
    "which no picture is shipped."
)
COLUMNS: Final = ("Name", "Version", "Licence")
USED: Final[dict[str, str]] = {
    "app": "Packages of the app",
    "viewer": "In the viewer's bundle",
    "font": "Fonts",
    "data set": "Data sets that the networks were trained on",
    "development": "For training, tests and checks only",
}


def size(count: int) -> str:
    """How many there are."""
    return f"{plain(count)} entries."
