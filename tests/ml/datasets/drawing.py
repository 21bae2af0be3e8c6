"""Drawn heads: a bright skull around tissue whose folds depend on a seed alone."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]


def head(seed: int, side: int = 160) -> Gray:
    """(side, side) uint8; another seed is another person."""
    rng = np.random.default_rng(seed)
    big = 256
    tissue = np.zeros((big, big), np.float32)
    for sigma, weight in ((14.0, 1.0), (6.0, 0.8), (3.0, 0.6)):
        noise = cv2.GaussianBlur(rng.standard_normal((big, big)).astype(np.float32), (0, 0), sigma)
        tissue += weight * noise / noise.std()
    tissue = 105 + 30 * tissue
    axes = (int(big * rng.uniform(0.30, 0.36)), int(big * rng.uniform(0.38, 0.43)))
    canvas = np.zeros((big, big), np.float32)
    inside = cv2.ellipse(np.zeros((big, big), np.uint8), (128, 128), axes, 0, 0, 360, 1, -1) > 0
    canvas[inside] = np.clip(tissue[inside], 25, 215)
    cv2.ellipse(canvas, (128, 128), axes, 0, 0, 360, 235, 6)
    grey = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)
    return np.clip(grey, 0, 255).astype(np.uint8)


def write_jpeg(path: Path, pixels: Gray, quality: int = 92) -> Path:
    """Write a JPEG, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return path


def reencoded(pixels: Gray, quality: int) -> Gray:
    """The same picture through JPEG."""
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def sharpened(pixels: Gray) -> Gray:
    """Unsharp mask of strength 1.5."""
    grey = pixels.astype(np.float32)
    return np.clip(grey + 1.5 * (grey - cv2.GaussianBlur(grey, (0, 0), 2)), 0, 255).astype(np.uint8)
