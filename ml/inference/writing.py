"""Is there writing in the picture? Letters are found by their look; nothing is read.

Steps, in order:
    1. grey levels after `ml.preprocess.normalise`, at three sizes (`SHARES`), so that letters of 8
       to 40 px are 7 to 15 px high at one of them;
    2. in cells of 4 px: how much of each direction the edges have, and how far the grey level lies
       above and below its surroundings, all as a share of the usual edge around;
    3. windows of 16 × 32 px, about three letters, each with the score of a small network
       (`assets/writing`) that was fitted to letters drawn on training pictures.

The networks that read a scan know nothing of it, and it changes nothing of what they see.

Limits: no letters below 7 px, on end, mirrored or by hand; one or two alone, or hardly brighter
than what is beneath them, are missed. The figures of a scale are writing too.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from ml.errors import WritingError
from ml.preprocess import normalise
from ml.results import BoolArray, FloatArray, Scan

__all__ = [
    "COMMAND",
    "FIGURES_FILE",
    "LETTERS_FILE",
    "Box",
    "Detector",
    "Letters",
    "Looked",
    "Third",
    "in_slices",
    "load",
    "load_letters",
    "look",
    "save_letters",
    "shipped_detector",
]

_ASSETS: Final[Path] = Path(__file__).resolve().parents[2] / "assets"
LETTERS_FILE: Final[Path] = _ASSETS / "writing" / "letters.safetensors"
"""The small network, written by `COMMAND`."""
FIGURES_FILE: Final[Path] = _ASSETS / "metrics" / "writing.json"
"""The limit that was chosen for it, and its figures."""
COMMAND: Final[str] = "python -m ml.evaluation --parts writing"
MEND: Final[str] = (
    "Restore assets/writing and assets/metrics/writing.json with git, or write them with "
    f"`{COMMAND}`."
)

MAX_SIDE: Final[int] = 640
"""Longest side that is looked at; a larger picture is averaged down."""
SHARES: Final[tuple[float, ...]] = (1.0, 0.5, 0.25)
CELL: Final[int] = 4
WINDOW: Final[tuple[int, int]] = (4, 8)
"""Rows and columns of cells in a window."""
STRIDE: Final[int] = 2
"""Columns of cells from one window to the next."""
DIRECTIONS: Final[int] = 6
FEATURES: Final[int] = WINDOW[0] * WINDOW[1] * (DIRECTIONS + 3)
_AROUND: Final[int] = 32
_FAINT: Final[float] = 0.03
"""Edge, as a share of the range, that counts as usual where there is none around."""
_LEAST_SIDE: Final[int] = 40

MOST_SLICES: Final[int] = 16
"""Slices of a series that are looked at, evenly apart: what is burned in is on many of them."""

Box = tuple[int, int, int, int]
"""(top, left, bottom, right) on a picture's own pixels."""
Third = tuple[int, int]
"""A ninth of a picture: its row and column, each 0, 1 or 2."""


@dataclass(frozen=True)
class Letters:
    """The small network: one hidden layer with ReLU, one score.

    Attributes:
        hidden: (FEATURES, H) float32.
        hidden_bias: (H,) float32.
        output: (H,) float32.
        bias: (1,) float32.
    """

    hidden: FloatArray
    hidden_bias: FloatArray
    output: FloatArray
    bias: FloatArray

    def scores(self, features: FloatArray) -> FloatArray:
        """(…, FEATURES) → (…) log-odds of letters."""
        raised = np.maximum(features @ self.hidden + self.hidden_bias, 0)
        found: FloatArray = (raised @ self.output + self.bias).astype(np.float32)
        return found


@dataclass(frozen=True)
class Looked:
    """The windows of a picture at one size, from their features to their scores.

    Attributes:
        share: of the picture's own size.
        values: (rows, columns, …) one entry a window.
    """

    share: float
    values: FloatArray

    def boxes(self, windows: BoolArray) -> list[Box]:
        """Where some of the windows (rows, columns) lie on the picture's own pixels."""
        step = CELL / self.share
        return [
            (
                round(row * step),
                round(column * STRIDE * step),
                round((row + WINDOW[0]) * step),
                round((column * STRIDE + WINDOW[1]) * step),
            )
            for row, column in np.argwhere(windows).tolist()
        ]


def look(pixels: FloatArray) -> Iterator[Looked]:
    """The features of a picture's windows, at every size that is large enough for one.

    Args:
        pixels: (H, W) grey levels of any range.

    Yields:
        `Looked` with (rows, columns, FEATURES) float32, >= 0.
    """
    grey = normalise(pixels)
    first = min(1.0, MAX_SIDE / max(grey.shape))
    for share in SHARES:
        if min(grey.shape) * first * share >= _LEAST_SIDE:
            cells = _cells(_shrunk(grey, first * share))
            view = sliding_window_view(cells, WINDOW, axis=(0, 1))[:, ::STRIDE]
            yield Looked(first * share, np.sqrt(view.reshape(*view.shape[:2], FEATURES)))


def _shrunk(grey: FloatArray, share: float) -> FloatArray:
    if share == 1.0:
        return grey
    rows, columns = (max(1, round(side * share)) for side in grey.shape)
    small: FloatArray = np.asarray(
        cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA), np.float32
    )
    return small


def _cells(grey: FloatArray) -> FloatArray:
    """(H, W) in 0..1 → (H // CELL, W // CELL, DIRECTIONS + 3)."""
    rows, columns = (side // CELL for side in grey.shape)
    grey = grey[: rows * CELL, : columns * CELL]
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    strength, angle = cv2.cartToPolar(across, down)
    usual = cv2.blur(strength, (_AROUND, _AROUND)) + _FAINT
    above = (grey - cv2.blur(grey, (_AROUND, _AROUND))) / usual / 4
    strength = strength / usual
    # an edge and the same edge from dark to bright have one direction
    which = np.floor(angle * np.float32(DIRECTIONS / np.pi)).astype(np.int32) % DIRECTIONS
    planes = [np.where(which == one, strength, np.float32(0)) for one in range(DIRECTIONS)]
    planes += [np.maximum(above, 0), np.maximum(-above, 0), usual * 4]
    small = [cv2.resize(one, (columns, rows), interpolation=cv2.INTER_AREA) for one in planes]
    return np.stack(small, axis=-1).astype(np.float32)


@dataclass(frozen=True)
class Detector:
    """Finds what looks like writing.

    Attributes:
        letters: the small network.
        limit: score from which a window counts.
    """

    letters: Letters
    limit: float

    def find(self, pixels: FloatArray) -> tuple[Box, ...]:
        """Where letters seem to be in a picture (H, W), from top to bottom; () for nowhere."""
        marked = np.zeros(pixels.shape, np.uint8)
        for looked in look(pixels):
            above = self.letters.scores(looked.values) >= self.limit
            for top, left, bottom, right in looked.boxes(above):
                marked[top:bottom, left:right] = 1
        _, _, stats, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
        parts = stats[1:, :4].tolist()  # the first is what is not marked
        return tuple(sorted((top, left, top + h, left + w) for left, top, w, h in parts))


def in_slices(slices: Sequence[Scan], detector: Detector) -> Mapping[int, tuple[Third, ...]]:
    """[number of a slice, from 1] → the ninths of it in which letters seem to be.

    Args:
        slices: a series, or one scan; of more than `MOST_SLICES` as many are looked at.
        detector: finds them.
    """
    places = np.linspace(0, len(slices) - 1, min(len(slices), MOST_SLICES)).round().astype(int)
    found = {place + 1: _thirds(slices[place], detector) for place in places.tolist()}
    return {number: thirds for number, thirds in found.items() if thirds}


def _thirds(scan: Scan, detector: Detector) -> tuple[Third, ...]:
    """Where the middles of the boxes lie, in reading order."""
    rows, columns = scan.shape
    return tuple(
        sorted(
            {
                (3 * (top + bottom) // (2 * rows + 1), 3 * (left + right) // (2 * columns + 1))
                for top, left, bottom, right in detector.find(scan.pixels)
            }
        )
    )


def save_letters(letters: Letters, file: Path) -> None:
    """Write the small network; the same bytes every time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(one) for name, one in vars(letters).items()}, file)


def load_letters(file: Path = LETTERS_FILE) -> Letters:
    """Read it back.

    Raises:
        WritingError: the file is missing or damaged.
    """
    try:
        letters = Letters(**load_file(file))
        if letters.hidden.shape != (FEATURES, letters.output.size):
            raise ValueError("of another shape")
    except FileNotFoundError:
        raise WritingError(f"What letters look like is missing. {MEND}") from None
    except (OSError, SafetensorError, TypeError, ValueError) as error:
        raise WritingError(f"What letters look like is damaged. {MEND}") from error
    return letters


def load(letters_file: Path = LETTERS_FILE, figures_file: Path = FIGURES_FILE) -> Detector:
    """The small network with the limit that was chosen for it.

    Raises:
        WritingError: a file is missing or damaged, or the limit was chosen for another network.
    """
    letters = load_letters(letters_file)
    try:
        figures = json.loads(figures_file.read_text(encoding="utf-8"))
        limit, measured = float(figures["limit"]), figures["letters"]["sha256"]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise WritingError(
            f"From when on letters count is not known: {figures_file.name} is missing or damaged. "
            f"{MEND}"
        ) from error
    if measured != hashlib.sha256(letters_file.read_bytes()).hexdigest():
        raise WritingError(
            f"What letters look like is not what was measured (its SHA-256 differs). {MEND}"
        )
    return Detector(letters, limit)


@cache
def shipped_detector() -> Detector:
    """The detector of this installation, read once for the whole process.

    Raises:
        WritingError: see `load`.
    """
    return load()
