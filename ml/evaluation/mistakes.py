"""Every held-out picture that was read wrongly, the worst first, from the committed rows.

Kinds, in the order of `KINDS`:
    - a wrong class, of every network and of the mean: the higher the probability of the wrong
      class, the worse;
    - a tumour of which nothing is outlined (Dice = 0): the larger the tumour, the worse;
    - a mark on a tumour-free picture: the larger the mark, the worse.

Only the test part counts. Probabilities are calibrated and outlines withheld as on the screen.
Nothing is measured here.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.datasets.tables import split_id
from ml.errors import MetricsError
from ml.evaluation.calibration import softmax
from ml.evaluation.intervals import Numbers
from ml.evaluation.places import Places
from ml.evaluation.rows import (
    MEAN,
    ClassificationTable,
    number,
    read_classification,
    read_segmentation,
    with_mean,
)
from ml.evaluation.segmentation import OutlineRow
from ml.inference.segment import operating_point
from ml.inference.trust import Trust, load_trust, scaled
from ml.labels import CLASSES, NO_TUMOR, class_index
from ml.models.registry import SEGMENTER

WRONG_CLASS: Final[str] = "wrong_class"
DICE_ZERO: Final[str] = "dice_zero"
MARKED: Final[str] = "marked"
KINDS: Final[tuple[str, ...]] = (WRONG_CLASS, DICE_ZERO, MARKED)


@dataclass(frozen=True)
class Outlined:
    """What was outlined where that is the mistake.

    Attributes:
        reference_px: pixels of the radiologist's outline, 0 without a tumour.
        marked_px: pixels that the U-Net marks, before anything is withheld.
        shown_px: pixels of the outline as shown.
        picture_px: pixels of the whole picture.
    """

    reference_px: int
    marked_px: int
    shown_px: int
    picture_px: int

    @property
    def share(self) -> float:
        """Share of the picture that is wrong, 0..1: the missed tumour, or the mark."""
        return (self.reference_px or self.shown_px) / self.picture_px


@dataclass(frozen=True)
class Mistake:
    """One held-out picture that was read wrongly.

    Attributes:
        id: path relative to the data folder.
        group: patient group.
        label: true class identifier.
        model: registry name of the network, or "mean".
        read: class identifier that the model puts first; for an outline that the mean does.
        confidence: probability of that class, 0..1.
        given: probability of the true class by the same, 0..1.
        outlined: what was outlined, None where the class is the mistake.
    """

    id: str
    group: str
    label: str
    model: str
    read: str
    confidence: float
    given: float
    outlined: Outlined | None = None


@dataclass(frozen=True)
class Tested:
    """How many test pictures could have been read wrongly.

    Attributes:
        n_pictures: pictures.
        n_groups: patient groups among them.
    """

    n_pictures: int
    n_groups: int


@dataclass(frozen=True)
class Mistakes:
    """Everything that was read wrongly.

    Attributes:
        split_id: of the clean split.
        models: names of the networks, and "mean".
        calibrated: whether probabilities are calibrated.
        rows: by kind, the worst first.
        tested: by kind, what the rows are out of.
    """

    split_id: str
    models: tuple[str, ...]
    calibrated: bool
    rows: Mapping[str, tuple[Mistake, ...]]
    tested: Mapping[str, Tested]


def find_mistakes(places: Places) -> Mistakes:
    """Everything in the committed rows that was read wrongly.

    Raises:
        MetricsError: rows, split or what validation chose are absent or unusable.
    """
    if not places.split.is_file():
        raise MetricsError(f"data/splits/{places.split.name} is missing; restore it with git")
    table = read_classification(places.clean_rows).part("test")
    outlines = [row for row in read_segmentation(places.outline_rows) if row.split == "test"]
    drawn = [row for row in outlines if row.score.reference_px]
    free = [row for row in outlines if row.label == CLASSES[NO_TUMOR]]
    trust = load_trust(places.trust)
    shown = _shown(table, trust)
    least = operating_point(SEGMENTER, places.thresholds).least_tumour
    return Mistakes(
        split_id=split_id(places.split.read_bytes()),
        models=tuple(shown),
        calibrated=trust is not None,
        rows={
            WRONG_CLASS: _wrong_classes(table, shown),
            DICE_ZERO: _wrong_outlines(drawn, least, table, shown[MEAN]),
            MARKED: _wrong_outlines(free, least, table, shown[MEAN]),
        },
        tested={
            WRONG_CLASS: _tested(table.where["group"]),
            DICE_ZERO: _tested(row.group for row in drawn),
            MARKED: _tested(row.group for row in free),
        },
    )


def matching(
    rows: Iterable[Mistake],
    *,
    model: str | None = None,
    label: str | None = None,
    read: str | None = None,
    least: float = 0.0,
) -> tuple[Mistake, ...]:
    """The mistakes of one model, true class and read class; None takes every one.

    Args:
        rows: mistakes of one kind.
        model: registry name, or "mean".
        label: true class identifier.
        read: class identifier that was read.
        least: lowest probability of the class that was read, 0..1.
    """
    return tuple(
        one
        for one in rows
        if model in (None, one.model)
        and label in (None, one.label)
        and read in (None, one.read)
        and one.confidence >= least
    )


def as_csv(rows: Sequence[Mistake]) -> str:
    """The mistakes as CSV, in their order; the last four columns only where there is an outline."""
    names = ("id", "group", "label", "model", "read")
    sizes = ("reference_px", "marked_px", "shown_px", "picture_px")
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*names, "confidence", "given", *sizes))
    for one in rows:
        cells = [getattr(one, name) for name in names]
        cells += [number(one.confidence), number(one.given)]
        writer.writerow(cells + [getattr(one.outlined, name, "") for name in sizes])
    return text.getvalue()


def _shown(table: ClassificationTable, trust: Trust | None) -> dict[str, Numbers]:
    """[network, and "mean"] → (N, 4) probabilities as a screen shows them."""
    found = {}
    for model, logits in with_mean(table.logits).items():
        plain = np.asarray(softmax(logits), np.float32)
        shown = plain if trust is None else scaled(plain, trust.temperature(model))
        found[model] = shown.astype(np.float64)
    return found


def _wrong_classes(table: ClassificationTable, shown: Mapping[str, Numbers]) -> tuple[Mistake, ...]:
    found = [
        _mistake(table, probabilities, int(place), model)
        for model, probabilities in shown.items()
        for place in np.flatnonzero(probabilities.argmax(axis=1) != table.labels)
    ]
    return tuple(sorted(found, key=lambda one: (-one.confidence, one.id, one.model)))


def _wrong_outlines(
    rows: Iterable[OutlineRow], least: float, table: ClassificationTable, mean: Numbers
) -> tuple[Mistake, ...]:
    """Rows whose outline as shown is wholly wrong, with what the mean says of the picture."""
    places = {name: place for place, name in enumerate(table.where["id"])}
    found = []
    for row in rows:
        shown = row.withheld_below(least).score
        if shown.dice != 0.0 and not (row.label == CLASSES[NO_TUMOR] and shown.predicted_px):
            continue
        if row.id not in places:
            raise MetricsError(
                "the outline rows hold a picture that the class rows lack; run `make evaluate`"
            )
        sizes = Outlined(
            shown.reference_px, row.score.predicted_px, shown.predicted_px, row.picture_px
        )
        one = _mistake(table, mean, places[row.id], SEGMENTER, sizes)
        found.append((-sizes.share, one.id, one))
    return tuple(one for *_, one in sorted(found, key=lambda entry: entry[:2]))


def _mistake(
    table: ClassificationTable,
    probabilities: Numbers,
    place: int,
    model: str,
    outlined: Outlined | None = None,
) -> Mistake:
    first = int(probabilities[place].argmax())
    label = table.where["label"][place]
    return Mistake(
        id=table.where["id"][place],
        group=table.where["group"][place],
        label=label,
        model=model,
        read=CLASSES[first],
        confidence=float(probabilities[place, first]),
        given=float(probabilities[place, class_index(label)]),
        outlined=outlined,
    )


def _tested(groups: Iterable[str]) -> Tested:
    every = list(groups)
    return Tested(len(every), len(set(every)))
