"""Hashes and patterns of a whole collection, computed once and kept under ``.cache/``."""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.datasets.alignment import PATTERN_SIDE, patterns
from ml.datasets.hashing import BITS, SYMMETRIES, VIEWS, HashArray, hash_views, views
from ml.datasets.readers import Picture, load_pixels

__all__ = ["CACHE", "Fingerprints", "fingerprint_all"]

CACHE: Final[Path] = Path(__file__).resolve().parents[2] / ".cache" / "fingerprints"
"""Where fingerprints are kept between runs (ignored by git)."""

_VERSION: Final[str] = "1"


@dataclass(frozen=True)
class Fingerprints:
    """What is needed of every picture to recognise it.

    Attributes:
        hashes: (N, 2, 8, 4) uint64.
        patterns: (N, 2, 96, 96) float16.
        areas: (N,) int64, pixels of the original (height × width).
    """

    hashes: HashArray
    patterns: npt.NDArray[np.float16]
    areas: npt.NDArray[np.int64]


def fingerprint_all(
    pictures: Sequence[Picture],
    root: Path,
    *,
    cache: Path | None = CACHE,
    progress: Callable[[float], None] | None = None,
) -> Fingerprints:
    """Fingerprints of all pictures, in their order.

    Args:
        pictures: what to read.
        root: data root of their paths.
        cache: folder to keep the result in, or None. The key covers path, size and time of
            change of every file.
        progress: told after each picture which share of them is done, in the caller's thread.

    Raises:
        DatasetLayout: a picture cannot be read.
    """
    kept = cache / f"{_key(pictures, root)}.npz" if cache else None
    if kept is not None and kept.is_file():
        with np.load(kept) as data:
            return Fingerprints(data["hashes"], data["patterns"], data["areas"])
    count = len(pictures)
    hashes = np.empty((count, len(VIEWS), SYMMETRIES, BITS // 64), dtype=np.uint64)
    stored = np.empty((count, len(VIEWS), PATTERN_SIDE, PATTERN_SIDE), dtype=np.float16)
    areas = np.empty(count, dtype=np.int64)

    def fill(position: int) -> None:
        pixels = load_pixels(pictures[position], root)
        pair = views(pixels)
        hashes[position], stored[position] = hash_views(pair), patterns(pair)
        areas[position] = pixels.size

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(fill, range(count)), start=1):
            if progress is not None:
                progress(done / count)
    found = Fingerprints(hashes, stored, areas)
    if kept is not None:
        _keep(found, kept)
    return found


def _keep(found: Fingerprints, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.stem}.{os.getpid()}.part.npz")
    np.savez(partial, hashes=found.hashes, patterns=found.patterns, areas=found.areas)
    partial.replace(file)


def _key(pictures: Sequence[Picture], root: Path) -> str:
    digest = hashlib.sha256(_VERSION.encode())
    for picture in pictures:
        path = root / picture.path
        stat = path.stat() if path.exists() else None
        changed = (stat.st_size, stat.st_mtime_ns) if stat else None
        digest.update(f"{path}|{changed}\n".encode())
    return digest.hexdigest()[:24]
