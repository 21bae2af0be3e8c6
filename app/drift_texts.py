"""Words about whether the pictures read here are like those that the figures were measured on."""

from typing import Final

from app.recent_inputs import MOST, Recent
from app.texts import figure, plain
from ml.evaluation.drift import LEAST_PATIENTS, PART, Distances, Drift

HEADING: Final = "Are the pictures like those of the figures?"
INTRO: Final = (
    "Of every scan that is read, the gate's distance from the training pictures is stored, and of "
    f"its pixels nothing. The last {MOST} are compared with brain MRI of held-out patients "
    f"({PART} part of the clean split)."
)
ALIKE: Final = (
    "No shift is seen: the interval holds 0.5. With few patients a shift can be there unseen."
)
FARTHER: Final = (
    "The pictures read here lie farther from the training pictures than held-out ones did. The "
    "published figures were not measured on such pictures and need not hold for them: look at "
    "scanner, sequence, contrast and file export. It does not say which reading is wrong."
)
NEARER: Final = (
    "The pictures read here lie nearer to the training pictures than held-out ones did. They may "
    "be few kinds of picture, or slices that the public sets hold too: the published figures need "
    "not hold for them. It does not say which reading is right."
)
RECENT: Final = "Read here"
REFERENCE: Final = "Held-out patients"
LIMIT: Final = "refused beyond"
X: Final = "Distance from the training pictures, by the gate"
Y: Final = "Share of the pictures up to it"
PATIENTS_NOTE: Final = (
    "Every patient weighs the same, and interval and p-value deal out whole patients. Pictures "
    "without a patient's identifier count as a patient each. Another mix of tumours than in the "
    "public sets shifts the curves too."
)


def too_few(found: Distances) -> str:
    """That there are not enough readings yet."""
    return (
        f"Too few readings: {_counted(found)}. A comparison is shown from {LEAST_PATIENTS} "
        "patients on."
    )


def left_out(found: Recent) -> str:
    """Which scans are not compared, "" where all are."""
    reasons = {
        "drawn by this project": found.simulated,
        "copies of training pictures": found.copies,
        "refused for their pixels alone, without a distance": found.by_pixels,
        "read by other networks than those in use": found.other_networks,
    }
    named = [f"{plain(count)} {reason}" for reason, count in reasons.items() if count]
    return f"Left out: {'; '.join(named)}." if named else ""


def compared(found: Drift, recent: Distances, known: Distances) -> str:
    """Both statistics with what they were made of."""
    p_value = f"{found.p_value:.3f}" if found.p_value >= 0.001 else "below 0.001"
    return (
        f"{_counted(recent)} against {_counted(known)}. A picture read here lies farther from the "
        f"training pictures than a held-out one in **{figure(found.farther, 2)}** of all pairs "
        "(0.5: alike; 95 % interval by bootstrap over patients). Largest gap of the two curves: "
        f"{found.gap:.2f}, p = {p_value} by permutation of patients."
    )


def meaning(found: Drift) -> str:
    """What a shift would mean."""
    if not found.shifted:
        return ALIKE
    value = found.farther.value
    return FARTHER if value is not None and value > 0.5 else NEARER


def _counted(found: Distances) -> str:
    scans, patients = len(found.scores), found.n_patients
    some = "1 scan" if scans == 1 else f"{plain(scans)} scans"
    whose = "1 patient" if patients == 1 else f"{plain(patients)} patients"
    return f"{some} of {whose}"
