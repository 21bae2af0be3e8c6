"""Every word about scans that the gate refuses, and about how often it is wrong."""

from typing import Final

from app.texts import count, figure, percent, share
from ml.evaluation.gate_published import GateFigures
from ml.results import Admission, Refusal

REFUSED: Final = "Refused: no AI reading"
STATUS: Final = "refused"
REASONS: Final[dict[str, str]] = {
    "blank": "The picture is blank, or nearly so.",
    "colour": "Much of the picture is coloured. MR slices are grey; this looks like a photograph, "
    "a chart or a colour map.",
    "levels": "The picture is nearly black and white. A slice has many shades of grey.",
    "corners": "The corners of the picture are bright. Around a head an MR slice is dark: its "
    "contrast is turned over, or it shows something else.",
    "unfamiliar": "The networks learnt from nothing like it: it is no brain MRI, or one of another "
    "kind than theirs.",
}
MEASURES: Final[dict[str, str]] = {
    "blank": "Share of bright pixels",
    "colour": "Share of coloured pixels",
    "levels": "Shades in use",
    "corners": "Brightness of the corners",
    "unfamiliar": "Distance from the training pictures",
}
WHAT_NOW: Final = (
    "No class, no heat map and no outline is shown. The picture itself stays as it is. Open a "
    "brain MRI slice as the scanner or the archive exports it."
)
NOT_MEASURED: Final = "How often the gate is wrong has not been measured here."

HEADING: Final = "When it refuses"
INTRO: Final = (
    "Before a class is told, every picture is compared with the training pictures, by what the "
    "networks make of it and by a few looks at its pixels. What is too far away is refused."
)
COLUMNS: Final = ("Pictures", "Refused", "n", "Groups or sources")
BRAIN: Final = "Held-out brain MRI (refused by mistake)"
OTHER_THINGS: Final = "Other things, all (rightly refused)"
NEW_KINDS: Final = "Other things of kinds that it was not set up with"
OTHER_KINDS: Final = "Brain MRI of kinds outside the training sets"
OTHER_KINDS_NOTE: Final = (
    "Neither a pass nor a refusal is an error here. Known of the training sets: the tumours are "
    "nearly all contrast-enhanced T1, the tumour-free slices a mixture of T1, T2, FLAIR and SWI. A "
    "spoilt scan that passes is read, and may be read wrongly."
)
CANDIDATES: Final = "Ways to measure the distance, on validation pictures"
CANDIDATE_COLUMNS: Final = ("Method", "Brain MRI refused", "Other things let through", "AUROC")
METHODS: Final[dict[str, str]] = {
    "mahalanobis": "Mahalanobis distance to the nearest class",
    "neighbours": "Distance to the fifth nearest training picture",
    "left_over": "What the training pictures' axes leave over",
    "energy": "Energy of the class scores",
    "softmax": "1 − highest mean probability",
    "taught": "Features, edges and texture, weighed against pictures that are no MRI",
}


def sentence(refusal: Refusal) -> str:
    """Why a scan was refused, in one or two sentences."""
    return REASONS[refusal.reason]


def measured(refusal: Refusal) -> str:
    """What was measured, and where it stops."""
    side = "at least" if refusal.reason in ("blank", "levels") else "at most"
    name = MEASURES[refusal.reason]
    return f"{name}: {refusal.score:.2f}; allowed is {side} {refusal.limit:.2f}."


def rates(figures: GateFigures | None) -> str:
    """How often the gate is wrong, for the line under a refusal."""
    if figures is None:
        return NOT_MEASURED
    return (
        f"Of brain MRI of held-out patients {share(figures.brain_mri.refused)} is refused by "
        f"mistake. Of pictures that are none {share(figures.other_things.refused)} is refused."
    )


def admitted(admission: Admission | None) -> str:
    """What the gate said of a scan that was read, in one line."""
    if admission is None or admission.score is None:
        return "Gate: not asked"
    return (
        f"Gate: {admission.score:.2f} from the training pictures, read up to {admission.limit:.2f}"
    )


def told_apart(figures: GateFigures) -> str:
    """The chosen method, on how much, and how well it tells."""
    chosen = METHODS.get(figures.method, figures.method)
    return (
        f"{INTRO} Chosen: {chosen[:1].lower()}{chosen[1:]}, over "
        f"{count(figures.n_training, 'training pictures')}. AUROC of brain MRI against other "
        f"things: {figure(figures.auroc)}. The looks at the pixels alone refuse "
        f"{percent(figures.by_pixels)} of the other things."
    )


def stress_cell(probability: float | None) -> str:
    """A probability of a worse copy, or that it was refused."""
    return STATUS if probability is None else percent(probability)


def kind(name: str) -> str:
    """A kind of picture as a line's heading."""
    return name[:1].upper() + name[1:]
