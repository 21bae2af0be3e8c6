"""How much the background gives away: a small probe that never sees the brain.

Tumour and tumour-free slices come from other scanners. The probe is a logistic regression on a
picture as the networks get it with the head, or only the brain, taken out: coarse grey levels of
what is left and their histogram. What it can tell, a network could tell without a look at the
tumour. It is trained on the training part of the clean split and read on the test part; nothing
is chosen on either.

Limits: the probe is weak, so the background holds at least what it finds. The edge of the head is
part of the background and shows the plane of the slice, which goes with the class.

Reference: Zech et al. 2018, doi:10.1371/journal.pmed.1002683 (networks that go by the hospital).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from ml.counterfactual.heads import brain_of, depth_of, dilate, head_of
from ml.errors import MetricsError
from ml.evaluation.background_rows import BackgroundRow, ViewFinding, write_background_rows
from ml.evaluation.intervals import Numbers
from ml.evaluation.pictures import Library, Row, one_a_cluster, read_split
from ml.evaluation.places import Places
from ml.evaluation.rows import DIGITS
from ml.labels import CLASSES, NO_TUMOR
from ml.preprocess import prepare, prepare_mask
from ml.results import BoolArray, FloatArray

SIDE: Final[int] = 112
"""Side of the prepared picture that is masked, pixels."""
CELLS: Final[int] = 14
"""Cells a side over which grey levels are averaged."""
LEVELS: Final[tuple[float, ...]] = (0, 0.002, 0.004, 0.008, 0.016, 0.03, 0.06, 0.12, 0.25, 0.5, 1)
"""Edges of the histogram, finest near black, where air is."""
RIM: Final[float] = 0.04
"""Growth of what is hidden, share of the side: no edge of the head stays in view."""
SKULL: Final[float] = 0.045
"""Deeper in the head than this share of the side is hidden as brain, whatever it looks like."""
PENALTY: Final[float] = 0.1
"""Inverse strength of the L2 penalty, fixed beforehand."""


def hide_head(image: FloatArray) -> BoolArray:
    """What is hidden (S, S) where only the background outside the head may be seen."""
    return dilate(head_of(image), RIM * image.shape[0])


def hide_brain(image: FloatArray) -> BoolArray:
    """What is hidden (S, S) where scalp, skull and background may be seen."""
    size = image.shape[0]
    deep = depth_of(head_of(image)) > SKULL * size
    return dilate(brain_of(image), RIM * size) | np.asarray(deep, np.bool_)


VIEWS: Final[Mapping[str, Callable[[FloatArray], BoolArray]]] = {
    "outside_head": hide_head,
    "outside_brain": hide_brain,
}
"""[what the probe may see] → what is hidden from it."""


@dataclass(frozen=True)
class Seen:
    """What is left of one picture in one view.

    Attributes:
        features: (CELLS² + levels,) float64.
        tumour: share of the tumour's pixels that were left in view; NaN where no outline is known.
    """

    features: Numbers
    tumour: float


def features_of(image: FloatArray, hidden: BoolArray) -> Numbers:
    """Coarse grey levels of what is not hidden, then the histogram of its levels.

    Args:
        image: (S, S) float32 in 0..1, S a multiple of `CELLS`.
        hidden: (S, S); nothing there takes part.

    Returns:
        (CELLS² + len(LEVELS) - 1,); zero where all of a cell, or of the picture, is hidden.
    """
    seen = (~hidden).astype(np.float64)
    cell = image.shape[0] // CELLS
    blocks = (CELLS, cell, CELLS, cell)
    counts = seen.reshape(blocks).sum(axis=(1, 3))
    sums = (image * seen).reshape(blocks).sum(axis=(1, 3))
    histogram, _ = np.histogram(image[~hidden], LEVELS)
    return np.concatenate(
        [(sums / np.maximum(counts, 1)).ravel(), histogram / max(seen.sum(), 1.0)]
    )


def look(row: Row, library: Library) -> dict[str, Seen]:
    """[view] → what is left of one picture of a split."""
    ready = prepare(library.pixels(row["path"]), SIDE)
    image = ready.image[0, :, :, 0]
    outline = library.mask(row["path"]) if row["label"] != CLASSES[NO_TUMOR] else None
    mask = None if outline is None else prepare_mask(outline, ready.crop, SIDE)
    found = {}
    for name, hide in VIEWS.items():
        hidden = hide(image)
        known = mask is not None and bool(mask.any())
        left = float(mask[~hidden].sum() / mask.sum()) if mask is not None and known else math.nan
        found[name] = Seen(features_of(image, hidden), left)
    return found


def fit(features: Numbers, truth: Sequence[str]) -> Callable[[Numbers], Numbers]:
    """A logistic regression in which every class weighs alike.

    Args:
        features: (N, F).
        truth: N class names.

    Returns:
        Features (M, F) → probabilities (M, C), the classes in alphabetical order.
    """
    probe = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=5000),
    )
    probe.fit(features, np.asarray(truth))
    return lambda other: np.asarray(probe.predict_proba(other), np.float64)


def predict_background(rows: Sequence[Row], library: Library) -> list[BackgroundRow]:
    """What the probe says about the test part, having learnt from the training part.

    Args:
        rows: rows of data/splits/clean.csv.
        library: where the pictures are.

    Raises:
        MetricsError: a picture is not there, or a part lacks a class.
    """
    labelled = one_a_cluster(row for row in rows if row["label"] in CLASSES)
    train, test = ([r for r in labelled if r["split"] == part] for part in ("train", "test"))
    if {row["label"] for row in train} != set(CLASSES) or not test:
        raise MetricsError(
            "the probe wants training pictures of all four classes and a test picture; "
            f"found {len(train)} and {len(test)} pictures"
        )
    learnt = [look(row, library) for row in tqdm(train, desc="background, train", unit="picture")]
    read = [look(row, library) for row in tqdm(test, desc="background, test", unit="picture")]
    truth = [row["label"] for row in train]
    said = {view: _said(view, learnt, truth, read) for view in VIEWS}
    return [
        BackgroundRow(
            id=row["path"],
            source=row["source"],
            group=row["group"],
            label=row["label"],
            views={view: said[view][at] for view in VIEWS},
        )
        for at, row in enumerate(test)
    ]


def _said(
    view: str,
    learnt: Sequence[Mapping[str, Seen]],
    truth: Sequence[str],
    read: Sequence[Mapping[str, Seen]],
) -> list[ViewFinding]:
    """What the two probes of one view, of four classes and of any tumour, say of each picture."""
    known = np.stack([one[view].features for one in learnt])
    asked = np.stack([one[view].features for one in read])
    classes = fit(known, truth)(asked).round(DIGITS)
    none = CLASSES[NO_TUMOR]
    tumour = fit(known, ["none" if name == none else "tumour" for name in truth])(asked)
    return [
        ViewFinding(
            classes=tuple(float(p) for p in classes[at]),
            tumour=round(float(tumour[at, 1]), DIGITS),
            tumour_seen=round(one[view].tumour, DIGITS),
        )
        for at, one in enumerate(read)
    ]


def write_background(places: Places, library: Library) -> None:
    """Train the probe and write its rows on the clean test part; no network takes part.

    Raises:
        MetricsError: the split is missing or names a picture that is not there.
    """
    rows = predict_background(read_split(places.split), library)
    write_background_rows(places.background_rows, rows)
