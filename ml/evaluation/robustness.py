"""What the shipped classifiers say of the clean test part when the pictures get worse.

Every test picture is corrupted in every way of `ml.corruptions` at every strength, on its stored
pixels, and goes through the same preprocessing and networks as a scan on the screen. One row a
(picture, corruption, strength) is written; every figure comes from the rows. Pictures are made in
memory and never written.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from tqdm import tqdm

from ml.corruptions import CORRUPTIONS, STRONGEST, corrupt, value_of
from ml.counterfactual.seeds import seeded
from ml.evaluation.calibration import softmax
from ml.evaluation.intervals import Numbers
from ml.evaluation.pictures import Library, Row, held_out, read_split
from ml.evaluation.places import Places
from ml.evaluation.predict import Classify, logits_of
from ml.evaluation.robustness_rows import UNTOUCHED, StressTable, write_robustness_rows
from ml.evaluation.rows import with_mean
from ml.inference.engine import Engine
from ml.labels import class_index
from ml.models.registry import CLASSIFIERS, spec
from ml.preprocess import normalise, prepare
from ml.results import FloatArray

VERSIONS: Final[tuple[tuple[str, int], ...]] = (
    (UNTOUCHED, 0),
    *((name, strength) for name in CORRUPTIONS for strength in range(1, STRONGEST + 1)),
)
"""Every version of a picture, the untouched one first."""


@dataclass(frozen=True)
class _Answers:
    """What every network says about the versions of one picture: (V, 4) probabilities each."""

    row: Row
    probabilities: Mapping[str, Numbers]


def versions(pixels: FloatArray, name: str) -> Iterator[FloatArray]:
    """Grey levels of a picture in the order of `VERSIONS`, always the same.

    Args:
        pixels: (H, W) in the file's own range.
        name: of the picture; the only thing that randomness depends on.
    """
    yield pixels
    grey = normalise(pixels)
    for corruption, strength in VERSIONS[1:]:
        yield corrupt(grey, corruption, strength=strength, rng=seeded(name, corruption))


def predict_robustness(
    rows: Sequence[Row],
    library: Library,
    classify: Classify,
    *,
    networks: Sequence[str] = CLASSIFIERS,
) -> StressTable:
    """What every network says about every version of every picture.

    Args:
        rows: rows of a split file, pictures of known class.
        library: where the pictures are.
        classify: runs a network by name.
        networks: their names.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: a picture of the split is not there.
    """
    sizes = {name: spec(name).input_size for name in networks}
    found = []
    for row in tqdm(rows, desc="corrupted pictures", unit="picture"):
        made = list(versions(library.pixels(row["path"]), row["path"]))
        ready = {
            size: np.concatenate([prepare(one, size).image for one in made])
            for size in sorted(set(sizes.values()))
        }
        logits = {
            name: np.asarray(classify(name, ready[size]), np.float64)
            for name, size in sizes.items()
        }
        said = {name: softmax(values) for name, values in with_mean(logits).items()}
        found.append(_Answers(row, said))
    return _table(found)


def _table(found: Sequence[_Answers]) -> StressTable:
    names = list(found[0].probabilities) if found else []
    truth = [class_index(one.row["label"]) for one in found]
    values = [math.nan if not s else value_of(name, s) for name, s in VERSIONS]
    return StressTable(
        id=tuple(one.row["path"] for one in found for _ in VERSIONS),
        corruption=tuple(name for name, _ in VERSIONS) * len(found),
        strength=tuple(strength for _, strength in VERSIONS) * len(found),
        value=tuple(values) * len(found),
        called={
            name: np.concatenate([one.probabilities[name].argmax(axis=1) for one in found])
            for name in names
        },
        true={
            name: np.concatenate(
                [one.probabilities[name][:, c] for one, c in zip(found, truth, strict=True)]
            )
            for name in names
        },
    )


def test_part(rows: Sequence[Row]) -> list[Row]:
    """The test pictures of known class, one a near-duplicate cluster."""
    return [row for row in held_out(rows) if row["split"] == "test"]


def write_robustness(places: Places, library: Library, engine: Engine) -> None:
    """Write the rows of the corrupted pictures of the clean test part.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: the split is missing or names a picture that is not there.
    """
    rows = test_part(read_split(places.split))
    table = predict_robustness(rows, library, logits_of(engine))
    write_robustness_rows(places.robustness_rows, table)
