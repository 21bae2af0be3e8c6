"""Score the heat maps of the shipped classifiers on held-out pictures with a radiologist's mask.

`python -m ml.evaluation --parts explanations` writes the rows, and the figures from them. Every
map explains the class that its network put first, lies on the scan's own pixels as on the screen,
and is scored as in `ml.evaluation.explanation_scores`. Method and Gaussian are chosen on the
validation pictures before a test picture is looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from tqdm import tqdm

from ml.evaluation.explanation_rows import (
    QUARTER,
    SLOW,
    STEPS,
    UNTRAINED,
    WHOLE,
    WIDTHS,
    ExplanationRow,
    SanityRow,
    choose_method,
    choose_width,
    gaussian,
    write_explanation_rows,
    write_sanity_rows,
)
from ml.evaluation.explanation_scores import (
    centred_gaussian,
    energy_in_mask,
    points_at,
    rank_correlation,
)
from ml.evaluation.heat_sources import Trained, maps_of
from ml.evaluation.outlines import outline_pictures
from ml.evaluation.pictures import Library, Row, by_lot, read_split
from ml.evaluation.places import Places
from ml.evaluation.randomised import SEED, Drawn, randomised
from ml.evaluation.rows import DIGITS
from ml.evaluation.slow_maps import score_cam
from ml.inference.engine import Engine, NetworkOutput
from ml.inference.explain import METHODS
from ml.labels import CLASSES
from ml.models.registry import CLASSIFIERS, spec
from ml.preprocess import Crop, prepare, to_scan
from ml.results import BoolArray, FloatArray

BATCH: Final[int] = 16
SUBSET: Final[int] = 28
"""Pictures a part on which the slow methods and the drawn weights are measured."""
HEADS: Final[int] = 3
"""Heads that an untrained network is given; its figures are the mean over them."""


@dataclass(frozen=True)
class Look:
    """One picture with a mask, ready for the networks.

    Attributes:
        row: its row of the split.
        images: [side of the input] → (1, S, S, 1).
        crop: where they lie on the scan.
        mask: (H, W) the radiologist's outline.
    """

    row: Row
    images: Mapping[int, FloatArray]
    crop: Crop
    mask: BoolArray

    def scored(self, values: FloatArray) -> tuple[float, float]:
        """Energy in the mask and pointing game of a map (h, w) of a network."""
        shape = (self.mask.shape[0], self.mask.shape[1])
        return self._figures(to_scan(np.maximum(values, 0.0), self.crop, shape))

    def scored_gaussian(self, width: float) -> tuple[float, float]:
        """The same of a Gaussian at the middle of the head."""
        shape = (self.mask.shape[0], self.mask.shape[1])
        return self._figures(centred_gaussian(self.crop, shape, width))

    def _figures(self, on_scan: FloatArray) -> tuple[float, float]:
        return energy_in_mask(on_scan, self.mask), points_at(on_scan, self.mask)

    def line(
        self, network: str, method: str, called: str, figures: tuple[float, float]
    ) -> ExplanationRow:
        """The row of one map, rounded as it is written."""
        energy, hit = (round(value, DIGITS) for value in figures)
        return ExplanationRow(
            id=self.row["path"],
            **{name: self.row[name] for name in ("group", "label", "split")},
            network=network,
            method=method,
            called=called,
            energy=energy,
            hit=hit,
        )


def write_explanations(places: Places, library: Library, engine: Engine) -> None:
    """Write the rows of the scored heat maps and of the drawn weights.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: the split is missing, names a picture that is not there, or has no
            validation slice with a mask.
    """
    marked, _ = outline_pictures(read_split(places.split), library)
    validation, test = (
        [row for row in marked if row["split"] == part] for part in ("validation", "test")
    )
    rows = [row for looks in _batches(validation, library) for row in score(looks, engine)]
    method, width = choose_method(rows), choose_width(rows)
    held, some = (
        [_look(row, library) for row in by_lot(part, SUBSET)] for part in (validation, test)
    )
    nothing = {name: randomised(name, WHOLE, _stack(held, name)) for name in CLASSIFIERS}
    for looks in _batches(test, library):
        rows += score(looks, engine, widths=(width, QUARTER))
        for name, drawn in nothing.items():
            rows += score_untrained(name, looks, engine, drawn, method=method)
    sanity: list[SanityRow] = []
    for name in CLASSIFIERS:
        rows += score_slow(name, [*held, *some], engine)
        for step in STEPS:
            drawn = randomised(name, step, _stack(held, name))
            sanity += compare(name, some, engine, drawn, (step, method))
    write_explanation_rows(places.explanation_rows, rows)
    write_sanity_rows(places.sanity_rows, sanity)


def score(
    looks: Sequence[Look], engine: Engine, *, widths: Sequence[float] = WIDTHS
) -> list[ExplanationRow]:
    """Every method that a screen can draw and the centred Gaussians on some pictures."""
    rows = []
    for name in CLASSIFIERS:
        batch, network = _stack(looks, name), Trained(name, engine)
        output = network.read(batch)
        called = _called(output)
        for method in METHODS:
            maps = maps_of(method, network, (batch, output), called)
            for look, label, values in zip(looks, called, maps, strict=True):
                rows.append(look.line(name, method, CLASSES[label], look.scored(values)))
    for look in looks:
        for width in dict.fromkeys(widths):
            rows.append(look.line("", gaussian(width), "", look.scored_gaussian(width)))
    return rows


def score_untrained(
    name: str, looks: Sequence[Look], engine: Engine, drawn: Drawn, *, method: str
) -> list[ExplanationRow]:
    """A method on an untrained network, for the class that the trained one put first.

    The body is `drawn`'s; the figures are the mean over `HEADS` heads.
    """
    batch = _stack(looks, name)
    called = _called(engine.classify(name, batch))
    features = drawn.read(batch).features
    found = []
    for kernel in _heads(drawn.kernel):
        drawn.give(kernel)
        output = NetworkOutput(features.mean(axis=(1, 2)) @ kernel, features)
        maps = maps_of(method, drawn, (batch, output), called)
        found.append([look.scored(values) for look, values in zip(looks, maps, strict=True)])
    means = np.nanmean(np.array(found), axis=0)  # (pictures, 2)
    return [
        look.line(name, UNTRAINED, CLASSES[c], (float(energy), float(hit)))
        for look, c, (energy, hit) in zip(looks, called, means, strict=True)
    ]


def score_slow(name: str, looks: Sequence[Look], engine: Engine) -> list[ExplanationRow]:
    """Score-CAM, which needs many forward passes, of one network."""
    read = partial(engine.classify, name)
    rows = []
    for look in tqdm(looks, desc=f"Score-CAM, {name}", unit="picture"):
        image = look.images[spec(name).input_size]
        output = read(image)
        (called,) = _called(output)
        values = score_cam(output.features[0], image[0], called, read)
        rows.append(look.line(name, SLOW[0], CLASSES[called], look.scored(values)))
    return rows


def compare(
    name: str, looks: Sequence[Look], engine: Engine, drawn: Drawn, how: tuple[str, str]
) -> list[SanityRow]:
    """Rank correlation of one network's maps with those after weights were drawn anew.

    Args:
        name: registry name.
        looks: pictures.
        engine: the trained networks.
        drawn: the network with weights drawn anew.
        how: step of the drawing, and method of the maps.
    """
    step, method = how
    batch, trained = _stack(looks, name), Trained(name, engine)
    output = trained.read(batch)
    called = _called(output)
    before = maps_of(method, trained, (batch, output), called)
    after = maps_of(method, drawn, (batch, drawn.read(batch)), called)
    rows = []
    for look, one, other in zip(looks, before, after, strict=True):
        positive = (np.maximum(values, 0.0) for values in (one, other))
        found = round(rank_correlation(*positive), DIGITS)
        rows.append(SanityRow(look.row["path"], look.row["group"], name, step, found))
    return rows


def _called(output: NetworkOutput) -> list[int]:
    """Index of the class put first, for every picture."""
    return [int(index) for index in output.logits.argmax(axis=1)]


def _heads(kernel: FloatArray) -> list[FloatArray]:
    """`HEADS` fresh heads of the shape of a kernel, uniform as Keras draws them."""
    rng, limit = np.random.default_rng(SEED), np.sqrt(6.0 / sum(kernel.shape))
    return [rng.uniform(-limit, limit, kernel.shape).astype(np.float32) for _ in range(HEADS)]


def _stack(looks: Sequence[Look], name: str) -> FloatArray:
    """(N, S, S, 1) for a network."""
    return np.concatenate([look.images[spec(name).input_size] for look in looks])


def _batches(rows: Sequence[Row], library: Library) -> Iterator[list[Look]]:
    for start in tqdm(range(0, len(rows), BATCH), desc="explanations", unit="batch"):
        yield [_look(row, library) for row in rows[start : start + BATCH]]


def _look(row: Row, library: Library) -> Look:
    pixels, mask = library.pixels(row["path"]), library.mask(row["path"])
    ready = {
        size: prepare(pixels, size) for size in sorted({spec(n).input_size for n in CLASSIFIERS})
    }
    images = {size: one.image for size, one in ready.items()}
    crop = next(iter(ready.values())).crop  # of the picture alone, whatever the side
    return Look(row, images, crop, np.zeros(pixels.shape, np.bool_) if mask is None else mask)
