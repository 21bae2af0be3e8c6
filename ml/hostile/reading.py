"""A reading made by hand of a drawn slice: no network runs, and nothing in it was measured."""

from functools import cache
from typing import Final

import numpy as np

from ml.inference.measure import measure
from ml.io import read_scan
from ml.labels import CLASSES
from ml.models.registry import CLASSIFIERS, SEGMENTER
from ml.phantom import Phantom, draw, to_dicom
from ml.results import Analysis, Classification, Segmentation

__all__ = ["reading", "source"]

_SIDE: Final = 128
_THRESHOLD: Final = 0.5


@cache
def source() -> bytes:
    """A DICOM file of the slice."""
    return to_dicom(_phantom())


@cache
def reading() -> Analysis:
    """All networks for a glioma, outlined where it was drawn."""
    scan, mask = read_scan(source()), _phantom().mask
    shares = np.full(len(CLASSES), 0.05, np.float32)
    shares[0] = 1.0 - shares[1:].sum()
    sizes = measure(mask, scan.spacing_mm)
    names = (*CLASSIFIERS, SEGMENTER)
    return Analysis(
        scan=scan,
        classifications=tuple(Classification(name, shares, np.log(shares)) for name in CLASSIFIERS),
        mean=Classification("mean", shares),
        heatmaps={},
        segmentation=Segmentation(
            *(SEGMENTER, mask.astype(np.float32), mask),
            _THRESHOLD,
            sizes,
            marked_px=sizes.area_px,
        ),
        membership=None,
        weights={name: f"{number:064x}" for number, name in enumerate(names)},
    )


@cache
def _phantom() -> Phantom:
    return draw("glioma", seed=5, size=_SIDE, plane="axial")
