"""Edited versions of the training pictures, made once and kept in the ignored cache.

Painting a tumour out takes a tenth of a second, as long as a small network's whole step, and is
nearly the same every time. So every picture is edited once, at a larger side than it is trained
at, as the evaluation does; only tumours blended in are made anew for every batch.
"""

import hashlib
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ml.counterfactual import paint_out, sham_paint
from ml.counterfactual.seeds import seeded
from ml.labels import NO_TUMOR
from ml.results import FloatArray
from ml.training import corpus as pictures
from ml.training.corpus import Corpus
from ml.training.counterfactual import Versions

EDITED_SIDE: Final[int] = 160
"""Side at which pictures are edited, pixels: the largest that is trained at."""
SOURCES: Final[Path] = Path(__file__).resolve().parents[1] / "counterfactual"
"""Their text is part of the cache's key: what was edited otherwise is edited again."""
A_PART: Final[int] = 64
"""Pictures that a helper process gets at a time."""

Edited = tuple[npt.NDArray[np.uint8] | None, npt.NDArray[np.uint8] | None]
"""A picture without its tumour, and edited without a change of truth; None: it refused."""


@dataclass(frozen=True)
class Edits:
    """Edited pictures of a corpus.

    Attributes:
        images: (M, S, S) uint8.
        places: [path] → index in `images` of the picture without its tumour and of its sham,
            -1 where there is none.
    """

    images: npt.NDArray[np.uint8]
    places: dict[str, tuple[int, int]]

    def of(self, path: str) -> Versions:
        """A picture (S, S) in 0..1 without its tumour, and its sham; None where it refused."""
        without, sham = (self._image(place) for place in self.places.get(path, (-1, -1)))
        return without, sham

    def _image(self, place: int) -> FloatArray | None:
        return None if place < 0 else self.images[place].astype(np.float32) / 255.0

    def resized(self, size: int) -> "Edits":
        """The same pictures at another side, area-averaged as reading does."""
        return Edits(pictures.resize_all(self.images, size), self.places)


def edits_of(corpus: Corpus) -> Edits:
    """Edits of every picture of a corpus that can be edited, from the cache when it has them.

    A tumour with a known outline is painted out, and healthy brain beside it is painted over; a
    tumour-free head is painted over in the outline of some tumour.
    """
    marked = corpus.has_mask & corpus.masks.reshape(len(corpus), -1).max(axis=1).astype(bool)
    wanted = np.flatnonzero(marked | (corpus.labels == NO_TUMOR))
    some = corpus.select(np.isin(np.arange(len(corpus)), wanted))
    store = _store(some)
    if not store.is_dir():
        _keep(store, _edited(some.resized(EDITED_SIDE)))
    places = np.load(store / "places.npy")
    return Edits(
        np.load(store / "images.npy"),
        {
            str(path): (int(row[0]), int(row[1]))
            for path, row in zip(some.paths, places, strict=True)
        },
    )


def _store(corpus: Corpus) -> Path:
    """Cache folder of these pictures as this version edits them."""
    texts = [path.read_text() for path in sorted(SOURCES.glob("*.py"))]
    key = "\n".join([str(EDITED_SIDE), pictures.PREPROCESSING.read_text(), *texts, *corpus.paths])
    return pictures.CACHE / f"edits-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _edited(corpus: Corpus) -> list[Edited]:
    """Edits of every picture, on every processor this process may use."""
    shapes = corpus.masks[corpus.masks.reshape(len(corpus), -1).max(axis=1) > 127]
    jobs = []
    for image, mask, path in zip(corpus.images, corpus.masks, corpus.paths, strict=True):
        shape = mask
        if not mask.any() and len(shapes):
            shape = shapes[int(seeded(str(path), "shape").integers(len(shapes)))]
        jobs.append((image, mask, shape, str(path)))
    parts = [jobs[start : start + A_PART] for start in range(0, len(jobs), A_PART)]
    bar = tqdm(total=len(jobs), desc="editing pictures", unit="picture", mininterval=5)
    found: list[Edited] = []
    with bar:
        for part in _mapped(parts):
            found += part
            bar.update(len(part))
    return found


Job = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.uint8], str]
"""Picture, its own outline, the outline to paint over with, path."""


def _mapped(parts: list[list[Job]]) -> Iterator[list[Edited]]:
    """Each part edited, in order; helpers are started only where there is work for them."""
    workers = min(len(parts), len(os.sched_getaffinity(0)))
    if workers < 2:
        yield from map(edit_all, parts)
        return
    # fresh processes: a fork of one that runs TensorFlow's threads may hang
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as helpers:
        yield from helpers.map(edit_all, parts)


def edit_all(jobs: list[Job]) -> list[Edited]:
    """Edits of some pictures."""
    cv2.setNumThreads(1)
    return [edit(*job) for job in jobs]


def edit(
    image: npt.NDArray[np.uint8],
    mask: npt.NDArray[np.uint8],
    shape: npt.NDArray[np.uint8],
    path: str,
) -> Edited:
    """One picture without its tumour, and one that only looks edited.

    Args:
        image: (S, S).
        mask: (S, S) coverage ×255; empty on a tumour-free head, which has no first version.
        shape: (S, S) outline that the sham takes.
        path: what the randomness depends on.
    """
    grey, tumour, other = (a.astype(np.float32) / 255.0 for a in (image, mask, shape))
    without = sham = None
    with suppress(ValueError):
        without = _bytes(paint_out(grey, tumour, seeded(path, "out")))
    marked = tumour if mask.any() else None
    with suppress(ValueError):
        sham = _bytes(sham_paint(grey, other, seeded(path, "sham"), tumour=marked))
    return without, sham


def _bytes(image: FloatArray) -> npt.NDArray[np.uint8]:
    return np.round(image * 255.0).astype(np.uint8)


def _keep(store: Path, edited: list[Edited]) -> None:
    """Fill a cache folder, whole or not at all."""
    part = store.with_suffix(".part")
    part.mkdir(parents=True, exist_ok=True)
    images: list[npt.NDArray[np.uint8]] = []
    places = np.full((len(edited), 2), -1, np.int64)
    for row, versions in enumerate(edited):
        for column, version in enumerate(versions):
            if version is not None:
                places[row, column] = len(images)
                images.append(version)
    blank = np.zeros((0, EDITED_SIDE, EDITED_SIDE), np.uint8)
    np.save(part / "images.npy", np.stack(images) if images else blank)
    np.save(part / "places.npy", places)
    part.rename(store)
