"""The heat maps of a reading: made when they are asked for, one network and class at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.inference.engine import Engine, NetworkOutput
from ml.inference.explain import BACKWARD, METHODS, evidence
from ml.inference.turns import TURNS
from ml.labels import CLASSES, class_index
from ml.preprocess import Crop, Prepared, to_scan
from ml.results import FloatArray, Heatmap

__all__ = ["EMPTY_SHARE", "NetworkHeatmaps", "draw_together", "network_heatmaps"]

EMPTY_SHARE: Final[float] = 0.02
"""A class whose peak is below this share of the network's strongest one has an empty map."""

Small = Callable[[int], FloatArray]
"""Class index → what each place (h, w) says for the class, in units of the logit."""


@dataclass(frozen=True)
class _Fine:
    """The small maps of one network on one scan that take a backward pass each."""

    name: str
    image: FloatArray
    engine: Engine

    def __call__(self, index: int) -> FloatArray:
        with TURNS.afterwards():
            return np.asarray(self.engine.attribute(self.name, self.image, [index])[0], np.float32)


class NetworkHeatmaps(Mapping[str, Heatmap]):
    """The heat maps of one network on one scan: class identifier → `Heatmap`.

    Only small maps (h, w) are kept; one on the scan's pixels is made when it is asked for, so
    twelve maps of a large scan never lie in memory together.

    Scaling: a map is divided by the strongest positive evidence that its own class or one of
    `beside` has anywhere, so a class with little evidence stays cool. It is `empty` when its own
    peak is below `EMPTY_SHARE` of that number, or when there is no positive evidence at all; its
    values are left as they are, never stretched.
    """

    def __init__(
        self,
        model: str,
        small: Small,
        *,
        beside: Sequence[int],
        place: tuple[Crop, tuple[int, int]],
        method: str = METHODS[0],
    ) -> None:
        """Keep what is needed to draw a map later.

        Args:
            model: registry name of the network.
            small: what makes a small map; asked once a class.
            beside: classes whose evidence sets the scale with the one that is drawn.
            place: where the network's input lies on the scan, and (rows, columns) of the scan.
            method: which of `METHODS` it is.
        """
        self._model = model
        self._method = method
        self._small = small
        self._beside = tuple(beside)
        self._place = place
        self._positive: dict[int, FloatArray] = {}

    def __getitem__(self, label: str) -> Heatmap:
        """Heat map of one class on the scan's pixels.

        Raises:
            KeyError: `label` is not one of `ml.labels.CLASSES`.
        """
        if label not in CLASSES:
            raise KeyError(label)
        index = class_index(label)
        own = self._of(index)
        peak = float(own.max())
        strongest = max(peak, *(float(self._of(other).max()) for other in self._beside))
        return Heatmap(
            model=self._model,
            label=label,
            values=to_scan(own / strongest if strongest > 0.0 else own, *self._place),
            peak=peak,
            empty=peak <= EMPTY_SHARE * strongest,
            method=self._method,
        )

    def __iter__(self) -> Iterator[str]:
        """Class identifiers in the order of `ml.labels.CLASSES`."""
        return iter(CLASSES)

    def __len__(self) -> int:
        """Number of classes."""
        return len(CLASSES)

    def awaited(self, label: str) -> list[tuple[_Fine, int]]:
        """The backward passes that the map of a class still takes: what makes them, and of what."""
        if not isinstance(self._small, _Fine):
            return []
        needed = dict.fromkeys((class_index(label), *self._beside))
        return [(self._small, index) for index in needed if index not in self._positive]

    def keep(self, index: int, small: FloatArray) -> None:
        """Take a small map (h, w) of a class that was made elsewhere."""
        self._positive[index] = np.maximum(small, np.float32(0.0))

    def _of(self, index: int) -> FloatArray:
        """What speaks for a class, (h, w), never negative."""
        if index not in self._positive:
            self.keep(index, self._small(index))
        return self._positive[index]


def draw_together(asked: Iterable[tuple[Mapping[str, Heatmap], str]]) -> None:
    """Make what several maps need with one backward pass a network, where they take one.

    The maps are those that come one by one, up to the rounding of float32 sums.

    Args:
        asked: the heat maps of a network on a scan, and the class that will be looked at.
    """
    waiting: dict[str, list[tuple[NetworkHeatmaps, _Fine, int]]] = {}
    for maps, label in asked:
        if isinstance(maps, NetworkHeatmaps):
            for fine, index in maps.awaited(label):
                waiting.setdefault(fine.name, []).append((maps, fine, index))
    for name, each in waiting.items():
        batch = np.concatenate([fine.image for _, fine, _ in each])
        labels = [index for _, _, index in each]
        with TURNS.afterwards():
            drawn = each[0][1].engine.attribute(name, batch, labels)
        for (maps, _, index), small in zip(each, drawn, strict=True):
            maps.keep(index, np.asarray(small, np.float32))


def network_heatmaps(
    name: str,
    prepared: Prepared,
    output: NetworkOutput,
    engine: Engine,
    *,
    shape: tuple[int, int],
    method: str,
) -> NetworkHeatmaps:
    """The heat maps of one network on one scan, with nothing computed yet but the closed forms.

    Args:
        name: registry name.
        prepared: the network's input.
        output: what its forward pass gave for it: logits (4,) and features (h, w, C).
        engine: what ran it, for the methods of a backward pass.
        shape: (rows, columns) of the scan.
        method: one of `METHODS`.

    Raises:
        ValueError: the method is unknown.
    """
    place = (prepared.crop, shape)
    if method in BACKWARD:
        fine = _Fine(name, prepared.image, engine)
        first = int(output.logits.argmax())
        return NetworkHeatmaps(name, fine, beside=[first], place=place, method=method)
    found = evidence(method, output.features, engine.head(name), output.logits)

    def closed(index: int) -> FloatArray:
        return np.asarray(found[..., index], np.float32)

    return NetworkHeatmaps(name, closed, beside=range(len(CLASSES)), place=place, method=method)
