"""Grad-CAM of every class from the forward pass that made the prediction.

What is explained: the logit of one class. How: all registered classifiers end in global
average pooling and one dense layer, so the gradient of a logit with respect to the last
feature map A (h, w, C) is the same everywhere, w_kc / (h·w), and Grad-CAM has a closed form:

    cam_c = relu( Σ_k w_kc · A_k ) / (h·w)

No second pass, no gradient tape, and by construction the network that is explained is the one
that predicted. Summed over the map before the relu it is the logit without its bias.

Reference: Selvaraju et al. 2017, arXiv:1610.02391; Zhou et al. 2016, arXiv:1512.04150 (CAM).
"""

from collections.abc import Iterator, Mapping

import numpy as np

from ml.labels import CLASSES, class_index
from ml.preprocess import Crop, to_scan
from ml.results import FloatArray, Heatmap

__all__ = ["EMPTY_SHARE", "NetworkHeatmaps", "contributions"]

EMPTY_SHARE = 0.02
"""A class whose peak is below this share of the network's strongest one has an empty map."""


def contributions(features: FloatArray, kernel: FloatArray) -> FloatArray:
    """What each place of the feature map adds to each logit.

    Args:
        features: (h, w, C) float32, input of the global average pooling.
        kernel: (C, classes) float32, kernel of the logits layer after it.

    Returns:
        (h, w, classes) float32, in units of the logit, negative where a place speaks against
        a class; the sum over the map is the logit minus its bias.

    Raises:
        ValueError: the shapes do not belong together.
    """
    if features.ndim != 3 or kernel.ndim != 2 or features.shape[2] != kernel.shape[0]:
        raise ValueError(
            f"features {features.shape} and kernel {kernel.shape} do not belong together; "
            "expected (h, w, C) and (C, classes)"
        )
    places = features.shape[0] * features.shape[1]
    result: FloatArray = (features @ kernel / places).astype(np.float32)
    return result


class NetworkHeatmaps(Mapping[str, Heatmap]):
    """The heat maps of one network on one scan: class identifier → `Heatmap`.

    Only the small map (h, w, 4) is kept; a map on the scan's pixels is made when it is asked
    for, so twelve maps of a large scan never lie in memory together.

    Scaling: all classes of a network are divided by the same number, the strongest positive
    contribution that any class gets, so a class with little evidence stays cool. A map is
    `empty` when its own peak is below `EMPTY_SHARE` of that number, or when no class gets any
    positive contribution at all; its values are left as they are, never stretched.
    """

    def __init__(
        self, model: str, contribution: FloatArray, *, crop: Crop, shape: tuple[int, int]
    ) -> None:
        """Keep what is needed to draw a map later.

        Args:
            model: registry name of the network.
            contribution: (h, w, 4) float32 from `contributions`.
            crop: where the network's input lies on the scan.
            shape: (rows, columns) of the scan.

        Raises:
            ValueError: the last axis does not have one entry a class.
        """
        if contribution.shape[-1] != len(CLASSES):
            raise ValueError(f"expected {len(CLASSES)} classes, found {contribution.shape[-1]}")
        self._model = model
        self._positive: FloatArray = np.maximum(contribution, np.float32(0.0))
        self._crop = crop
        self._shape = shape

    def __getitem__(self, label: str) -> Heatmap:
        """Heat map of one class on the scan's pixels.

        Raises:
            KeyError: `label` is not one of `ml.labels.CLASSES`.
        """
        if label not in CLASSES:
            raise KeyError(label)
        index = class_index(label)
        strongest = float(self._positive.max())
        peak = float(self._positive[..., index].max())
        scaled = (
            self._positive[..., index] / strongest
            if strongest > 0.0
            else self._positive[..., index]
        )
        return Heatmap(
            model=self._model,
            label=label,
            values=to_scan(scaled, self._crop, self._shape),
            peak=peak,
            empty=peak <= EMPTY_SHARE * strongest,
        )

    def __iter__(self) -> Iterator[str]:
        """Class identifiers in the order of `ml.labels.CLASSES`."""
        return iter(CLASSES)

    def __len__(self) -> int:
        """Number of classes."""
        return len(CLASSES)
