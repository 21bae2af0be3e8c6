"""Everything that passes between the parts, as frozen dataclasses.

A screen, a report and a batch row are all read from one `Analysis`; nothing is computed twice.
Arrays in them are read-only by convention: copy before you change one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ml.labels import CLASSES
from ml.scan import DisplayWindow, FloatArray, Scan

__all__ = [
    "Admission",
    "Analysis",
    "BoolArray",
    "Classification",
    "Detection",
    "DisplayWindow",
    "FloatArray",
    "Heatmap",
    "Match",
    "Measurement",
    "Refusal",
    "Refused",
    "Scan",
    "Segmentation",
]

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Classification:
    """What one network (or the mean of several) says.

    Attributes:
        model: registry name ("mobilenet", "xception", "resnet50") or "mean".
        probabilities: (4,) float32 in the order of `ml.labels.CLASSES`, sums to 1.
        logits: (4,) float32, or None for the mean.
        calibrated: (4,) float32, probabilities after temperature scaling, or None where nothing
            was fitted.
    """

    model: str
    probabilities: FloatArray
    logits: FloatArray | None = None
    calibrated: FloatArray | None = None

    @property
    def shown(self) -> FloatArray:
        """(4,) probabilities for a reader: calibrated where that is known."""
        return self.probabilities if self.calibrated is None else self.calibrated

    @property
    def index(self) -> int:
        """Position of the most probable class."""
        return int(np.argmax(self.probabilities))

    @property
    def label(self) -> str:
        """Identifier of the most probable class."""
        return CLASSES[self.index]

    @property
    def confidence(self) -> float:
        """Probability of the most probable class as shown, 0..1."""
        return float(self.shown[self.index])


@dataclass(frozen=True)
class Heatmap:
    """Heat map of one class on the network that predicted: what moved the class score.

    Attributes:
        model: registry name of the network.
        label: class identifier the map explains.
        values: (H, W) float32 in 0..1 on the scan's own pixels: the positive contribution,
            divided by the strongest contribution that this network gives to any class, so
            that a class with little evidence stays cool.
        peak: strongest positive contribution before scaling, in units of the logit.
        empty: nothing in the picture moved this class's score upward.
        method: how it was made, one of `ml.inference.explain.METHODS`.

    Limits: not a tumour location; resolution is that of the last feature map.

    Reference: Selvaraju et al. 2017, arXiv:1610.02391.
    """

    model: str
    label: str
    values: FloatArray
    peak: float
    empty: bool
    method: str = "grad_cam"


@dataclass(frozen=True)
class Measurement:
    """Size of the outlined region on the scan's own pixel grid.

    Attributes:
        area_px: number of mask pixels.
        area_mm2: area in mm², or None without spacing.
        diameter_px: longest diameter of the largest component, in pixels, or None without
            mask or where pixels are not square (then only mm has a meaning).
        perpendicular_px: longest extent at right angles to it, in pixels, or None likewise.
        diameter_mm: longest diameter in mm, or None without spacing.
        perpendicular_mm: perpendicular diameter in mm, or None without spacing.
        diameter_ends: ((row, col), (row, col)) of the longest diameter, or None.
        perpendicular_ends: likewise for the perpendicular one.
        components: number of connected parts (8-neighbourhood).
        centroid: (row, col) of the whole mask, or None.
    """

    area_px: int
    area_mm2: float | None
    diameter_px: float | None
    perpendicular_px: float | None
    diameter_mm: float | None
    perpendicular_mm: float | None
    diameter_ends: tuple[tuple[float, float], tuple[float, float]] | None
    perpendicular_ends: tuple[tuple[float, float], tuple[float, float]] | None
    components: int
    centroid: tuple[float, float] | None


@dataclass(frozen=True)
class Segmentation:
    """Outline of the tumour by the U-Net.

    Attributes:
        model: registry name of the segmenter.
        probability: (H, W) float32 in 0..1 on the scan's own pixels.
        mask: (H, W) bool, `probability >= threshold`, empty where it is withheld.
        threshold: chosen on validation groups only.
        measurement: sizes of `mask`.
        withheld: the U-Net marks something, but the classifiers' mean reads no tumour.
        marked_px: pixels of the mask before anything is withheld.
        smallest_px: connected parts below it are dropped.
    """

    model: str
    probability: FloatArray
    mask: BoolArray
    threshold: float
    measurement: Measurement
    withheld: bool = False
    marked_px: int = 0
    smallest_px: int = 0


@dataclass(frozen=True)
class Detection:
    """One tumour that the detector boxed.

    Attributes:
        label: class identifier, never "no_tumor".
        score: probability of that class inside the box, 0..1.
        box_px: (top, left, bottom, right), edges on the scan's own pixels, where pixel i covers
            i..i+1.

    Limits: a box is not an outline, its area is not the tumour's.
    """

    label: str
    score: float
    box_px: tuple[float, float, float, float]


@dataclass(frozen=True)
class Match:
    """The training picture that is most like a scan.

    Attributes:
        source: public data set that it comes from; no file and no patient is named.
        distance: bits of 256 in which the two hashes differ, 0 for the same picture.

    Limits: of several training pictures equally near, in one set or another, the first is told.
    """

    source: str
    distance: int


@dataclass(frozen=True)
class Admission:
    """What the gate says of a scan that it lets through.

    Attributes:
        score: distance from the training pictures, or None where it was not measured.
        limit: largest score that is let through.
    """

    score: float | None
    limit: float


@dataclass(frozen=True)
class Refusal:
    """Why the gate stops a scan.

    Attributes:
        reason: one of `ml.inference.gate.REASONS`.
        score: what was measured for that reason.
        limit: where it stops.
    """

    reason: str
    score: float
    limit: float


@dataclass(frozen=True)
class Refused:
    """A scan that the gate stops: there is no class, no heat map and no outline to show.

    Attributes are those of `Analysis`, and why it was stopped.
    """

    scan: Scan
    refusal: Refusal
    seconds: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysis:
    """All that is known about one scan after one pass of every network.

    Attributes:
        scan: the decoded slice.
        classifications: one per network, in registry order.
        mean: mean of the networks' probabilities.
        heatmaps: [network name][class identifier] → map.
        segmentation: the U-Net's outline.
        membership: the training picture that the scan is a copy of, None where none was found.
        detections: what the detector boxed, the best score first; None where no detector is
            installed or it was not asked.
        prediction_set: classes that the mean cannot rule out, see `ml.inference.trust`; None
            where nothing was fitted.
        admission: what the gate said, or None where no gate was asked.
        seconds: wall time of each step, by its name.
        weights: [network name] → SHA-256 of the weight file that produced it.
    """

    scan: Scan
    classifications: tuple[Classification, ...]
    mean: Classification
    heatmaps: Mapping[str, Mapping[str, Heatmap]]
    segmentation: Segmentation
    membership: Match | None
    detections: tuple[Detection, ...] | None = None
    prediction_set: tuple[str, ...] | None = None
    admission: Admission | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)

    @property
    def agreement(self) -> int:
        """How many networks put the mean's class first."""
        return sum(c.label == self.mean.label for c in self.classifications)

    @property
    def indeterminate(self) -> bool:
        """Whether the mean cannot settle on one class: its set holds several, or none."""
        return self.prediction_set is not None and len(self.prediction_set) != 1
