"""Simulated pictures for timing, each another file: no cache and no copy helps with them."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ml.errors import MetricsError
from ml.io.raster import PHANTOM_SOURCE

__all__ = ["SAMPLES", "SLICES", "files", "png", "variants"]

SAMPLES: Path = Path(__file__).resolve().parents[2] / "assets" / "samples"
SLICES: Final[str] = "simulated_*_[0-9].*"
"""Single slices that are read to the end; not those that are refused, and no series."""


def files(pattern: str = SLICES) -> list[Path]:
    """The simulated slices that ship.

    Raises:
        MetricsError: there are none.
    """
    found = sorted(file for file in SAMPLES.glob(pattern) if file.is_file())
    if not found:
        raise MetricsError("There are no simulated samples: draw them with `make samples`.")
    return found


def variants(
    count: int, *, seed: int = 0
) -> Iterator[np.ndarray[tuple[int, int], np.dtype[np.uint8]]]:
    """Pictures (H, W) uint8 of the simulated slices in turn, each with faint noise of its own.

    Args:
        count: how many.
        seed: another one gives other pictures.

    Raises:
        MetricsError: there are no simulated slices.
    """
    drawn = [np.asarray(Image.open(file).convert("L")) for file in files("simulated_*_1.png")]
    random = np.random.default_rng(seed)
    for number in range(count):
        picture = drawn[number % len(drawn)].astype(np.int16)
        noise = random.integers(-1, 2, picture.shape)
        yield np.clip(picture + np.where(picture > 8, noise, 0), 0, 255).astype(np.uint8)


def png(picture: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> bytes:
    """A picture as PNG, marked simulated, packed quickly."""
    info = PngInfo()
    info.add_text("Software", PHANTOM_SOURCE)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG", pnginfo=info, compress_level=1)
    return stream.getvalue()
