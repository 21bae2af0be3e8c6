"""Read the held-out pictures as a screen would, and write what in each reading may conflict.

`python -m ml.evaluation --parts conflicts` runs it and writes the figures; after other networks
run it behind `--parts classes outlines`, whose mask threshold it uses. Nothing here computes a
figure: that is the report's work, from the rows.
"""

import math
from collections.abc import Sequence
from typing import Final

from tqdm import tqdm

from ml.evaluation.conflict_rows import ConflictRow, write_conflict_rows
from ml.evaluation.pictures import Library, Row, as_scan, held_out, read_split
from ml.evaluation.places import Places
from ml.evaluation.rows import DIGITS
from ml.evaluation.segmentation import dice
from ml.inference.conflicts import evidence
from ml.inference.engine import Engine
from ml.pipeline import read_all
from ml.results import Analysis

BATCH: Final[int] = 8
"""Pictures that go through the networks together."""


def write_conflicts(places: Places, library: Library, engine: Engine) -> None:
    """Write the rows of the validation and test parts of the clean split.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: the split is missing or names a picture that is not there.
        MembershipError: the index of training pictures is missing or altered.
    """
    rows = held_out(read_split(places.split))
    write_conflict_rows(places.conflict_rows, read_pictures(rows, library, engine))


def read_pictures(rows: Sequence[Row], library: Library, engine: Engine) -> list[ConflictRow]:
    """Every picture read as on the screen, refused or not, in the order of `rows`.

    Args:
        rows: rows of a split file.
        library: where the pictures and the radiologist's outlines are.
        engine: what runs the networks.

    Raises:
        MetricsError: the split names a picture that is not there.
    """
    found = []
    with tqdm(total=len(rows), desc="conflicts", unit="picture") as bar:
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            scans = [as_scan(library.pixels(row["path"])) for row in part]
            readings = read_all(scans, engine)
            found += [_read(row, read, library) for row, read in zip(part, readings, strict=True)]
            bar.update(len(part))
    return found


def _read(row: Row, read: Analysis, library: Library) -> ConflictRow:
    reference = library.mask(row["path"])
    overlap = math.nan if reference is None else dice(read.segmentation.mask, reference)
    return ConflictRow(
        id=row["path"],
        source=row["source"],
        group=row["group"],
        split=row["split"],
        label=row["label"],
        evidence=evidence(read),
        confidence=round(float(read.mean.probabilities[read.mean.index]), DIGITS),
        dice=overlap,
    )
