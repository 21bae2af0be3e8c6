"""The second look at a candidate pair: how alike are the structures after alignment?

A hash of low frequencies mostly sees the outline of the head, which strangers share. Here the
middle frequencies decide: band-pass, local contrast set to one, the rim of the frame faded out,
then the normalised correlation at the best shift. Sharpening, blurring, windowing and JPEG
hardly move it; another person's gyri do.
"""

from functools import cache
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from ml.datasets.hashing import SYMMETRIES, Candidates, transform
from ml.results import FloatArray

__all__ = ["PATTERN_SIDE", "pattern", "patterns", "similarity"]

PATTERN_SIDE: Final[int] = 96
"""Side of a pattern, pixels."""

_MAX_SHIFT: Final[int] = 6
_FINE_SIGMA, _COARSE_SIGMA, _CONTRAST_SIGMA = 1.0, 4.0, 6.0
_CONTRAST_FLOOR: Final[float] = 0.08
_BATCH: Final[int] = 512
_AT_ONCE: Final[int] = 64  # pictures whose transform fits into the cache of a core


def pattern(view: npt.NDArray[Any]) -> FloatArray:
    """Locally normalised band-pass of a view (S, S) → (96, 96) float32 of norm 1 (0 if flat)."""
    side = (PATTERN_SIDE, PATTERN_SIDE)
    grey = cv2.resize(np.asarray(view, np.float32), side, interpolation=cv2.INTER_AREA)
    small = np.asarray(grey, np.float32)
    spread = float(small.std())
    if spread < 1e-4:
        return np.zeros_like(small)
    small = np.asarray(small / spread, np.float32)
    band = _blur(small, _FINE_SIGMA) - _blur(small, _COARSE_SIGMA)
    # The floor keeps flat background from being blown up to noise of full contrast.
    contrast = np.sqrt(_blur(band * band, _CONTRAST_SIGMA))
    band = np.asarray(band / (contrast + _CONTRAST_FLOOR) * _window(), np.float32)
    band -= band.mean()
    norm = float(np.linalg.norm(band))
    return np.asarray(band / norm if norm > 0 else band, np.float32)


def patterns(pair: FloatArray) -> npt.NDArray[np.float16]:
    """Patterns of both views (2, S, S) → (2, 96, 96) float16 (half the memory, 0.001 exact)."""
    return np.stack([pattern(view) for view in pair]).astype(np.float16)


def similarity(stored: npt.NDArray[np.float16], pairs: Candidates) -> FloatArray:
    """Correlation of each pair after alignment, the better of the two views.

    Args:
        stored: (N, 2, 96, 96) patterns of all pictures.
        pairs: which to compare, and under which symmetry.

    Returns:
        (K,) float32 in -1..1: the maximum over shifts of up to 6 of 96 pixels each way.
    """
    out = np.full(len(pairs), -1.0, dtype=np.float32)
    # Pairs of the same turned picture stand together, so that its spectrum is made once.
    turned = pairs.first * SYMMETRIES + pairs.symmetry
    order = np.argsort(turned, kind="stable")
    seconds, second = np.unique(pairs.second, return_inverse=True)
    for view in range(stored.shape[1]):
        spectra = _spectra(stored[seconds, view])
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            which, place = np.unique(turned[chosen], return_inverse=True)
            firsts = np.stack(
                [transform(stored[w // SYMMETRIES, view], w % SYMMETRIES) for w in which]
            )
            found = _peak(_spectra(firsts)[place], spectra[second[chosen]])
            out[chosen] = np.maximum(out[chosen], found)
    return out


def _spectra(stored: npt.NDArray[np.float16]) -> npt.NDArray[np.complex64]:
    """(N, 96, 96) patterns → (N, 96, 49) spectra, a few at a time."""
    spectra = np.empty((len(stored), PATTERN_SIDE, PATTERN_SIDE // 2 + 1), np.complex64)
    for start in range(0, len(stored), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        spectra[part] = fft.rfft2(stored[part].astype(np.float32))
    return spectra


def _peak(first: npt.NDArray[np.complex64], second: npt.NDArray[np.complex64]) -> FloatArray:
    """Highest correlation over the shifts looked at, from the spectra of (B, 96, 96) pictures.

    Of the inverse transform only these shifts are computed: two products with small matrices.
    """
    rows, columns = _waves()
    near = (rows @ (first * np.conj(second)) @ columns).real  # (B, 13, 13)
    return np.asarray(near.reshape(len(near), -1).max(axis=1), np.float32)


@cache
def _waves() -> tuple[npt.NDArray[np.complex64], npt.NDArray[np.complex64]]:
    """Inverse transform at shifts -6..6: (13, 96) over the rows, (49, 13) over the columns.

    The columns of a real picture's spectrum beyond the 49th mirror those before it, which
    therefore count twice, but for the first and the middle one.
    """
    shifts = np.arange(-_MAX_SHIFT, _MAX_SHIFT + 1)
    angle = 2j * np.pi / PATTERN_SIDE * np.outer(shifts, np.arange(PATTERN_SIDE))
    rows = np.exp(angle) / PATTERN_SIDE
    half = PATTERN_SIDE // 2
    times = np.where(np.isin(np.arange(half + 1), (0, half)), 1.0, 2.0)
    columns = rows[:, : half + 1] * times
    return rows.astype(np.complex64), np.ascontiguousarray(columns.T).astype(np.complex64)


def _blur(image: FloatArray, sigma: float) -> FloatArray:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)


@cache
def _window() -> FloatArray:
    centre = (PATTERN_SIDE - 1) / 2
    row, column = np.mgrid[:PATTERN_SIDE, :PATTERN_SIDE].astype(np.float32)
    radius = np.hypot(row - centre, column - centre) / (PATTERN_SIDE / 2)
    return np.asarray(np.clip((1.05 - radius) / 0.25, 0.0, 1.0), np.float32)
