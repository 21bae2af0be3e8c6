"""The four classes, in the one order every array, file and screen uses."""

from typing import Final

CLASSES: Final[tuple[str, ...]] = ("glioma", "meningioma", "no_tumor", "pituitary")
"""Class identifiers in the order of the last axis of every logit and probability array."""

TITLES: Final[dict[str, str]] = {
    "glioma": "Glioma",
    "meningioma": "Meningioma",
    "no_tumor": "No tumour",
    "pituitary": "Pituitary tumour",
}
"""What a reader sees for each class identifier."""

NO_TUMOR: Final[int] = CLASSES.index("no_tumor")
"""Position of the tumour-free class."""

USUAL_READING: Final[dict[str, str]] = {
    "glioma": "usually malignant",
    "meningioma": "usually benign",
    "no_tumor": "",
    "pituitary": "usually benign (adenoma)",
}
"""The usual reading of each class; never a grade of the case on screen."""


def class_index(name: str) -> int:
    """Position of a class in every logit array.

    Raises:
        ValueError: `name` is not one of `CLASSES`.
    """
    if name not in CLASSES:
        raise ValueError(f"unknown class {name!r}; the classes are {', '.join(CLASSES)}")
    return CLASSES.index(name)
