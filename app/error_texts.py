"""Words of the page that lists every held-out mistake."""

from typing import Final

from app.texts import count, model, percent, plain
from ml.evaluation.mistakes import DICE_ZERO, MARKED, WRONG_CLASS, Mistake, Mistakes
from ml.evaluation.protocol import PROTOCOL
from ml.labels import TITLES

HEADING: Final = "When it is wrong"
INTRO: Final = (
    "Every mistake on the patients of the test part, whom the networks have not seen, the worst "
    "first. The pictures are public; each is named by its place in its data set."
)
KIND: Final = "Kind of mistake"
KINDS: Final[dict[str, str]] = {
    WRONG_CLASS: "Wrong class",
    DICE_ZERO: "Tumour not outlined (Dice = 0)",
    MARKED: "Mark on a tumour-free picture",
}
WORST: Final[dict[str, str]] = {
    WRONG_CLASS: "Worst first: the higher the probability of the wrong class, the worse.",
    DICE_ZERO: "Worst first: the larger the tumour in the picture, the worse. The class is that of "
    "the mean.",
    MARKED: "Worst first: the larger the mark in the picture, the worse. The class is that of the "
    "mean.",
}
MODEL: Final = "Read by"
LABEL: Final = "True class"
READ: Final = "Read as"
LEAST: Final = "Least probability of the class that was read"
ANY: Final = "Every class"
NOTHING: Final = "No mistake fits these filters."
PICTURE: Final = "Picture"
DOWNLOAD: Final = "Rows as CSV"
FILE: Final = "sulcus-mistakes.csv"


def kind(name: str) -> str:
    """A kind of mistake for its button."""
    return KINDS[name]


def a_class(label: str | None) -> str:
    """A class in a filter, or every one."""
    return ANY if label is None else TITLES[label]


def measured(found: Mistakes) -> str:
    """The split, and how everything on the page was measured."""
    way = "calibrated, as on the reading screen" if found.calibrated else "not calibrated here"
    return f"Clean split, test part, split {found.split_id}. Probabilities are {way}. {PROTOCOL}"


def total(found: Mistakes, kind_of: str, rows: tuple[Mistake, ...], shown: int) -> str:
    """How many pictures were read wrongly, out of how many, and how many rows the filters leave.

    Args:
        found: all mistakes.
        kind_of: kind on screen.
        rows: all of it by the chosen network.
        shown: rows that the filters leave.
    """
    tested = found.tested[kind_of]
    by = f" by {model(rows[0].model)}" if rows else ""
    groups = len({one.group for one in rows})
    return (
        f"**{plain(len(rows))} of {count(tested.n_pictures, 'test pictures')}{by}**, "
        f"{plain(groups)} of {count(tested.n_groups, 'patient groups')}. "
        f"{plain(shown)} shown."
    )


def cells(place: int, one: Mistake) -> dict[str, str]:
    """One row of the table on screen."""
    found = {
        "No.": str(place),
        PICTURE: one.id,
        "Patient group": one.group,
        LABEL: TITLES[one.label],
        READ: TITLES[one.read],
        "Probability of it": percent(one.confidence),
        "Of the true class": percent(one.given),
    }
    if one.outlined is not None:
        sizes = one.outlined
        found |= {
            "Tumour, px": plain(sizes.reference_px),
            "Marked by the U-Net, px": plain(sizes.marked_px),
            "Outlined, px": plain(sizes.shown_px),
            "Wrong share of the picture": f"{sizes.share:.1%}".replace("%", " %"),
        }
    return found


def title(one: Mistake) -> str:
    """What the picture is and was read as."""
    return f"{TITLES[one.label]}, read as {TITLES[one.read].lower()}: {one.id}"


def absent(one: Mistake) -> str:
    """Where to put a picture so that it is shown here."""
    return (
        f"This picture is shown where your own data folder holds it: put it at `data/{one.id}`, or "
        "name the folder in `SULCUS_DATA` (data/README.md says where the sets come from)."
    )
