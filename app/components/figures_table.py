"""Classification figures of every network on one split."""

from app import accuracy_texts as words
from app import texts
from app.components import table
from ml.evaluation.published import SplitFigures
from ml.labels import CLASSES, TITLES


def show(split: SplitFigures) -> None:
    """Draw the overall figures, then sensitivity and specificity of each class."""
    models = list(split.models)
    rows = [
        [title, *(texts.figure(split.models[model].get(name)) for model in models)]
        for name, title in texts.FIGURES.items()
    ]
    for label in CLASSES:
        for kind in ("sensitivity", "specificity"):
            rows.append(
                [
                    f"{TITLES[label]}: {kind}",
                    *(words.class_figure(split.models[model], kind, label) for model in models),
                ]
            )
    table.show(["Figure", *(texts.model(model) for model in models)], rows)
