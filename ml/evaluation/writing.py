"""Fit what letters look like, try it on pictures with and without writing, and write the rows.

`python -m ml.evaluation --parts writing` writes assets/writing and assets/metrics/rows, and derives
assets/metrics/writing.json from the rows; some minutes. Nothing here computes a figure.
"""

import time
import zlib
from typing import Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ml import phantom
from ml.datasets.readers import load_pixels
from ml.evaluation.copies import eight_bit
from ml.evaluation.letters import FONTS, Drawn, draw_on
from ml.evaluation.pictures import Library, Row, by_lot, one_a_cluster, read_split
from ml.evaluation.places import Places
from ml.evaluation.writing_fit import fit
from ml.evaluation.writing_rows import AS_PUBLISHED, PHANTOM, PICTURE, Tried, write_tried
from ml.inference.writing import (
    CELL,
    STRIDE,
    WINDOW,
    Letters,
    Looked,
    load_letters,
    look,
    save_letters,
)
from ml.labels import CLASSES
from ml.results import FloatArray

Gray = npt.NDArray[np.uint8]
Name = tuple[str, str, str]
"""Id, group and part of a row."""

TRAINING: Final[int] = 600
"""Training pictures that the small network is fitted on."""
PHANTOMS: Final[int] = 60
SIDES_PX: Final[tuple[int, ...]] = (256, 288, 320)
SEED: Final[int] = 20261123


def write_writing(places: Places, library: Library) -> None:
    """Fit the small network, try it, and write both.

    Raises:
        MetricsError: the split or one of its pictures is missing.
    """
    rows = read_split(places.split)
    training = by_lot(one_a_cluster(row for row in rows if row["split"] == "train"), TRAINING)
    save_letters(fit([_pixels(row, library) for row in training]), places.letters)
    letters = load_letters(places.letters)
    found: list[Tried] = []
    for part in ("validation", "test"):
        held_out = one_a_cluster(row for row in rows if row["split"] == part)
        for row in tqdm(held_out, desc=f"writing: pictures of the {part} part", unit="pic"):
            found += on_picture((row["path"], row["group"], part), _pixels(row, library), letters)
    numbers = tqdm(range(PHANTOMS), desc="writing: simulated scans", unit="pic")
    found += [on_phantom(number, letters) for number in numbers]
    write_tried(places.writing_rows, found)


def on_picture(name: Name, pixels: Gray, letters: Letters) -> tuple[Tried, Tried]:
    """A published picture as it is, and with writing."""
    return (
        _as_it_is(name, pixels, letters),
        _written_on(name, pixels, PICTURE, letters=letters),
    )


def on_phantom(number: int, letters: Letters) -> Tried:
    """A simulated scan with writing: classes and sizes in turn."""
    label, side = CLASSES[number % len(CLASSES)], SIDES_PX[number % len(SIDES_PX)]
    name = f"simulated_{number}"
    pixels = phantom.draw(label, seed=1000 + number, size=side).pixels
    return _written_on((name, name, "test"), pixels, PHANTOM, letters=letters)


def _as_it_is(name: Name, pixels: Gray, letters: Letters) -> Tried:
    """A picture as published: its highest score, and the processor time of looking."""
    start = time.process_time()
    score = max(float(letters.scores(one.values).max()) for one in look(pixels.astype(np.float32)))
    spent = 1000.0 * (time.process_time() - start)
    return Tried(*name, AS_PUBLISHED, score=score, ms=spent)


def _written_on(name: Name, pixels: Gray, material: str, *, letters: Letters) -> Tried:
    """A picture with writing: the highest score of a window that lies on it."""
    rng = np.random.default_rng([SEED, zlib.crc32(name[0].encode())])
    drawn = draw_on(pixels, rng, tuple(FONTS))
    looks = look(drawn.pixels.astype(np.float32))
    score = max(_best_on(one, letters.scores(one.values), drawn) for one in looks)
    return Tried(
        *name,
        material,
        score=score,
        size_px=drawn.size_px,
        contrast=drawn.contrast,
        beneath=drawn.beneath,
        font=drawn.font,
    )


def _best_on(looked: Looked, scores: FloatArray, drawn: Drawn) -> float:
    """The highest score of a window whose middle lies in the writing's box."""
    top, left, bottom, right = (side * looked.share for side in drawn.box)
    rows, columns = scores.shape
    y = (np.arange(rows) + WINDOW[0] / 2) * CELL
    x = (np.arange(columns) * STRIDE + WINDOW[1] / 2) * CELL
    on = np.outer((y >= top) & (y <= bottom), (x >= left) & (x <= right))
    return float(scores[on].max(initial=-np.inf))


def _pixels(row: Row, library: Library) -> Gray:
    return eight_bit(load_pixels(library.picture(row["path"]), library.root))
