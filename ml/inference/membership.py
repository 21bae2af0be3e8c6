"""Is a scan a copy of a picture that the networks were trained on?

Steps, in order:
    1. a scan with a side over 512 pixels is averaged down: the hash sees no more;
    2. the two views of `ml.datasets.hashing`: whole frame and head box;
    3. the frame twice more, its rim repeated outward, so that a copy with its edges cut off
       lies about where the whole picture lay;
    4. the hash of each under the eight symmetries;
    5. the smallest distance to any training picture; a copy up to the distance that the
       evaluation chose on validation patients.

The index holds two hashes of 256 bits a training picture, the signs of low frequencies, and the
set it comes from: no grey level, no file name. The app needs no data set.

Limits: another slice of a training patient is not a copy and is not found. A tight crop, a
drawing over the picture or a turn by a few degrees can hide a copy.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ml.datasets.hashing import BITS, VIEWS, HashArray, hamming, hash_view, views
from ml.errors import MembershipError
from ml.results import FloatArray, Match

__all__ = [
    "COMMAND",
    "FIGURES_FILE",
    "INDEX_FILE",
    "Membership",
    "TrainingIndex",
    "load",
    "load_index",
    "save_index",
    "training_set",
]

_ASSETS: Final[Path] = Path(__file__).resolve().parents[2] / "assets"

INDEX_FILE: Final[Path] = _ASSETS / "membership" / "training_hashes.safetensors"
"""Hashes of the training part, written by `COMMAND`."""

FIGURES_FILE: Final[Path] = _ASSETS / "metrics" / "membership.json"
"""The chosen distance and its figures, written by the evaluation."""

COMMAND: Final[str] = "python -m ml.datasets.membership"
MEND: Final[str] = (
    "Restore assets/membership and assets/metrics/membership.json with git, or write them again "
    f"with `{COMMAND}` and `python -m ml.evaluation --parts membership`."
)

_LONGEST_SIDE: Final[int] = 512
_RIMS: Final[tuple[int, ...]] = (0, 2, 4)
"""Pixels of 128 by which the frame is widened: nothing, 1.5 % and 3 % at every edge."""
_NOTE: Final[str] = "index"


@dataclass(frozen=True)
class TrainingIndex:
    """Hashes of every picture of a training part.

    Attributes:
        words: (2, 4, N) uint64: view, word of the hash, picture.
        sources: (N,) uint8, position in `names`.
        names: the public sets.
        split_id: of the split whose training part this is.
    """

    words: HashArray
    sources: npt.NDArray[np.uint8]
    names: tuple[str, ...]
    split_id: str

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together.

        Raises:
            ValueError: a shape, a type or a set's number is not as described.
        """
        count = len(self.sources)
        if self.words.shape != (len(VIEWS), BITS // 64, count) or self.words.dtype != np.uint64:
            raise ValueError(f"hashes of shape {self.words.shape} for {count} pictures")
        if self.sources.dtype != np.uint8 or count == 0 or self.sources.max() >= len(self.names):
            raise ValueError("the sets of the pictures are not named")

    def nearest(self, pixels: npt.NDArray[Any]) -> Match:
        """The training picture most like a slice (H, W), however far away it is."""
        frame, head = views(_reduced(pixels))
        best = self._distances(VIEWS.index("head"), head)
        for rim in _RIMS:
            np.minimum(best, self._distances(VIEWS.index("frame"), _widened(frame, rim)), out=best)
        first = int(np.argmin(best))
        return Match(source=self.names[self.sources[first]], distance=int(best[first]))

    def _distances(self, view: int, picture: FloatArray) -> npt.NDArray[np.uint16]:
        """(N,) distance of every training picture to a view (S, S), the best symmetry's."""
        each = hamming(hash_view(picture), list(self.words[view]))  # (8, N)
        return np.asarray(each.min(axis=0), np.uint16)


@dataclass(frozen=True)
class Membership:
    """Tells copies of training pictures from other scans.

    Attributes:
        index: hashes of the training part.
        max_distance: largest distance of a copy, chosen on validation patients only.
        digest: SHA-256 of the index file.
    """

    index: TrainingIndex
    max_distance: int
    digest: str = ""

    @property
    def mark(self) -> str:
        """Another one wherever a scan could be answered otherwise."""
        return f"membership:{self.digest}:{self.max_distance}"

    def of(self, pixels: npt.NDArray[Any]) -> Match | None:
        """The training picture that a slice is a copy of.

        Args:
            pixels: (H, W) grey levels of any range.

        Returns:
            The nearest one, or None where even that is too far away.
        """
        found = self.index.nearest(pixels)
        return found if found.distance <= self.max_distance else None


def save_index(index: TrainingIndex, file: Path) -> None:
    """Write an index; the same index gives the same bytes."""
    note = json.dumps({"names": index.names, "split_id": index.split_id}, sort_keys=True)
    arrays: dict[str, npt.NDArray[Any]] = {
        "sources": index.sources,
        "words": np.ascontiguousarray(index.words),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    # one entry only: the library writes several in no fixed order
    save_file(arrays, file, metadata={_NOTE: note})


def load_index(file: Path = INDEX_FILE) -> TrainingIndex:
    """Read an index back.

    Raises:
        MembershipError: the file is missing or damaged.
    """
    try:
        with safe_open(file, framework="numpy") as stored:
            note = json.loads(stored.metadata()[_NOTE])
            return TrainingIndex(
                words=stored.get_tensor("words"),
                sources=stored.get_tensor("sources"),
                names=tuple(note["names"]),
                split_id=str(note["split_id"]),
            )
    except FileNotFoundError:
        raise MembershipError(f"The index of training pictures is missing. {MEND}") from None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise MembershipError(f"The index of training pictures is damaged. {MEND}") from error


def load(index_file: Path = INDEX_FILE, figures_file: Path = FIGURES_FILE) -> Membership:
    """The index together with the distance that was chosen for it.

    Raises:
        MembershipError: a file is missing or damaged, or the distance was chosen for another
            index.
    """
    index = load_index(index_file)
    digest = hashlib.sha256(index_file.read_bytes()).hexdigest()
    try:
        figures = json.loads(figures_file.read_text(encoding="utf-8"))
        limit, measured = int(figures["max_distance"]), figures["index"]["sha256"]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise MembershipError(
            f"How near a copy of a training picture lies is not known: {figures_file.name} is "
            f"missing or damaged. {MEND}"
        ) from error
    if measured != digest:
        raise MembershipError(
            "The index of training pictures is not the one that was measured (its SHA-256 "
            f"differs). {MEND}"
        )
    return Membership(index, limit, digest)


@cache
def training_set() -> Membership:
    """The training pictures of this installation, read once for the whole process.

    Raises:
        MembershipError: see `load`.
    """
    return load()


def _reduced(pixels: npt.NDArray[Any]) -> FloatArray:
    """A slice (H, W) as float32, no side over `_LONGEST_SIDE`."""
    grey = np.asarray(pixels, np.float32)
    scale = _LONGEST_SIDE / max(grey.shape)
    if scale >= 1.0:
        return grey
    rows, columns = (max(1, round(scale * side)) for side in grey.shape)
    small = cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _widened(frame: FloatArray, rim: int) -> FloatArray:
    """A view (S, S) with its outermost pixels repeated `rim` times."""
    wider = cv2.copyMakeBorder(frame, rim, rim, rim, rim, cv2.BORDER_REPLICATE)
    return np.asarray(wider, np.float32)
