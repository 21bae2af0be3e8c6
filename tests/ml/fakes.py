"""Stand-ins for trained networks: deterministic, instant, and true to the `Engine` contract."""

import hashlib
import zlib
from collections.abc import Sequence

import numpy as np

from ml.datasets.hashing import hash_views, views
from ml.errors import MissingWeights
from ml.inference.engine import BoxOutput, NetworkOutput
from ml.inference.gate import Gate
from ml.inference.membership import TrainingIndex
from ml.inference.pixel_checks import PixelLimits
from ml.labels import CLASSES
from ml.results import DisplayWindow, FloatArray, Scan

CELLS = 8
CHANNELS = 6
INPUT_SIZES = {"mobilenet": 96, "xception": 128, "resnet50": 96, "unet": 128}

OPEN_GATE = Gate(PixelLimits(bright=-1.0, levels=-1.0, corners=2.0, colour=2.0))
"""Lets everything through, whatever the networks."""


def published() -> dict[str, dict[str, object]]:
    """Takes the place of `registry.published`, so that a fake engine needs no weight files."""
    return {
        name: {"input_size": size, "parameters": 1, "file": f"{name}.none", "sha256": "0" * 64}
        for name, size in INPUT_SIZES.items()
    }


class FakeEngine:
    """Four-class "networks" on coarse brightness, and a "segmenter" that outlines bright pixels.

    The features are cell means times fixed channel weights, so logits, head and features obey
    logits = mean(features) @ head + bias, as in every real classifier. The tumour probability
    is the prepared picture itself. `calls` notes each forward pass as (network, batch size).
    """

    def __init__(self, *, missing: bool = False, version: str = "1") -> None:
        self.calls: list[tuple[str, int]] = []
        self._missing = missing
        self._version = version

    def classify(self, name: str, batch: FloatArray) -> NetworkOutput:
        self._check(name)
        self.calls.append((name, len(batch)))
        side = batch.shape[1] // CELLS
        trimmed = batch[:, : side * CELLS, : side * CELLS, 0]
        cells = trimmed.reshape(len(batch), CELLS, side, CELLS, side).mean(axis=(2, 4))
        features = cells[..., None] * np.linspace(0.5, 3.0, CHANNELS)  # (N, 8, 8, C)
        features = np.maximum(features - np.linspace(0.0, 0.6, CHANNELS), 0.0)
        logits = features.mean(axis=(1, 2)) @ self.head(name) + self.bias(name)
        return NetworkOutput(logits.astype(np.float32), features.astype(np.float32))

    def head(self, name: str) -> FloatArray:
        self._check(name)
        drawn = self._random(name).normal(0.0, 3.0, (CHANNELS, len(CLASSES)))
        return drawn.astype(np.float32)

    def bias(self, name: str) -> FloatArray:
        drawn = self._random(name + " bias").normal(0.0, 0.1, len(CLASSES))
        return drawn.astype(np.float32)

    def attribute(self, name: str, batch: FloatArray, labels: Sequence[int]) -> FloatArray:
        """Brightness above the mean, for the first class; against all others."""
        self._check(name)
        self.calls.append((f"{name} backward", len(batch)))
        above = batch[:, ::4, ::4, 0] - batch.mean(axis=(1, 2, 3), keepdims=True)[..., 0]
        signs = np.where(np.asarray(labels) == 0, 1.0, -1.0)
        return (above * signs[:, None, None]).astype(np.float32)

    def segment(self, batch: FloatArray) -> FloatArray:
        self._check("unet")
        self.calls.append(("unet", len(batch)))
        return batch[..., 0].astype(np.float32)

    def detect(self, batch: FloatArray) -> BoxOutput:
        """One box around the bright pixels, called a meningioma, and a box of background."""
        self._check("detector")
        self.calls.append(("detector", len(batch)))
        boxes = np.zeros((len(batch), 2, 4), np.float32)
        boxes[:, 1] = (0.1, 0.1, 0.9, 0.9)
        for place, picture in enumerate(batch[..., 0]):
            rows, columns = np.nonzero(picture > 0.8)
            if len(rows):
                ends = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
                boxes[place, 0] = np.array(ends) / len(picture)
        logits = np.array([[0.0, 3.0, 0.0, 0.0], [0.0, 0.0, 9.0, 0.0]], np.float32)
        return BoxOutput(boxes, np.repeat(logits[None], len(batch), axis=0))

    def fingerprint(self, name: str) -> str:
        self._check(name)
        return hashlib.sha256(f"fake {name} {self._version}".encode()).hexdigest()

    def _check(self, name: str) -> None:
        if self._missing:
            raise MissingWeights(f"The weights of {name} are missing; run `make train`.")

    @staticmethod
    def _random(name: str) -> np.random.Generator:
        return np.random.default_rng(zlib.crc32(name.encode()))


def disc_picture(
    size: int = 128, *, centre: tuple[float, float] = (60.0, 70.0), radius: float = 14.0
) -> FloatArray:
    """A dim head (grey level 90) with one bright disc (250) on black, (size, size) float32."""
    rows, columns = np.mgrid[:size, :size]
    picture = np.zeros((size, size), np.float32)
    middle = (size - 1) / 2
    picture[np.hypot(rows - middle, columns - middle) <= 0.45 * size] = 90.0
    picture[np.hypot(rows - centre[0], columns - centre[1]) <= radius] = 250.0
    return picture


def index_of(*pictures: FloatArray) -> TrainingIndex:
    """What `ml.datasets.membership` makes of pictures (H, W), two sets taking turns."""
    hashes = np.stack([hash_views(views(one))[:, 0] for one in pictures])  # (N, 2, 4)
    sources = np.arange(len(pictures)).astype(np.uint8) % 2
    return TrainingIndex(hashes.transpose(1, 2, 0).copy(), sources, ("sartaj", "br35h"), "split")


def scan_of(pixels: FloatArray, spacing_mm: tuple[float, float] | None = None) -> Scan:
    """A `Scan` around an array of grey levels."""
    return Scan(
        pixels=np.asarray(pixels, np.float32),
        window=DisplayWindow(center=127.5, width=255.0, source="full range of an 8-bit picture"),
        spacing_mm=spacing_mm,
        format="PNG",
        content_hash=hashlib.sha256(np.asarray(pixels, np.float32).tobytes()).hexdigest(),
    )
