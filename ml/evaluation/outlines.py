"""Run the outline network over the held-out pictures: choose the threshold, then measure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from tqdm import tqdm

from ml.errors import MetricsError
from ml.evaluation.intervals import Numbers
from ml.evaluation.pictures import Library, Row, as_scan, held_out
from ml.evaluation.rows import DIGITS
from ml.evaluation.segmentation import (
    OutlineRow,
    choose_least_tumour,
    choose_mask_threshold,
    dice,
    figshare_spacing_mm,
    score,
)
from ml.inference.segment import OperatingPoint, segment
from ml.labels import CLASSES, NO_TUMOR
from ml.models.registry import SEGMENTER
from ml.preprocess import Crop, prepare, to_scan
from ml.results import BoolArray, FloatArray, Scan

BATCH: Final[int] = 8
THRESHOLDS: Final[tuple[float, ...]] = tuple(round(0.2 + 0.05 * k, 2) for k in range(13))
"""Mask thresholds tried on validation, 0.2..0.8."""


@dataclass(frozen=True)
class _Seen:
    """One picture with the network's probability map (S, S) and the reference mask (H, W)."""

    row: Row
    scan: Scan
    crop: Crop
    probability: FloatArray
    reference: BoolArray
    tumour: float


LEAST: Final[tuple[float, ...]] = tuple(round(0.05 * k, 2) for k in range(20))
"""Least probabilities of a tumour tried on validation, 0..0.95."""
MOST_MARKED: Final[float] = 0.05
"""Share of the tumour-free pictures that may have a marked pixel."""
Tumour = Callable[[Sequence[FloatArray]], FloatArray]
"""Pixels of N scans → probability (N,) of any tumour by the mean of the classifiers."""
Segment = Callable[[FloatArray], FloatArray]
"""Batch (N, S, S, 1) → tumour probability (N, S, S)."""


def predict_outlines(
    rows: Sequence[Row],
    library: Library,
    run: Segment,
    *,
    size: int,
    tumour: Tumour | None = None,
) -> tuple[list[OutlineRow], dict[str, object]]:
    """Outline figures of figshare slices with a mask, and of tumour-free pictures.

    The mask threshold is chosen on the validation slices before any test slice is outlined, and
    below which probability of a tumour an outline is withheld on the validation part alone.

    Args:
        rows: rows of data/splits/clean.csv.
        library: where the pictures are.
        run: the segmenter.
        size: side of its input, pixels.
        tumour: what the classifiers' mean gives a tumour; None reads the outline without them.

    Returns:
        One row a picture, and the segmenter's entry for thresholds.json.

    Raises:
        WeightsError: the segmenter's weights are missing or altered.
        MetricsError: no validation slice with a mask, or a picture of the split is not there.
    """
    marked, free = outline_pictures(rows, library)
    validation = [row for row in marked if row["split"] == "validation"]
    rest = [row for row in marked if row["split"] == "test"] + free
    if not validation:
        raise MetricsError("the clean split holds no validation slice with a mask")
    look = partial(_look, library=library, run=run, size=size, tumour=tumour)
    held = list(look(validation, title="outlines, validation"))
    threshold, means = choose_mask_threshold(_sweep(held), THRESHOLDS)
    point = OperatingPoint(threshold=threshold)
    scored = [_scored(seen, point) for seen in held]
    scored += [_scored(seen, point) for seen in look(rest, title="outlines")]
    entry = _chosen(threshold, means, len(validation))
    if tumour is not None:
        entry |= _withholding([row for row in scored if row.split == "validation"])
    return sorted(scored, key=lambda row: row.id), entry


def _chosen(threshold: float, means: Numbers, count: int) -> dict[str, object]:
    """The part of thresholds.json that says which threshold was chosen, and on what."""
    return {
        "threshold": threshold,
        "chosen_on": "highest mean Dice on the validation part of data/splits/clean.csv",
        "n_pictures": count,
        "mean_dice": {
            f"{level:.2f}": round(float(mean), DIGITS)
            for level, mean in zip(THRESHOLDS, means, strict=True)
        },
    }


def _withholding(validation: Sequence[OutlineRow]) -> dict[str, object]:
    """The part of thresholds.json that says where an outline is withheld."""
    free = [row for row in validation if row.label == CLASSES[NO_TUMOR]]
    return {
        "least_tumour": choose_least_tumour(free, LEAST, most=MOST_MARKED),
        "least_tumour_chosen_on": f"the lowest that marks at most {MOST_MARKED:.0%} of the "
        f"{len(free)} tumour-free validation pictures",
    }


def outline_pictures(rows: Sequence[Row], library: Library) -> tuple[list[Row], list[Row]]:
    """Held-out figshare slices with a mask, and held-out tumour-free pictures, one a cluster."""
    drawn = [
        row
        for row in held_out(rows, every=True)
        if row["source"] == "figshare" and library.picture(row["path"]).mask is not None
    ]
    free = [row for row in held_out(rows) if row["label"] == CLASSES[NO_TUMOR]]
    return held_out(drawn), free


def _look(
    rows: Sequence[Row],
    library: Library,
    run: Segment,
    *,
    size: int,
    title: str,
    tumour: Tumour | None,
) -> Iterator[_Seen]:
    with tqdm(total=len(rows), desc=title, unit="picture") as bar:
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            scans = [as_scan(library.pixels(row["path"])) for row in part]
            ready = [prepare(scan.pixels, size) for scan in scans]
            maps = run(np.concatenate([one.image for one in ready]))
            said = np.full(len(part), np.nan)
            if tumour is not None:
                said = tumour([scan.pixels for scan in scans])
            for i, (row, scan) in enumerate(zip(part, scans, strict=True)):
                reference = _reference(row, scan, library)
                yield _Seen(row, scan, ready[i].crop, maps[i], reference, float(said[i]))
            bar.update(len(part))


def _reference(row: Row, scan: Scan, library: Library) -> BoolArray:
    """Radiologist's mask of a tumour, an empty one for a tumour-free picture."""
    if row["label"] == CLASSES[NO_TUMOR]:
        return np.zeros(scan.shape, dtype=np.bool_)
    mask = library.mask(row["path"])
    if mask is None or mask.shape != scan.shape:
        raise MetricsError(f"the mask of {row['path']} is missing or not as large as its picture")
    return mask


def _sweep(held: Sequence[_Seen]) -> Numbers:
    """Dice (N, K) of every validation slice at every candidate threshold."""
    table = []
    for seen in held:
        on_scan = np.clip(to_scan(seen.probability, seen.crop, seen.scan.shape), 0.0, 1.0)
        table.append([dice(on_scan >= level, seen.reference) for level in THRESHOLDS])
    return np.array(table, dtype=np.float64)


def _scored(seen: _Seen, point: OperatingPoint) -> OutlineRow:
    outline = segment(
        seen.probability, seen.scan, crop=seen.crop, model=SEGMENTER, point=point
    ).mask
    shape = seen.scan.shape
    return OutlineRow(
        id=seen.row["path"],
        group=seen.row["group"],
        label=seen.row["label"],
        split=seen.row["split"],
        score=score(outline, seen.reference, figshare_spacing_mm(shape)),
        picture_px=shape[0] * shape[1],
        tumour=round(seen.tumour, DIGITS),
    )
