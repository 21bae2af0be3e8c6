"""Look up training pictures and held-out pictures, as a screen would, and write the rows.

Training pictures come as published and in edited copies (`ml.evaluation.copies`); of held-out
patients one picture a near-duplicate cluster comes as published. Nothing here computes a figure.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Final

from tqdm import tqdm

from ml.datasets.readers import load_pixels
from ml.datasets.tables import split_id
from ml.errors import MembershipError
from ml.evaluation.copies import AS_PUBLISHED, edits, eight_bit, published
from ml.evaluation.membership_rows import LookUp, choose_distance, write_look_ups
from ml.evaluation.pictures import Library, Row, by_lot, one_a_cluster, read_split
from ml.evaluation.places import Places
from ml.inference.membership import COMMAND, TrainingIndex, load_index
from ml.io import read_scan

SAMPLE: Final[int] = 600
"""Training pictures that are looked up."""


def training_sample(rows: Sequence[Row], count: int = SAMPLE) -> list[Row]:
    """Training pictures, see `by_lot`.

    Args:
        rows: rows of a split file.
        count: how many; all where there are fewer.
    """
    return by_lot((row for row in rows if row["split"] == "train"), count)


def look_ups(
    rows: Sequence[Row], library: Library, index: TrainingIndex, *, count: int = SAMPLE
) -> list[LookUp]:
    """Distance and time of every picture that is tried.

    Args:
        rows: rows of data/splits/clean.csv.
        library: where the pictures are.
        index: hashes of the training part.
        count: training pictures tried.

    Raises:
        MetricsError: a picture of the split is not there.
        ScanError: a picture is one that the app would refuse.
    """
    found = []
    for row in tqdm(training_sample(rows, count), desc="copies of training pictures", unit="pic"):
        for variant, data in _files(row, library, edited=True):
            found.append(_look_up(row, variant, data, index))
    for part in ("validation", "test"):
        held_out = one_a_cluster(row for row in rows if row["split"] == part)
        for row in tqdm(held_out, desc=f"pictures of the {part} part", unit="pic"):
            for variant, data in _files(row, library, edited=False):
                found.append(_look_up(row, variant, data, index))
    return found


def write_membership(places: Places, library: Library) -> None:
    """Write the rows of the look-ups.

    Raises:
        MembershipError: the index is missing, damaged, or made from another split.
        MetricsError: the split or one of its pictures is missing.
    """
    index = load_index(places.training_index)
    if index.split_id != split_id(places.split.read_bytes()):
        raise MembershipError(
            f"The index of training pictures was made from another split; run `{COMMAND}` first."
        )
    rows = look_ups(read_split(places.split), library, index)
    write_look_ups(places.membership_rows, rows, choose_distance(rows))


def _files(row: Row, library: Library, *, edited: bool) -> Iterator[tuple[str, bytes]]:
    picture = library.picture(row["path"])
    pixels = eight_bit(load_pixels(picture, library.root))
    yield AS_PUBLISHED, published(library.root / picture.path, pixels)
    if edited:
        yield from edits(pixels)


def _look_up(row: Row, variant: str, data: bytes, index: TrainingIndex) -> LookUp:
    pixels = read_scan(data).pixels
    # processor time: other work on the machine does not count
    start = time.process_time()
    distance = index.nearest(pixels).distance
    milliseconds = 1000.0 * (time.process_time() - start)
    return LookUp(
        id=row["path"],
        group=row["group"],
        part=row["split"],
        variant=variant,
        distance=distance,
        ms=round(milliseconds, 1),
    )
