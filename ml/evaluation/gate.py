"""Fit the gate on training pictures, try it on others, and write the rows.

`python -m ml.evaluation --parts gate` fits the space (assets/gate), runs the classifiers over held-
out brain MRI and other things, and derives assets/metrics/gate.json; some minutes of two cores.
Run it again whenever a classifier's weights change: the app refuses to judge with another's space.
Nothing here computes a figure.

Validation material teaches the weights of "taught" and chooses method and limit as well. So that
the choice is not made on what was learnt by heart, the score of a validation picture that is no
MRI comes from weights taught without its kind. Test pictures have taught nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ml.datasets.picture import TUMOR
from ml.datasets.readers import load_pixels
from ml.errors import MetricsError
from ml.evaluation.copies import eight_bit
from ml.evaluation.foreign import Foreign, foreign_pictures, scan_of
from ml.evaluation.gate_rows import BRAIN, Tried, write_tried
from ml.evaluation.intervals import Numbers
from ml.evaluation.other_mri import other_mri
from ml.evaluation.pictures import Library, Row, by_lot, one_a_cluster, read_split
from ml.evaluation.places import Places
from ml.inference.engine import Engine
from ml.inference.familiar import METHODS, FeatureSpace, Seen, fit_space, scores, seen
from ml.inference.gate import Fitted, load_fitted, save_fitted
from ml.inference.pixel_checks import PixelChecks, checks_of, limits_of
from ml.labels import CLASSES
from ml.models.registry import CLASSIFIERS, spec
from ml.preprocess import fitted, framed
from ml.results import FloatArray, Scan

BATCH: Final[int] = 16
TRAINING: Final[int] = 1000
"""Training pictures that the space is fitted on."""
STRENGTH: Final[float] = 0.01
"""Inverse strength of the penalty on the taught weights, chosen with a kind left out in turn."""
SPOILT: Final[int] = 30
"""Test pictures that are spoilt on purpose."""
LABELS: Final[tuple[str, ...]] = (*CLASSES, TUMOR)

T = TypeVar("T")
Mask = npt.NDArray[np.bool_]
Look = Callable[[Sequence[FloatArray]], Seen]
"""Grey levels of some pictures → what the classifiers make of them."""


def looker(engine: Engine) -> Look:
    """An engine as something that looks at pictures with every classifier."""

    def look(pictures: Sequence[FloatArray]) -> Seen:
        outputs, frames = [], [framed(one) for one in pictures]
        for name in CLASSIFIERS:
            size = spec(name).input_size
            batch = np.concatenate([fitted(one, size).image for one in frames])
            outputs.append(engine.classify(name, batch))
        return seen(outputs, frames)

    return look


@dataclass(frozen=True)
class Looked:
    """What the classifiers make of some pictures, and looks at their pixels."""

    seen: Seen
    pixels: Sequence[PixelChecks]


def look_at(scans: Iterable[Scan], look: Look) -> Looked:
    """Look at pictures, in order.

    Raises:
        MetricsError: there is no picture.
    """
    found, looks = [], []
    for some in _batches(scans):
        found.append(look([scan.pixels for scan in some]))
        looks += [checks_of(scan) for scan in some]
    if not found:
        raise MetricsError("there is no picture to look at")
    described = {
        name: np.concatenate([one.described[name] for one in found]) for name in found[0].described
    }
    return Looked(Seen(described, np.concatenate([one.logits for one in found], axis=1)), looks)


def taught(space: FeatureSpace, training: Seen, others: Seen) -> FeatureSpace:
    """The space with weights that tell training pictures from pictures that are no MRI."""
    from sklearn.linear_model import LogisticRegression

    terms = np.concatenate([space.terms(training), space.terms(others)])
    other = np.arange(len(terms)) >= len(space.labels)
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1000)
    return replace(space, weights=model.fit(terms, other).coef_[0].astype(np.float32))


def taught_by_others(
    space: FeatureSpace, training: Seen, foreign: Seen, kinds: Sequence[str], able: Mask
) -> Numbers:
    """(N,) score of each validation picture, its own kind left out of the teaching.

    Args:
        space: where the training pictures lie.
        training: the training pictures.
        foreign: the validation pictures that are no MRI.
        kinds: what each shows.
        able: which of them may teach: those that no look at the pixels refuses.
    """
    names = np.asarray(kinds)
    found = np.zeros(len(names))
    for kind in dict.fromkeys(kinds):
        own = names == kind
        without = taught(space, training, foreign.only(able & ~own))
        found[own] = scores(without, foreign.only(own))["taught"]
    return found


def brain_mri(rows: Sequence[Row], library: Library) -> Iterator[Foreign]:
    """Held-out pictures, one a near-duplicate cluster, with their patient groups."""
    for part in ("validation", "test"):
        for row in one_a_cluster(row for row in rows if row["split"] == part):
            yield Foreign(row["path"], BRAIN, row["group"], part, _scan(row, library))


def spoilt_mri(rows: Sequence[Row], library: Library) -> Iterator[Foreign]:
    """Brain MRI of other kinds, most of it made of some test pictures."""
    chosen = by_lot(one_a_cluster(row for row in rows if row["split"] == "test"), SPOILT)
    pixels = {row["path"]: _scan(row, library).pixels for row in chosen}
    yield from other_mri(pixels, {row["path"]: row["group"] for row in chosen})


def write_gate(places: Places, library: Library, engine: Engine) -> None:
    """Fit the space, try the gate, and write both.

    Args:
        places: of the repository.
        library: where the pictures are.
        engine: runs the classifiers.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: the split or one of its pictures is missing.
    """
    rows, look = read_split(places.split), looker(engine)
    foreign = list(_bar(foreign_pictures(), "drawing other things"))
    held = [one for one in foreign if one.part == "validation"]
    others = look_at(_bar([one.scan for one in held], "other things, validation"), look)
    fitted, alone = fit(rows, library, look, (others, [one.kind for one in held]))
    networks = {name: engine.fingerprint(name) for name in CLASSIFIERS}
    save_fitted(replace(fitted, networks=networks), places.gate_space)
    fitted = load_fitted(places.gate_space)
    lines = [
        replace(line, scores={**line.scores, "taught": float(score)})
        for line, score in zip(as_rows(held, others, fitted), alone, strict=True)
    ]
    for title, pictures in (
        ("other things, test", [one for one in foreign if one.part == "test"]),
        ("brain MRI", list(brain_mri(rows, library))),
        ("spoilt MRI", list(spoilt_mri(rows, library))),
    ):
        known = look_at(_bar([one.scan for one in pictures], title), look)
        lines += as_rows(pictures, known, fitted)
    write_tried(places.gate_rows, lines)


def fit(
    rows: Sequence[Row], library: Library, look: Look, held: tuple[Looked, Sequence[str]]
) -> tuple[Fitted, Numbers]:
    """Everything that is fitted, networks not named yet, and the scores of `taught_by_others`.

    Args:
        rows: rows of data/splits/clean.csv.
        library: where the pictures are.
        look: runs the classifiers.
        held: validation pictures that are no MRI, and what each shows.
    """
    chosen = training_pictures(rows)
    scans = [_scan(row, library) for row in chosen]
    training = look_at(_bar(scans, "training pictures"), look)
    space = fit_space(training.seen, [LABELS.index(row["label"]) for row in chosen])
    pixels = limits_of(training.pixels)
    others, kinds = held
    able = np.array([pixels.broken(one) is None for one in others.pixels])
    alone = taught_by_others(space, training.seen, others.seen, kinds, able)
    return Fitted(taught(space, training.seen, others.seen.only(able)), pixels, {}), alone


def training_pictures(rows: Sequence[Row], count: int = TRAINING) -> list[Row]:
    """Training pictures that the space is fitted on, one a near-duplicate cluster, by lot."""
    return by_lot(one_a_cluster(row for row in rows if row["split"] == "train"), count)


def as_rows(pictures: Sequence[Foreign], known: Looked, fitted: Fitted) -> list[Tried]:
    """Scores and looks of pictures, in order."""
    found = scores(fitted.space, known.seen)
    return [
        Tried(
            *(one.id, one.kind, one.group, one.part),
            scores={name: float(found[name][place]) for name in METHODS},
            looks=known.pixels[place],
        )
        for place, one in enumerate(pictures)
    ]


def _bar(items: Iterable[T], title: str) -> Iterable[T]:
    """Items with a progress bar on stderr."""
    shown: Iterable[T] = tqdm(items, desc=f"gate: {title}", unit="pic")
    return shown


def _scan(row: Row, library: Library) -> Scan:
    """A picture of the split as an upload of it is read."""
    return scan_of(eight_bit(load_pixels(library.picture(row["path"]), library.root)))


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    """Neighbours that go through the networks together."""
    iterator = iter(items)
    while some := list(islice(iterator, BATCH)):
        yield some
