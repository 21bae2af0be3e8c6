"""Words of the page on how far a probability can be trusted."""

from typing import Final

from app.texts import count, figure, percent, share, suggestion
from ml.evaluation.published import Interval
from ml.evaluation.published_trust import Calibrated, TrustFigures
from ml.labels import TITLES
from ml.results import Analysis

HEADING: Final = "How far a probability can be trusted"
INTRO: Final = (
    "Chosen on validation groups, measured on the patients of the test part, "
    "whom neither the networks nor these choices have seen."
)
CALIBRATION: Final = "Does 80 per cent mean 80 per cent?"
CALIBRATION_OF: Final = "Calibration of"
CALIBRATION_FIGURES: Final[dict[str, str]] = {
    "ece": "ECE, 15 bins (lower is better)",
    "brier": "Brier score (lower is better)",
    "nll": "NLL (lower is better)",
}
EACH_CALIBRATED: Final = (
    "Every column is calibrated on its own: the mean need not lie between the three."
)
SETS: Final = "Which classes cannot be ruled out"
SETS_INTRO: Final = (
    "A set of classes is made so that it holds the true one in a stated share of pictures of each "
    "class. Where it holds several, or none, the screen says indeterminate. The test groups are "
    "other patients than those the limits were read off, so the share that was reached can differ."
)
SET_COLUMNS: Final[dict[str, str]] = {
    "single": "One class",
    "several": "Several",
    "empty": "None",
    "right_when_single": "Right when one",
}
REFERRAL: Final = "If the least sure are referred"
REFERRED: Final = "Share referred to somebody else, the least sure first"


def size(figures: TrustFigures) -> str:
    """How many pictures and groups the figures rest on."""
    return (
        f"{count(figures.n_pictures, 'pictures')} of {count(figures.n_groups, 'patient groups')}. "
        "In brackets: 95 % interval, bootstrap over patient groups."
    )


def temperature(found: Calibrated) -> str:
    """What was done to a model's probabilities, and why."""
    if found.method == "none":
        return "Left as they are: a temperature did not help validation groups it had not seen."
    way = "sharpens" if found.temperature < 1.0 else "softens"
    return f"Temperature {found.temperature:.2f}, which {way} the probabilities."


def told_apart(auroc: Interval) -> str:
    """How well the confidence of the mean tells its right answers from its wrong ones."""
    return (
        f"AUROC of right against wrong answers of the mean, by its confidence: {figure(auroc)}. "
        "At 0.5 the confidence would say nothing."
    )


def left_over(referred: float, accuracy: Interval) -> str:
    """What is left when some are referred."""
    if not referred:
        return f"Nobody referred: the mean is right in {share(accuracy)} of all pictures."
    return f"With {percent(referred)} referred, the mean is right in {share(accuracy)} of the rest."


def level(nominal: str) -> str:
    """A nominal level as a heading, for example "90 % sets"."""
    return f"{percent(float(nominal))} sets"


def headline(read: Analysis) -> str:
    """What the mean says, or that it cannot settle on one class."""
    if not read.indeterminate:
        return suggestion(read.mean)
    named = [TITLES[label].lower() for label in read.prediction_set or ()]
    return f"Indeterminate: {' or '.join(named)}" if named else "Indeterminate: no class fits well"


def prediction_set(read: Analysis, reached: Interval | None) -> str:
    """What cannot be ruled out, and how often such a set held the true class; "" without one."""
    if read.prediction_set is None:
        return ""
    named = ", ".join(TITLES[label].lower() for label in read.prediction_set) or "no class"
    held = (
        ""
        if reached is None or reached.value is None
        else f" On held-out patients such a set held the true class in {share(reached)}."
    )
    return f"Cannot be ruled out: {named}.{held}"
