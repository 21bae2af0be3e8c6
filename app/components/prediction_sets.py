"""Coverage and size of the prediction sets at each level."""

from app import texts
from app import trust_texts as words
from app.components import table
from ml.evaluation.published_trust import TrustFigures
from ml.labels import CLASSES, TITLES


def show(figures: TrustFigures) -> None:
    """Draw what each level reached, overall and by class, and how large its sets are."""
    table.show(
        ["Level", "True class inside", *(TITLES[label] for label in CLASSES)],
        [
            [
                words.level(level),
                texts.figure(found.overall),
                *(texts.figure(found.by_class[label]) for label in CLASSES),
            ]
            for level, found in figures.coverage.items()
        ],
    )
    table.show(
        ["Level", *words.SET_COLUMNS.values()],
        [
            [
                words.level(level),
                *(texts.figure(found.figures[key]) for key in words.SET_COLUMNS),
            ]
            for level, found in figures.coverage.items()
        ],
    )
