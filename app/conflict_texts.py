"""Words of contradictions within a reading, and of what they meant on held-out patients."""

from typing import Final

from app.texts import count, figure, plain, share
from ml.evaluation.published_conflicts import ConflictFigures, Meaning
from ml.inference import conflicts as kinds

HEADING: Final = "When a reading contradicts itself"
INTRO: Final = (
    "Class, outline, heat maps and networks are set side by side. The banner over a scan quotes "
    "this table."
)
OTHER_NETWORKS: Final = (
    "These readings are by other networks than the other figures. "
    f"Run `{kinds.COMMAND}` to make them again."
)
TITLES: Final[dict[str, str]] = {
    kinds.TUMOUR_WITHOUT_OUTLINE: "The class is a tumour, nothing is outlined",
    kinds.MARK_WITHOUT_TUMOUR: "The class is no tumour, the U-Net marks an area",
    kinds.HEAT_ELSEWHERE: "The heat maps point elsewhere than the outline",
    kinds.NETWORKS_DISAGREE: "The networks disagree",
}
NONE: Final = "No conflict"
SOME: Final = "Any conflict"
WHOLE: Final = "All test pictures"
COLUMNS: Final[tuple[str, ...]] = (
    *("Case", "Pictures", "Patient groups", "Share of all", "Class right"),
    *("Radiologist's outlines", "Dice of the outline shown"),
)


def banner(kind: str, figures: ConflictFigures) -> str:
    """What contradicts itself, and what that meant on held-out patients."""
    return f"**{title(kind)}.** {meaning(kind, figures)}"


def title(kind: str) -> str:
    """What contradicts itself, as a line."""
    return f"Conflict: {lowered(TITLES[kind])}"


def meaning(kind: str, figures: ConflictFigures) -> str:
    """What a conflict meant on held-out patients."""
    found = figures.kinds[kind]
    said = worth(found, figures)
    if kind == kinds.HEAT_ELSEWHERE and found.n_outlines:
        said += f" Overlap of the outline with the radiologist's: Dice {figure(found.dice, 2)}."
    return said


def worth(found: Meaning, figures: ConflictFigures) -> str:
    """How often the class was right in such pictures, or that there was none."""
    whole = count(figures.whole.n_pictures, "held-out pictures")
    if not found.n_pictures:
        return f"None of {whole} was like this, so what it means is not known."
    few = "picture" if found.n_pictures == 1 else "pictures"
    groups = "patient group" if found.n_groups == 1 else "patient groups"
    return (
        f"In {found.n_pictures:,} such held-out {few} ({found.n_groups:,} {groups}) the class was "
        f"right in {share(found.accuracy, digits=0)}."
    )


def agreed(networks: int, figures: ConflictFigures) -> str:
    """What it is worth that so many networks put the mean's class first."""
    title = f"What {agreement(networks, figures)} is worth"
    return f"{title}: {lowered(worth(figures.agreement[networks], figures))}"


def agreement(networks: int, figures: ConflictFigures) -> str:
    """ "3 of 3 networks for the class", as the name of a row."""
    return f"{networks} of {figures.networks} networks for the class"


def no_conflict(figures: ConflictFigures) -> str:
    """That nothing contradicts itself, and how right that was."""
    return f"No conflict found. {worth(figures.none, figures)}"


def lines(figures: ConflictFigures) -> list[list[str]]:
    """Rows of the table under `COLUMNS`."""
    cases = {
        WHOLE: figures.whole,
        NONE: figures.none,
        SOME: figures.some,
        **{TITLES[kind]: found for kind, found in figures.kinds.items()},
        **{agreement(k, figures): found for k, found in figures.agreement.items()},
    }
    return [
        [
            title,
            *(plain(found.n_pictures), plain(found.n_groups)),
            *(figure(found.share), figure(found.accuracy)),
            *(plain(found.n_outlines), figure(found.dice)),
        ]
        for title, found in cases.items()
    ]


def limit(figures: ConflictFigures) -> str:
    """When the heat maps count as elsewhere."""
    return (
        "The heat maps point elsewhere where the outline holds less than "
        f"{figures.least_heat_ratio:.2f} times the energy that an even map would have in it: the "
        f"{figures.chosen_on}. Only maps of networks that agree with the mean count."
    )


def lowered(sentence: str) -> str:
    """A sentence with a small first letter, to go on after a colon."""
    return sentence[:1].lower() + sentence[1:]
