"""What is said beside every figure: how it was measured. No figure is published without it."""

from typing import Final

from ml.evaluation.intervals import DRAWS

FIXED_THRESHOLD: Final[float] = 0.5
"""Operating threshold where a protocol has no validation part to choose one on."""

PROTOCOL: Final[str] = (
    "Clean split: no patient group (same patient id, or near-duplicate pictures, across all sets) "
    "is on both sides; one picture a near-duplicate cluster. Figures are of the test part; "
    "temperature, operating threshold and mask threshold were chosen on the validation part. "
    f"Intervals: 95 % percentile bootstrap over groups, {DRAWS} draws; a draw in which a figure is "
    "0/0 is left out and counted. Tumour against none: a tumour is called when 1 - p(no tumour), "
    "uncalibrated, reaches the threshold with the highest sensitivity + specificity on validation. "
    "ECE: 15 equal-mass bins of the top class. Brier: sum over the four classes. Calibrated: one "
    "temperature a model. Two models are ranked only when the interval of their paired difference "
    "leaves out 0."
)
OFFICIAL_PROTOCOL: Final[str] = (
    "Sartaj Training -> Testing as shipped, every picture counted, networks trained on its "
    "Training part only, classes without outlines, from nothing; for comparison with other "
    "projects. A tenth of the Training part's patient groups was held out to choose "
    f"the epoch; tumours are called at a fixed threshold of {FIXED_THRESHOLD}, and nothing is "
    "calibrated. Leaky share: "
    "test pictures with a picture of the same patient group in training."
)
